"""Who else may vouch for a person: the port to an OpenID provider, and how it says no."""

from dataclasses import dataclass, field
from typing import Protocol

from app.domain.errors import Rejected, Unavailable
from app.domain.i18n import _
from app.domain.ports import Dependency


class ProviderDown(Unavailable):
    """It does not answer, not in time, or with a failure of its own."""

    code = "identity_provider_down"
    message = _("That way to sign in isn’t available right now. Use your phone number.")


class ProviderBusy(Unavailable):
    """It has had more calls than it allows us; it is not out of order."""

    code = "identity_provider_busy"
    message = _(
        "Too many people are signing in that way right now. Try again in a minute, or use your"
        " phone number."
    )


class IdentityNotConfirmed(Rejected):
    """What it gave us does not hold, or it does not know us: an operator must look at the log."""

    code = "not_vouched_for"
    message = _("We couldn’t finish signing you in. Try again, or use your phone number.")


class InvalidGrant(Rejected):
    """The authorization code was used before, has expired, or belongs to another sign-in."""

    code = "grant_spent"
    message = _(
        "That sign-in took too long or was opened elsewhere. Start again. If it happens once more,"
        " turn on cookies for this site."
    )


class BadIdToken(Rejected):
    """It is not one of the provider's for us, has expired, or was taken before."""

    code = "bad_id_token"
    field = "id_token"
    message = _("We couldn’t verify that sign-in. Start it again.")


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """What it says of a person. Who that is, is (issuer, subject) and never the e-mail.

    `email` is in canonical form; None when there is none, or none that we could write to.
    `email_verified` only when the provider said so with a boolean. `authenticated_at`: when it last
    asked the person who they are (`auth_time`), in seconds since 1970; None when it did not say.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    authenticated_at: float | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """Who that is."""
        return self.issuer, self.subject


class IdentityProvider(Protocol):
    """`redirect_uri` is where people come back to, the same in both calls of one sign-in."""

    dependency: Dependency

    @property
    def issuer(self) -> str:
        """Whose subjects it speaks of."""

    @property
    def is_down(self) -> bool:
        """Whether it was out of order when it was last asked."""

    @property
    def trouble(self) -> str:
        """Why it was, or would not take our credentials; '' when it did. For operators: its own
        words or those of the network, no URL and no secret.
        """

    async def watch(self) -> None:
        """Until cancelled: notices when one that was down works again."""

    async def build_authorization_url(
        self,
        state: str,
        nonce: str,
        challenge: str,
        redirect_uri: str,
        *,
        signup: bool,
        anew: bool = False,
        connection: str = "",
    ) -> str:
        """Where to send a person (code flow). `challenge` is the S256 of the PKCE verifier (RFC
        7636); `signup` shows new people the way in first; `anew` asks who they are even if it is
        known (Core 3.1.2.1: `max_age=0`, `prompt=login`); `connection` goes straight to one of
        the provider's own ways in, such as `google-oauth2`. Raises `ProviderDown`,
        `ProviderBusy`, `IdentityNotConfirmed`.
        """

    async def identify(
        self, code: str, verifier: str, nonce: str, redirect_uri: str
    ) -> ExternalIdentity:
        """Who came back with `code`, which is spent by this whatever becomes of it. Raises
        `ProviderDown`, `ProviderBusy`, `IdentityNotConfirmed`, `InvalidGrant`, all within four
        seconds.
        """

    async def verify(self, id_token: str, nonce: str) -> ExternalIdentity:
        """Who an app of ours has signed in there by itself, with that `nonce`. Raises `BadIdToken`;
        `ProviderDown`, `ProviderBusy`, `IdentityNotConfirmed` where its keys cannot be had.
        """

    def build_logout_url(self, return_to: str) -> str:
        """Where its own session is ended; from there people come back to `return_to`."""
