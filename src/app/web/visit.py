"""A visit: what one request says of who asks, from where, and how they want to be answered."""

from typing import Any
from uuid import UUID

from litestar import Request

from app.domain.credentials.device import Device
from app.domain.errors import Forbidden, Unauthenticated
from app.domain.federation.transactions import LIFETIME as TRANSACTION_LIFETIME
from app.domain.sessions.access_tokens import LIFETIME, Access
from app.domain.sessions.session import Opened, Tokens
from app.web.csrf import StaleForm
from app.web.flows import flow_id
from app.web.forms import Form
from app.web.kept import FLOW_LIFETIME, YEAR, Kept
from app.web.manners import Manners

# The flow cookie begins with one of these. Nothing was kept yet of a fresh flow, so nothing need be
# looked up for it; both name the same flow.
FRESH, BEGUN = "n.", "b."
DEVICE_LIFETIME = 90 * 86_400


class Visit(Kept):
    """Made once a request."""

    __slots__ = ("_renewed", "flow_cookie")

    def __init__(self, request: Request[Any, Any, Any], manners: Manners) -> None:
        super().__init__(request, manners)
        cookie = self.cookie("flow") or ""
        ours = cookie[:2] in (FRESH, BEGUN) and manners.flows.is_ours(cookie[2:])
        self.flow_cookie = cookie if ours else None
        self._renewed = ""

    @property
    def device(self) -> Device:
        agent = self._headers.get(b"user-agent", b"").decode("latin-1")
        return Device(self.origin, agent, self._device_known_to)

    @property
    def has_begun(self) -> bool:
        return self.flow_cookie is not None and self.flow_cookie.startswith(BEGUN)

    @property
    def flow_id(self) -> bytes:
        """The digest of the cookie's secret; a visitor without one is given one."""
        return flow_id(self._flow_secret())

    def renewal(self, proof: UUID) -> bytes:
        """The id this flow goes on under by a proof; `renew_flow` makes it so."""
        self._renewed = self._manners.flows.successor(self._flow_secret(), proof.bytes)
        return flow_id(self._renewed)

    def renew_flow(self) -> None:
        """From now on the browser has another secret; who else knew the last one has nothing."""
        self._set_flow(BEGUN + self._renewed)

    def begin_flow(self) -> None:
        """From now on there is something to look up, for as long again after each step. The secret
        stays the same until something is proved, so that a form sent twice at once is one flow.
        """
        self._set_flow(BEGUN + self._flow_secret())

    def end_flow(self) -> None:
        self.flow_cookie = None
        self.drop("flow")

    def csrf_token(self) -> str:
        return self._manners.csrf.token(self._flow_secret())

    def check_form(self, form: Form) -> None:
        """Raises `Forbidden` for a form that is not ours, `StaleForm` for one with another token,
        then `BadForm`.
        """
        known = self.flow_cookie is not None
        if not (known and self._manners.csrf.is_own(self._headers)):
            raise Forbidden
        if not self._manners.csrf.accepts(form["csrf_token"], self._flow_secret()):
            raise StaleForm
        if form.problem:
            raise form.problem
        if form["return_to"]:
            self.remember_return(form["return_to"])

    def access(self) -> Access | None:
        """Whose session this is, by the access token alone."""
        token = self.cookie("access")
        try:
            return self._manners.access_tokens.read(token) if token else None
        except Unauthenticated:
            return None

    @property
    def holds_session(self) -> bool:
        """Whether it comes with the tokens of one, whatever became of it."""
        return bool(self.cookie("access") or self.refresh_token)

    @property
    def refresh_token(self) -> str | None:
        return self.cookie("refresh")

    def sign_in(self, opened: Opened, method: str) -> None:
        """New identifiers for both halves; the flow that led here is dead. `method` is remembered
        for the next time, and that its owner has signed in from this device.
        """
        self.end_flow()
        self.forget_typed()
        self.carry_on(opened.tokens)
        self.keep("seen", method, YEAR)
        self.remember_device(opened.subject)

    def remember_device(self, subject: bytes) -> None:
        """The owner of that address uses it."""
        known = self._device_known_to(subject)
        self.keep("device", self._manners.devices.issue(known, subject), DEVICE_LIFETIME)

    def carry_on(self, tokens: Tokens) -> None:
        """The same session with its next tokens."""
        self.keep("access", tokens.access, int(LIFETIME.total_seconds()))
        self.keep("refresh", tokens.refresh, self._manners.session_lifetime)

    def leave_session(self) -> None:
        """Whatever else this browser was in the middle of goes on."""
        for name in ("access", "refresh"):
            self.drop(name)

    def sign_out(self) -> None:
        self.leave_session()
        for name in ("flow", "notice", "return", "typed"):
            self.drop(name)

    @property
    def transaction(self) -> str | None:
        """Of a trip to the identity provider that this browser is on."""
        return self.cookie("oidc")

    def keep_transaction(self, cookie: str) -> None:
        self.keep("oidc", cookie, TRANSACTION_LIFETIME)

    def drop_transaction(self) -> None:
        self.drop("oidc")

    def _device_known_to(self, subject: bytes) -> str:
        cookie = self.cookie("device") or ""
        return self._manners.devices.read(cookie, subject)

    def _flow_secret(self) -> str:
        if self.flow_cookie is None:
            self._set_flow(FRESH + self._manners.flows.issue())
        return (self.flow_cookie or "")[2:]

    def _set_flow(self, value: str) -> None:
        self.flow_cookie = value
        self.keep("flow", value, FLOW_LIFETIME)
