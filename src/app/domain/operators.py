"""Operators: known by the token of the settings, and their browsers by a pass for entering it."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from time import time

from app.domain.errors import Rejected, TooMany, Unavailable
from app.domain.i18n import _
from app.domain.keys import Signer, is_same
from app.domain.limit_refusals import name_limit
from app.domain.limits import LimitTable, Origin
from app.domain.moments import Wait
from app.domain.ports import ShortMemory

STAY = timedelta(hours=12)


class WrongOpsToken(Rejected):
    code = "wrong_ops_token"
    field = "token"
    message = _("That isn’t the ops token. It is OPS_TOKEN in the settings of the server.")


class TooManyOpsTokens(TooMany):
    code = "too_many_ops_tokens"
    field = "token"

    def __init__(self, seconds: int) -> None:
        wait = Wait.in_minutes(seconds)
        sentence = _("Too many wrong tokens from here. Try again %(when)s.", when=wait)
        super().__init__(sentence, retry_after=wait.seconds)


class Operators:
    """`token` is '' where none was set: then nobody is one. `keys`: the first signs passes, all
    verify them.
    """

    def __init__(
        self, token: str, keys: Sequence[bytes], memory: ShortMemory, table: LimitTable
    ) -> None:
        self._token, self._signer, self._memory, self._table = token, Signer(keys), memory, table
        self._digest = sha256(token.encode()).digest()

    @property
    def exist(self) -> bool:
        return bool(self._token)

    def knows_token(self, given: str) -> bool:
        return self.exist and is_same(given.encode(), self._token.encode())

    def are_shown(self, authorization: str) -> bool:
        """Whether that header has the token."""
        scheme, _, given = authorization.partition(" ")
        return scheme == "Bearer" and self.knows_token(given)

    async def enter(self, given: str, origin: Origin) -> str:
        """The pass of a browser, for `STAY`. The token is not in it, and it ends when another token
        is set. Raises what `check_token` does.
        """
        await self.check_token(given, origin)
        return self.issue_pass(int(time() + STAY.total_seconds()))

    async def check_token(self, given: str, origin: Origin) -> None:
        """Raises `WrongOpsToken`, and `TooManyOpsTokens` with the limits of passwords."""
        tallies = (
            self._table.wrong_passwords_per_address.tally(f"ops:{origin.address}"),
            self._table.wrong_passwords_per_network.tally(f"ops:{origin.network}"),
        )
        entry = secrets.token_hex(8)
        try:
            reached = (await self._memory.count(tallies, entry)).reached
            if reached:
                limit = f"wrong_passwords_per_{('address', 'network')[reached.index]}"
                raise name_limit(TooManyOpsTokens(reached.retry_after), limit)
            if self.knows_token(given):
                await self._memory.uncount(tallies, entry)
        except Unavailable:
            pass  # the page is needed most while a store is away, and the token is no word to guess
        if not self.knows_token(given):
            raise WrongOpsToken

    def issue_pass(self, until: int) -> str:
        """`until` in seconds since 1970."""
        return f"{until}.{self._signer.sign(b'%d' % until, self._digest).hex()}"

    def knows_pass(self, shown: str) -> bool:
        until, _, mac = shown.partition(".")
        try:
            is_ours = self._signer.verifies(bytes.fromhex(mac), until.encode(), self._digest)
        except ValueError:
            return False
        return self.exist and is_ours and int(until) > time()
