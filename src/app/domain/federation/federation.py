"""The trip to the provider and back: what it is asked, and what its answer is worth."""

import logging
import re
from collections.abc import Mapping

from app.domain.errors import Refusal, Rejected, Unavailable
from app.domain.federation.grants import GRANT_REFUSED, REFUSED, Grants
from app.domain.federation.transactions import Purpose, Transaction, Transactions
from app.domain.identity.provider import (
    GrantSpent,
    IdentityProvider,
    NotVouchedFor,
    ProviderBusy,
    ProviderDown,
    Vouched,
)
from app.domain.limits import Origin

log = logging.getLogger("app.federation")

# What Auth0 lets a connection be called.
CONNECTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,126}[A-Za-z0-9])?")


class SignInDenied(Rejected):
    """By the person, or by an Action of the tenant: both come as `access_denied`."""

    code = "auth0_denied"
    message = (
        "Auth0 did not let you in: it was cancelled, or it does not allow this account. Nothing has"
        " changed."
    )


class NotAllowedIn(Rejected):
    """A rule of the provider's, or a blocked user: trying again does not help."""

    code = "auth0_not_allowed"
    message = "This account cannot sign in here with Auth0. Use your phone number."


class AskedAgain(Rejected):
    """It wants to see the person: an ordinary sign-in does that."""

    code = "auth0_asks_again"
    message = "Auth0 wants you to sign in once more. Start again."


# By the `error` of RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6 and Auth0's own.
ANSWERS: dict[str, type[Rejected | Unavailable]] = {
    "access_denied": SignInDenied,
    "consent_required": SignInDenied,
    "login_required": AskedAgain,
    "interaction_required": AskedAgain,
    "account_selection_required": AskedAgain,
    "unauthorized": NotAllowedIn,
    "server_error": ProviderDown,
    "temporarily_unavailable": ProviderDown,
    "too_many_requests": ProviderBusy,
}


class Federation:
    """`base_url` is ours: people come back to the callback below it."""

    def __init__(
        self,
        provider: IdentityProvider,
        transactions: Transactions,
        grants: Grants,
        base_url: str,
    ) -> None:
        self._provider, self._transactions, self._grants = provider, transactions, grants
        self._redirect_uri, self._way_back = f"{base_url}/auth0/callback", f"{base_url}/login"

    @property
    def down(self) -> bool:
        return self._provider.down

    @property
    def logout_url(self) -> str:
        """Ends the session at the provider, which ours does not, and leads to our sign-in."""
        return self._provider.logout_url(self._way_back)

    async def start(
        self, purpose: Purpose, bound_to: bytes = b"", connection: str = ""
    ) -> tuple[Transaction, str]:
        """The transaction, and where to send the person; to that `connection` of the provider's, if
        it is named. Raises as `authorization_url`.
        """
        begun = self._transactions.begin(purpose, bound_to)
        signing_up = purpose is Purpose.SIGNUP
        url = await self._provider.authorization_url(
            begun.state,
            begun.nonce,
            begun.challenge,
            self._redirect_uri,
            signup=signing_up,
            connection=connection if CONNECTION.fullmatch(connection) else "",
        )
        return begun, url

    def begun(self, cookie: str | None, bound_to: bytes) -> Transaction | None:
        """Of this browser, and of this session where it was begun by one."""
        return self._transactions.read(cookie, bound_to)

    async def returned(
        self, begun: Transaction | None, answer: Mapping[str, str], origin: Origin
    ) -> Vouched:
        """Who came back. What was begun is spent by this, whatever becomes of it, unless the answer
        is to something else. Raises `GrantSpent`, `TooManyGrants` and what its answer means; all of
        it is put on record.
        """
        try:
            spent = await self._spent(begun, answer, origin)
        except Refusal as refusal:
            await self._grants.record(REFUSED, refusal, origin)
            raise
        try:
            vouched = await self._provider.identify(
                answer["code"], spent.verifier, spent.nonce, self._redirect_uri
            )
        except (GrantSpent, ProviderBusy) as refusal:
            await self._grants.record(GRANT_REFUSED, refusal, origin)
            raise
        except Refusal as refusal:
            await self._grants.give_back(spent, origin)
            await self._grants.record(REFUSED, refusal, origin)
            raise
        await self._grants.give_back(spent, origin)
        return vouched

    async def _spent(
        self, begun: Transaction | None, answer: Mapping[str, str], origin: Origin
    ) -> Transaction:
        """What this answers, for the first time, with a code that may be tried."""
        if begun is None or not begun.is_answered_by(answer.get("state", "")):
            raise GrantSpent
        if "code" in answer:
            await self._grants.take_room(begun, origin)
        await self._transactions.spend(begun)
        if "error" in answer:
            raise _meaning(answer["error"], begun.purpose)
        if "code" not in answer:
            raise GrantSpent
        return begun


def _meaning(error: str, purpose: Purpose) -> type[Refusal]:
    """What it says beside this may speak of the person: it is neither told nor logged."""
    word = error if re.fullmatch(r"[a-z_]{1,40}", error) else "-"
    log.info("the identity provider said no", extra={"reason": word, "purpose": purpose})
    return ANSWERS.get(error, NotVouchedFor)
