"""A visit: what one request says of who asks, from where, and how they want to be answered."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from litestar import Request

from app.domain.credentials.device import Device
from app.domain.errors import Forbidden, Unauthenticated
from app.domain.limits import Origin
from app.domain.sessions.access_tokens import LIFETIME, Access
from app.domain.sessions.session import Opened, Tokens
from app.web.answer import Headers
from app.web.forms import Form
from app.web.manners import Manners
from app.web.proxies import client_ip
from app.web.return_to import safe_return

# The flow cookie begins with one of these. Nothing was kept yet of a fresh flow, so nothing need be
# looked up for it; both name the same flow.
FRESH, BEGUN = "n.", "b."
FLOW_LIFETIME = 20 * 3600  # seconds, as long as a sign-up is kept
NOTICE_LIFETIME = 60
DEVICE_LIFETIME = 90 * 86_400
YEAR = 365 * 86_400


class Visit:
    """Made once a request. Cookies to set gather in `cookies_to_set`."""

    __slots__ = ("_headers", "_manners", "_raw", "_scope", "cookies_to_set", "flow_cookie")

    def __init__(self, request: Request[Any, Any, Any], manners: Manners) -> None:
        self._scope, self._manners = request.scope, manners
        self._raw: list[tuple[bytes, bytes]] = request.scope["headers"]  # type: ignore[assignment]
        self._headers = dict(self._raw)
        self.flow_cookie = manners.cookies.read(self._raw, "flow")
        self.cookies_to_set: Headers = []

    @property
    def is_by_htmx(self) -> bool:
        return self._headers.get(b"hx-request") == b"true"

    @property
    def is_fragment(self) -> bool:
        """htmx swaps the inside of `<main>`; where it selects a part it wants the document."""
        return self.is_by_htmx and self._headers.get(b"hx-request-type") != b"full"

    @property
    def takes_gzip(self) -> bool:
        return b"gzip" in self._headers.get(b"accept-encoding", b"")

    @property
    def wants_html(self) -> bool:
        return b"text/html" in self._headers.get(b"accept", b"")

    @property
    def query(self) -> bytes:
        return bytes(self._scope["query_string"])

    @property
    def origin(self) -> Origin:
        return Origin.of(client_ip(self._scope, self._manners.trusted_proxies))

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
        return sha256(self._flow_secret().encode()).digest()

    def begin_flow(self) -> None:
        """From now on there is something to look up. The secret stays the same, so that a form
        sent twice at once is one flow.
        """
        self._set_flow(BEGUN + self._flow_secret())

    def end_flow(self) -> None:
        self.flow_cookie = None
        self._drop("flow")

    def csrf_token(self) -> str:
        return self._manners.csrf.token(self._flow_secret())

    def check_form(self, form: Form) -> None:
        """Raises `Forbidden` for a form that is not ours, then `BadForm`."""
        known = self.flow_cookie is not None
        own = known and self._manners.csrf.is_own(self._headers)
        if not (own and self._manners.csrf.accepts(form["csrf_token"], self._flow_secret())):
            raise Forbidden
        if form.problem:
            raise form.problem

    def access(self) -> Access | None:
        """Whose session this is, by the access token alone."""
        token = self._manners.cookies.read(self._raw, "access")
        try:
            return self._manners.access_tokens.read(token) if token else None
        except Unauthenticated:
            return None

    @property
    def refresh_token(self) -> str | None:
        return self._manners.cookies.read(self._raw, "refresh")

    def sign_in(self, opened: Opened, method: str) -> None:
        """New identifiers for both halves; the flow that led here is dead. `method` is remembered
        for the next time, and that its owner has signed in from this device.
        """
        self.end_flow()
        self.carry_on(opened.tokens)
        self._keep("seen", method, YEAR)
        self.remember_device(opened.subject)

    def remember_device(self, subject: bytes) -> None:
        """The owner of that address uses it."""
        known = self._device_known_to(subject)
        self._keep("device", self._manners.devices.issue(known, subject), DEVICE_LIFETIME)

    def carry_on(self, tokens: Tokens) -> None:
        """The same session with its next tokens."""
        self._keep("access", tokens.access, int(LIFETIME.total_seconds()))
        self._keep("refresh", tokens.refresh, self._manners.session_lifetime)

    def leave_session(self) -> None:
        """Whatever else this browser was in the middle of goes on."""
        for name in ("access", "refresh"):
            self._drop(name)

    def sign_out(self) -> None:
        self.leave_session()
        for name in ("flow", "notice", "return"):
            self._drop(name)

    @property
    def last_method(self) -> str | None:
        """How somebody last signed in from this browser."""
        return self._manners.cookies.read(self._raw, "seen")

    def remember_return(self, path: str) -> None:
        """Where to go once signed in, through however many steps that takes."""
        self._keep("return", urlsafe_b64encode(path.encode()).decode().rstrip("="), FLOW_LIFETIME)

    def return_taken(self, default: str) -> str:
        """Where to go now, for the last time; only ever a path of ours."""
        kept = self._manners.cookies.read(self._raw, "return")
        if kept is None:
            return default
        self._drop("return")
        try:
            return safe_return(urlsafe_b64decode(kept + "=" * (-len(kept) % 4)).decode(), default)
        except ValueError:
            return default

    def notify(self, notice: str) -> None:
        """To be told once, on the next page."""
        self._keep("notice", notice, NOTICE_LIFETIME)

    @property
    def notice(self) -> str | None:
        """What the step before left to be told here."""
        return self._manners.cookies.read(self._raw, "notice")

    def notice_taken(self) -> str | None:
        """The notice, for the last time."""
        notice = self.notice
        if notice:
            self._drop("notice")
        return notice

    def _device_known_to(self, subject: bytes) -> str:
        cookie = self._manners.cookies.read(self._raw, "device") or ""
        return self._manners.devices.read(cookie, subject)

    def _flow_secret(self) -> str:
        if self.flow_cookie is None or self.flow_cookie[:2] not in (FRESH, BEGUN):
            self._set_flow(FRESH + secrets.token_urlsafe(32))
        return (self.flow_cookie or "")[2:]

    def _set_flow(self, value: str) -> None:
        self.flow_cookie = value
        self._keep("flow", value, FLOW_LIFETIME)

    def _keep(self, name: str, value: str, max_age: int | None = None) -> None:
        self.cookies_to_set.append(self._manners.cookies.set(name, value, max_age))

    def _drop(self, name: str) -> None:
        self.cookies_to_set.append(self._manners.cookies.clear(name))
