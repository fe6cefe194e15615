"""Whom access tokens are for: Latchkey itself, or one of the services that trust it."""

from dataclasses import dataclass, field
from enum import StrEnum

# What a service may be told of a person: their id (`openid`), and contacts and plan.
SCOPES = ("openid", "phone", "email", "plan")
EVENT_TYPES = (
    "user.created", "user.updated", "user.deleted", "user.plan_changed", "session.revoked",
    "contact.bounced", "sms.budget_reached",
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


class Services:
    """All of them; none of two has the same audience or origin."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self._by_audience = {each.audience: each for each in services}
        self._by_origin = {origin: each for each in services for origin in each.origins}

    def find_by_audience(self, audience: str) -> Service | None:
        return self._by_audience.get(audience)

    def find_by_origin(self, origin: str) -> Service | None:
        return self._by_origin.get(origin)

    def find_origin(self, url: str) -> str | None:
        """That which the URL is at. Compared as text, up to the slash that ends a host: no parser
        has to agree with a browser's. None for all that are nobody's.
        """
        return next((each for each in self._by_origin if url.startswith(f"{each}/")), None)
