"""Whom access tokens are for: Latchkey itself, or one of the services that trust it."""

from dataclasses import dataclass, field
from enum import StrEnum

# What a service may be told of a person: their id (`openid`), and contacts and plan.
SCOPES = ("openid", "phone", "email", "plan")
EVENT_TYPES = (
    "user.created", "user.updated", "user.deleted", "user.plan_changed", "session.revoked",
    "contact.bounced",
)  # fmt: skip


class Audience(StrEnum):
    """Of the tokens that Latchkey takes itself: in the cookie of a browser, or as the bearer token
    of a client of its API. Neither is good in the place of the other.
    """

    BROWSER = "browser"
    API = "api"

    def of(self, issuer: str) -> str:
        """As the claim `aud` names it."""
        return f"{issuer}/{self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One that trusts Latchkey. `origins` are those it is at, as browsers write them; `scopes` are
    of `SCOPES`. `events_url` is where it is told of `events`, "" for nowhere; of `events_secrets`
    (`whsec_` and base64) it is two while they are being replaced, and each signs.
    """

    name: str
    audience: str
    origins: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset({"openid"})
    events_url: str = ""
    events_secrets: tuple[str, ...] = field(default=(), repr=False)
    events: frozenset[str] = frozenset(EVENT_TYPES)
