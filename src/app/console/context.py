"""What one request to the operators' pages says of who asks, and what all requests share."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.console.pages import ConsolePages
from app.console.sessions import OperatorSession, OperatorSessions, new_secret
from app.domain.audit import current_operator
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.errors import Forbidden, Refusal, Rejected, Unauthenticated
from app.domain.identity.users import Subjects
from app.domain.limits import LimitTable, Origin
from app.domain.operations.words import parse_person
from app.domain.operators import Operators
from app.settings import Settings
from app.settings.environment import is_loopback
from app.web.client_address import find_client_ip
from app.web.cookies import Cookies, RequestCookies
from app.web.forms import CookiesOff, Csrf, Form, StaleForm, read_form
from app.web.request_info import RequestInfo
from app.web.response import HTML_TYPE, NO_STORE, Headers, HttpResponse, redirect_to

COOKIE = "console"  # not one of a server's, which may be on the same host
VARY = (b"vary", b"HX-Request, HX-Request-Type, Cookie")
CSRF_KEYS = (secrets.token_bytes(32),)  # a form lives no longer than its process
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Console:
    """One of these, in `app.state.console`. The use cases of the product ask `database`; pages of
    rows are read over advanced-alchemy.
    """

    settings: Settings
    limits: LimitTable
    database: Postgres
    memory: Redis
    pages: ConsolePages
    operators: Operators
    subjects: Subjects
    pseudonyms: Pseudonyms
    sessions: OperatorSessions = field(default_factory=OperatorSessions)

    @classmethod
    def from_request(cls, request: ASGIConnection[Any, Any, Any, Any]) -> "Console":
        return cast(Console, request.app.state.console)


class OperatorContext:
    """Made once a request. The cookie holds a secret: of a session, or of a form to sign in by."""

    def __init__(self, request: AnyRequest) -> None:
        self.console, self._request = Console.from_request(request), request
        self.info = RequestInfo(request.scope)
        host = self.info.headers.get(b"host", b"").decode("latin-1")
        # Browsers keep a Secure cookie over plain http from this machine at most, and not all do.
        self._is_secure = not is_loopback(urlsplit(f"//{host}").hostname)
        self._csrf = Csrf(CSRF_KEYS, f"{'https' if self._is_secure else 'http'}://{host}")
        self.cookies = RequestCookies(Cookies(self._is_secure), request.scope["headers"])  # type: ignore[arg-type]
        self._secret = self.cookies.read(COOKIE) or ""
        self.session: OperatorSession | None = self.console.sessions.find(self._secret)

    @classmethod
    def from_request(cls, request: ASGIConnection[Any, Any, Any, Any]) -> "OperatorContext":
        state = request.scope["state"]
        context: OperatorContext | None = state.get("operator_context")
        if context is None:
            context = state["operator_context"] = cls(cast(AnyRequest, request))
        return context

    @property
    def has_cookie(self) -> bool:
        """Whether this browser has signed in before, or looked at the form."""
        return bool(self._secret)

    @property
    def origin(self) -> Origin:
        scope = self._request.scope
        return Origin.of(find_client_ip(scope, self.console.settings.trusted_proxies))

    @property
    def path(self) -> str:
        return self._request.scope["path"]

    def new_csrf_token(self) -> str:
        if not self._secret:
            self._secret = new_secret()
            self.cookies.set(COOKIE, self._secret)
        return self._csrf.issue_token(self._secret)

    async def read_form(self, *names: str) -> Form:
        """A posted form, whose it may be. Raises what `web/forms.py` does."""
        return await read_form(self._request, names)

    async def read_own_form(self, *names: str) -> Form:
        form = await self.read_form(*names)
        self.check_form(form)
        return form

    def check_form(self, form: Form) -> None:
        """Raises `Forbidden` for one that is not ours, `CookiesOff`, `StaleForm` and `BadForm`."""
        if not self._csrf.is_own(self.info.headers):
            raise Forbidden
        if not self._secret:
            raise CookiesOff
        if not self._csrf.accepts(form.check.csrf_token, self._secret):
            raise StaleForm
        if form.check.problem:
            raise form.check.problem

    def sign_in(self, name: str) -> None:
        """With a new secret, whatever was there before."""
        self.console.sessions.end(self._secret)
        self._secret = self.console.sessions.open(name)
        self.session = self.console.sessions.find(self._secret)
        self.cookies.set(COOKIE, self._secret)

    def sign_out(self) -> None:
        self.console.sessions.end(self._secret)
        self._secret, self.session = "", None
        self.cookies.clear(COOKIE)

    def render(self, template: str, status: int = 0, **values: Any) -> HttpResponse:
        """A `refusal` among the values is shown, and sets the status where none is given."""
        refusal, session = values.get("refusal"), self.session
        shared = {
            "refusal": refusal,
            "csrf_token": _CsrfToken(self),
            "operator": session.name if session else "",
            "until": session.until if session else None,
            "notice": session.take_notice() if session else "",
            "here": self.path,
        }
        pages = self.console.pages
        body = pages.render(template, values | shared, is_fragment=self.info.is_fragment)
        headers = [HTML_TYPE, NO_STORE, VARY, *self.cookies.to_set, *_retry_after(refusal)]
        return HttpResponse(status or (refusal.status if refusal else 200), body, headers)

    def leave_for(self, path: str, notice: str = "") -> HttpResponse:
        """303, and there the notice of what was done."""
        if self.session and notice:
            self.session.notice = notice
        return redirect_to(path, self.cookies.to_set)


class _CsrfToken:
    """Made when a template asks for it: a page without a form sets no cookie."""

    def __init__(self, context: OperatorContext) -> None:
        self._context = context

    def __html__(self) -> str:
        return self._context.new_csrf_token()


def _retry_after(refusal: Refusal | None) -> Headers:
    seconds = getattr(refusal, "retry_after", None)
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]


async def require_operator(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """A guard. What is done from here on is on record under the operator's name."""
    context = OperatorContext.from_request(connection)
    if context.session is None:
        raise Unauthenticated
    current_operator.set(context.session.name)


def read_contact(given: str, served: tuple[str, ...]) -> UUID | str:
    """As the tables have it. `served`: the regions that may be texted. Raises `Rejected`."""
    given = given.strip()
    if not given:
        raise Rejected("Enter a number with its country, or an e-mail address.", field="contact")
    try:
        return parse_person(given, served)
    except Rejected as refusal:
        raise Rejected(refusal.message, field="contact") from refusal


@dataclass(frozen=True, slots=True)
class Question:
    """The form goes to `action` with `fields`; `back` leads away from it. The page that asks has
    the same path, and these fields in its address.
    """

    title: str
    sentences: tuple[str, ...]
    action: str
    button: str
    back: str
    fields: Mapping[str, str] = field(default_factory=dict)
    is_danger: bool = False

    @property
    def address(self) -> str:
        """Where the form goes: whoever has to sign in meanwhile comes back to the question."""
        return f"{self.action}?{urlencode(self.fields)}" if self.fields else self.action

    def render(self, context: OperatorContext) -> HttpResponse:
        return context.render("question.html", question=self)
