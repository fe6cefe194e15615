"""One call of the JSON API: its strict body, who makes it, and the flow that it names.

A call is known by its bearer token and by the handles in its body. No cookie is read.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import HeaderParameter

from app.controllers.flow_forms import find_country
from app.domain.credentials.device import Device
from app.domain.errors import Refusal, Rejected, Unauthenticated
from app.domain.i18n import N_, Text, _
from app.domain.identity.users import Person
from app.domain.limits import KnownDevice, Origin
from app.domain.services import Audience
from app.domain.sessions.tokens import Access
from app.domain.verification.codes import digest_contact
from app.web.client_address import find_client_ip
from app.web.container import Container
from app.web.cookies import OURS, Flows, flow_id, parse_cookies
from app.web.forms import WrongContentType
from app.web.request_info import RequestInfo
from app.web.response import HttpResponse, answer_options

JSON = b"application/json"
BODY_LIMIT = 64 * 1024  # bytes
BEARER = b"bearer "

Body = TypeVar("Body")
AnyRequest = Request[Any, Any, Any]
# Where a call without a body names its flow.
FlowHeader = Annotated[
    str,
    HeaderParameter(
        name="X-Latchkey-Flow",
        description="The secret handle of the flow, from the answer before.",
    ),
]


class BadJson(Refusal):
    """Not JSON."""

    status = 400
    code = "bad_json"
    message = _("The body can’t be read as JSON.")


class BadField(Rejected):
    """A field that is unknown, missing, of another type, or there twice: of those, two readers may
    each see another one.
    """

    code = "bad_field"
    message = _("A field of the body isn’t what it has to be.")


class TwoCredentials(Refusal):
    """A browser that sends our cookies along must not be talked into calls with a token."""

    status = 400
    code = "two_credentials"
    message = _("Send the bearer token without our cookies.")


class UnknownHandle(Rejected):
    """It was not issued here, or with a key that is no longer in use."""

    code = "unknown_handle"
    message = _("That handle isn’t one of ours. Start again.")


class ApiRequest(Request[Any, Any, Any]):
    """What a handler of the API is given. Its `data` is read strictly, by `read_body`."""

    _whole: bytes | None = None  # its body, once it was read

    async def json(self) -> Any:
        """The body as what the handler declares. Raises 415, `BadJson`, `BadField`."""
        kind = self._find_header(b"content-type").partition(b";")[0].strip().lower()
        if kind != JSON:
            raise WrongContentType
        declared = self.route_handler.parsed_data_field
        return read_body(await self.body(), declared.annotation if declared else dict[str, Any])

    async def body(self) -> bytes:
        """All of it, at most `BODY_LIMIT`. The framework's own way, which makes a dictionary of the
        headers and has a generator for what comes in one piece, takes 20 µs longer (measured).
        """
        if self._whole is not None:
            return self._whole
        length, body = self._find_header(b"content-length"), b""
        if length.isdigit() and int(length) > BODY_LIMIT:
            raise RequestEntityTooLarge
        more = True
        while more:
            message: Any = await self.receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > BODY_LIMIT:
                raise RequestEntityTooLarge
        self._whole = body
        return body

    def _find_header(self, wanted: bytes) -> bytes:
        """The first of that name; b"" for none."""
        return next((value for name, value in self.scope["headers"] if name == wanted), b"")

    @property
    def container(self) -> Container:
        return Container.from_request(self)

    @cached_property
    def origin(self) -> Origin:
        """Of a client of which nothing is remembered but, once looked up, whose its session is."""
        proxies = self.container.web_config.trusted_proxies
        return _origin_of(find_client_ip(self.scope, proxies))

    @property
    def device(self) -> Device:
        return Device(self.origin, self.headers.get("user-agent", ""), Audience.API)

    async def require_access(self) -> Access:
        """Whose session the bearer token is of. Raises `Unauthenticated`."""
        access = self._read_access()
        await self.container.sessions.check_session(access)
        return access

    async def require_person(self) -> tuple[Access, Person]:
        """And the account. Raises `Unauthenticated`."""
        access = self._read_access()
        person = await self.container.sessions.find_person(access)
        self.origin = replace(self.origin, known_to=partial(_known_to, access, person))
        return access, person

    def _read_access(self) -> Access:
        token = read_bearer(self.scope["headers"])
        return self.container.web_config.access_tokens.read_token(token, Audience.API)

    def open_flow(self, handle: str | None, field: str) -> "FlowHandle":
        """The flow with that handle, a new one for None. Raises `UnknownHandle`."""
        return FlowHandle(self.container.web_config.handles, handle, field)

    def find_country(self, chosen: str) -> str:
        """That a national number is read in."""
        info = RequestInfo(self.scope)
        return find_country(self.container, info.languages, chosen.upper())


class FlowHandle:
    """A flow under way, by the secret that its client sends back in each next body. By a proof it
    gets another one, as a flow cookie does.
    """

    def __init__(self, flows: Flows, given: str | None, field: str) -> None:
        if given is not None and not flows.is_ours(given):
            raise UnknownHandle(field=field)
        self._flows, self._next = flows, ""
        self.secret = given or flows.issue()

    @property
    def id(self) -> bytes:
        """What the tables know the flow by."""
        return flow_id(self.secret)

    def next_id(self, proof: Any) -> bytes:
        """The id this flow goes on under by a proof; `rotate` makes it so."""
        self._next = self._flows.next_secret(self.secret, proof.bytes)
        return flow_id(self._next)

    def rotate(self) -> None:
        self.secret = self._next


@lru_cache(4096)
def _origin_of(client_ip: str) -> Origin:
    return replace(Origin.of(client_ip), counts_down=False)


def _known_to(access: Access, person: Person, contact: bytes) -> KnownDevice | None:
    """What the device cookie says for a browser: the owner has signed in from this client."""
    if contact not in map(digest_contact, person.contacts):
        return None
    return KnownDevice(access.session_id.hex, person.device_epoch)


def read_bearer(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The token of RFC 6750 2.1. Raises `Unauthenticated` where there is none, or where a proxy and
    we could see different ones.
    """
    shown = [value for name, value in headers if name == b"authorization"]
    given = shown[0] if len(shown) == 1 else b""
    if given[: len(BEARER)].lower() != BEARER:
        raise Unauthenticated
    return given[len(BEARER) :].strip(b" ").decode("latin-1")


async def check_credentials(request: AnyRequest) -> HttpResponse | None:
    """Before any handler of the API. Raises `TwoCredentials`."""
    headers = list(request.scope["headers"])
    if any(name == b"authorization" for name, _value in headers):
        cookies, sent = Container.from_request(request).web_config.cookies, parse_cookies(headers)
        if sent and any(cookies.name(each) in sent for each in OURS):
            raise TwoCredentials
    return await answer_options(request)


# Bodies. msgspec refuses unknown fields, other types and NaN; it lets a name occur twice.


def read_body(raw: bytes, declared: type[Body]) -> Body:
    """Raises `BadJson`, `BadField`."""
    try:
        body = msgspec.json.decode(raw, type=declared)
        _every_name.decode(raw.decode())
    except msgspec.ValidationError as error:
        raise _bad_field(str(error)) from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadJson from None
    return body


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    given = dict(pairs)
    if len(given) < len(pairs):
        [(field, _times)] = Counter(name for name, _value in pairs).most_common(1)
        raise _refuse(REPEATED, field)
    return given


_every_name = json.JSONDecoder(object_pairs_hook=_refuse_repeated)

# What msgspec says, and what we say. `expected` in its words is a name of JSON or of Python.
UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
ILL_TYPED = re.compile(r".* - at `\$\.(?P<field>[A-Za-z_]+).*`")
SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = (
    (UNKNOWN, N_("There’s no field “%(field)s” in this call.")),
    (MISSING, N_("The field “%(field)s” is missing.")),
    (ILL_TYPED, N_("The field “%(field)s” isn’t of the right type.")),
)
REPEATED = N_("The field “%(field)s” is there twice.")


def _bad_field(error: str) -> BadField:
    for pattern, sentence in SENTENCES:
        if found := pattern.match(error):
            return _refuse(sentence, found["field"])
    return BadField(NOT_AN_OBJECT)


def _refuse(sentence: str, field: str) -> BadField:
    field = field[:64]
    return BadField(_(sentence, field=field), field=field)


NOT_AN_OBJECT: Text = _("The body has to be a JSON object.")
