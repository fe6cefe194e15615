"""The trip to the provider and back: what it is asked, and what its answer is worth."""

from collections.abc import Mapping

from app.domain.errors import Rejected, Unavailable
from app.domain.federation.transactions import Purpose, Transaction, Transactions
from app.domain.identity.provider import (
    GrantSpent,
    IdentityProvider,
    NotVouchedFor,
    ProviderDown,
    Vouched,
)


class SignInCancelled(Rejected):
    code = "auth0_cancelled"
    message = "Signing in with Auth0 was cancelled. Nothing has changed."


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
    "access_denied": SignInCancelled,
    "consent_required": SignInCancelled,
    "login_required": AskedAgain,
    "interaction_required": AskedAgain,
    "account_selection_required": AskedAgain,
    "unauthorized": NotAllowedIn,
    "server_error": ProviderDown,
    "temporarily_unavailable": ProviderDown,
    "too_many_requests": ProviderDown,
}


class Federation:
    """`redirect_uri` is the address of our callback."""

    def __init__(
        self, provider: IdentityProvider, transactions: Transactions, redirect_uri: str
    ) -> None:
        self._provider, self._transactions = provider, transactions
        self._redirect_uri = redirect_uri

    @property
    def down(self) -> bool:
        return self._provider.down

    async def start(self, purpose: Purpose, bound_to: bytes = b"") -> tuple[Transaction, str]:
        """The transaction, and where to send the person. Raises `ProviderDown`, `NotVouchedFor`."""
        begun = self._transactions.begin(purpose, bound_to)
        signing_up = purpose is Purpose.SIGNUP
        url = await self._provider.authorization_url(
            begun.state, begun.nonce, begun.challenge, self._redirect_uri, signup=signing_up
        )
        return begun, url

    def begun(self, cookie: str | None, bound_to: bytes) -> Transaction | None:
        """Of this browser, and of this session where it was begun by one."""
        return self._transactions.read(cookie, bound_to)

    async def returned(self, begun: Transaction | None, answer: Mapping[str, str]) -> Vouched:
        """Who came back. What was begun is spent by this, whatever becomes of it, unless the answer
        is to something else. Raises `GrantSpent` and what its answer means.
        """
        spent = await self._transactions.spend(begun, answer.get("state", ""))
        if "error" in answer:
            raise ANSWERS.get(answer["error"], NotVouchedFor)
        if "code" not in answer:
            raise GrantSpent
        return await self._provider.identify(
            answer["code"], spent.verifier, spent.nonce, self._redirect_uri
        )
