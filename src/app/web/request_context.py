"""The request context: what one request says of who asks, from where, and whether signed in."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from app.domain.credentials.device import Device
from app.domain.errors import Forbidden, Unauthenticated, Unavailable
from app.domain.i18n import current_language
from app.domain.identity.users import People, Person
from app.domain.limits import Origin
from app.domain.services import Audience
from app.domain.sessions.session import OpenedSession, TooManyRefreshes
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access, AccessTokens
from app.web.client_address import find_client_ip
from app.web.cookies import (
    Cookies,
    DeviceCookie,
    Devices,
    FlowCookie,
    Flows,
    RequestCookies,
    SessionCookies,
)
from app.web.forms import CookiesOff, Csrf, FormCheck, StaleForm
from app.web.remembered_values import RememberedValues
from app.web.request_info import RequestInfo


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What is the same for all requests. `handles` are flows that calls of the API name;
    `session_lifetime` in seconds; `trusted_proxies` may speak for the client's address.
    """

    cookies: Cookies
    csrf: Csrf
    devices: Devices
    flows: Flows
    handles: Flows
    access_tokens: AccessTokens
    session_lifetime: int
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]


class RequestContext:
    """Made once a request."""

    def __init__(self, scope: Any, config: WebConfig) -> None:
        self._scope, self._config = scope, config
        self.info = RequestInfo(scope)
        self.cookies = RequestCookies(config.cookies, scope["headers"])
        self.session = SessionCookies(self.cookies, config.access_tokens, config.session_lifetime)
        self.remembered = RememberedValues(self.cookies)
        # Who is signed in, once that was looked up; and whether it turned out to be nobody.
        self.person: Person | None = None
        self.is_nobody = False

    # Made when they are asked for: services have no use for them, and ask most often.

    @cached_property
    def flow(self) -> FlowCookie:
        return FlowCookie(self.cookies, self._config.flows)

    @cached_property
    def device_cookie(self) -> DeviceCookie:
        return DeviceCookie(self.cookies, self._config.devices)

    @property
    def signed_in_as(self) -> str | None:
        """For the header of a page: '' where nobody looked, None where nobody is signed in."""
        if self.person:
            return self.person.email or f"…{self.person.phone_end}"
        return "" if self.session.exist and not self.is_nobody else None

    @cached_property
    def origin(self) -> Origin:
        """With the owners who have signed in from this device before."""
        client_ip = find_client_ip(self._scope, self._config.trusted_proxies)
        return replace(Origin.of(client_ip), known_to=self.device_cookie.known_to)

    @property
    def device(self) -> Device:
        agent = self.info.headers.get(b"user-agent", b"").decode("latin-1")
        return Device(self.origin, agent)

    def new_csrf_token(self) -> str:
        return self._config.csrf.issue_token(self.flow.secret)

    def check_form(self, check: FormCheck) -> None:
        """Raises `Forbidden` for a form that is not ours, `CookiesOff` where the browser keeps no
        cookies, `StaleForm` for one with another token, then `BadForm`.
        """
        if not self._config.csrf.is_own(self.info.headers):
            raise Forbidden
        if not self.cookies.are_kept:
            raise CookiesOff
        if not self.flow.is_known:
            raise Forbidden
        if not self._config.csrf.accepts(check.csrf_token, self.flow.secret):
            raise StaleForm
        if check.problem:
            raise check.problem
        if check.return_to:
            self.remembered.remember_return(check.return_to)

    def sign_in(self, opened: OpenedSession, method: str) -> None:
        """New identifiers for both halves; the flow that led here is dead. `method` is remembered
        for the next time, and that its owner has signed in from this device.
        """
        self.flow.end()
        self.remembered.forget_typed()
        self.session.set(opened.tokens)
        self.remembered.remember_method(method)
        reads = opened.language
        if reads and reads != current_language.get().code and not self.remembered.language:
            self.remembered.remember_language(reads)
        self.device_cookie.remember(opened.device_epoch, *opened.contacts)

    def sign_out(self) -> None:
        self.session.clear()
        self.cookies.clear("flow", "notice", "return", "typed")


# Who is signed in: by the access token, or by the refresh token when that has run out.


async def require_session(context: RequestContext, sessions: Sessions) -> Access:
    """The session of this request. One that had to be refreshed is answered like any other, with
    new cookies on the way. Raises `Unauthenticated`.
    """
    access = context.session.read_access_token()
    if access:
        await sessions.check_session(access)
        return access
    token = context.session.refresh_token
    if token is None:
        raise Unauthenticated
    access, tokens = await sessions.refresh_tokens(token, Audience.BROWSER, context.origin)
    context.session.set(tokens)
    return access


async def check_both_tokens(context: RequestContext, sessions: Sessions, access: Access) -> None:
    """For changes. An access token is read by every service below the same host, so it alone shows
    the account and changes nothing. Raises `Unauthenticated`.
    """
    await sessions.check_both_tokens(access, context.session.refresh_token or "", context.origin)


async def find_session(context: RequestContext, sessions: Sessions) -> Access | None:
    """For pages that greet whoever is there."""
    if not context.session.exist:
        context.is_nobody = True
        return None
    try:
        return await require_session(context, sessions)
    except (Unauthenticated, TooManyRefreshes):
        context.is_nobody = True
        return None


async def find_person(context: RequestContext, sessions: Sessions, people: People) -> None:
    """For the header of a page that is the same for everybody else. While nobody can tell, it says
    what the cookies say.
    """
    if not context.session.exist:
        return
    with suppress(Unavailable):
        access = await find_session(context, sessions)
        context.person = await people.find_person(access.user_id) if access else None
        context.is_nobody = context.person is None


async def sign_in(
    context: RequestContext, sessions: Sessions, opened: OpenedSession, method: str
) -> None:
    """From now on the browser holds this session, and no other: what it held before is ended."""
    await end_session(context, sessions, "signed in anew")
    context.sign_in(opened, method)


async def end_session(context: RequestContext, sessions: Sessions, reason: str) -> None:
    """The session of this request, if there is one: of its refresh token, which only we read."""
    await sessions.end_presented(context.session.refresh_token or "", reason, context.origin)
