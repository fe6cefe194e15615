"""Calls that are carried out once: whoever lost the answer sends the same again, with its key.

PostgreSQL alone keeps them, for a day. An answer may hold secrets, so it is sealed with what only
its client knows, the key: a dump of the table opens none.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import Conflict, Rejected, Unavailable
from app.domain.i18n import _
from app.domain.keys import Signer
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Database, ShortMemory
from app.domain.sql import load_queries

sql = load_queries(__file__, "idempotency.sql")

# After that a call without an answer is one whose process died: no request takes as long.
ABANDONED = timedelta(seconds=15)
ID = 16  # bytes
NONCE = 12  # bytes


class IdempotencyKeyReused(Rejected):
    code = "idempotency_key_reused"
    message = _("That idempotency key was used for another call. Use a new one for each.")


class CallUnderWay(Conflict):
    """The first one with the key has no answer yet."""

    code = "call_under_way"
    message = _("That call is still under way. Try again in a second.")
    retry_after = 1  # seconds


class Answer(msgspec.Struct, array_like=True):
    """As it was sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """`caller` is the session that may have the answer again, b"" for anybody with the key;
    `content` is all that another call with the same key may not differ in.
    """

    key: bytes
    caller: bytes
    content: bytes


class IdempotentCalls:
    """The first of `keys` keys all digests."""

    def __init__(
        self, database: Database, memory: ShortMemory, limits: LimitTable, keys: Sequence[bytes]
    ) -> None:
        self._database, self._signer = database, Signer(keys)
        self._memory, self._limit = memory, limits.kept_calls_per_address

    async def has_room(self, call: Call, origin: Origin) -> bool:
        """Whether a stranger's call is kept. Sends have lower limits, so no other has sent any."""
        if call.caller:
            return True
        tally = self._limit.tally(f"kept-calls:{origin.address}")
        with suppress(Unavailable):
            return not (await self._memory.count((tally,), self._id(call).hex())).reached
        return True

    async def begin(self, call: Call) -> Answer | None:
        """The answer that there is; None for a call to be carried out now. Raises
        `IdempotencyKeyReused`, `CallUnderWay`.
        """
        fingerprint = self._fingerprint(call)
        asked = sql.begin_call(id=self._id(call), fingerprint=fingerprint, abandoned=ABANDONED)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*asked)
        if row is None or row["is_begun"]:
            return None
        if row["fingerprint"] not in (None, fingerprint):
            raise IdempotencyKeyReused
        if row["answer"] is None:
            raise CallUnderWay
        sealed: bytes = row["answer"]
        opened = AESGCM(self._seal(call)).decrypt(sealed[:NONCE], sealed[NONCE:], None)
        return msgspec.msgpack.decode(opened, type=Answer)

    async def finish(self, call: Call, answer: Answer) -> None:
        nonce = secrets.token_bytes(NONCE)
        plain = msgspec.msgpack.encode(answer)
        sealed = nonce + AESGCM(self._seal(call)).encrypt(nonce, plain, None)
        async with self._database.connection() as connection:
            await connection.execute(*sql.finish_call(id=self._id(call), answer=sealed))

    async def forget(self, call: Call) -> None:
        """The same again is carried out anew."""
        async with self._database.connection() as connection:
            await connection.execute(*sql.forget_call(id=self._id(call)))

    def _id(self, call: Call) -> bytes:
        return self._signer.sign(b"id", call.caller.hex().encode(), call.key)[:ID]

    def _fingerprint(self, call: Call) -> bytes:
        return self._signer.sign(b"content", call.key.hex().encode(), call.content)

    def _seal(self, call: Call) -> bytes:
        return self._signer.sign(b"seal", call.key.hex().encode(), call.content)
