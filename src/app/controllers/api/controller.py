"""What all calls of the JSON API have in common: their controller, and parts of their answers."""

from collections.abc import Sequence

from litestar import Controller
from litestar.datastructures import ResponseHeader
from litestar.openapi.spec import SecurityRequirement

from app.controllers.api.answers import CodeState, Delivery, SignedIn, Tokens, User
from app.controllers.api.idempotency import IdempotencyMiddleware
from app.controllers.api.refusals import ANY_CALL
from app.controllers.api.request import BODY_LIMIT, ApiRequest, check_credentials
from app.controllers.code_words import MessageState, delivery_line
from app.domain.delivery.outbox import Progress
from app.domain.errors import Unauthenticated
from app.domain.identity.users import Person
from app.domain.limits import Origin
from app.domain.sessions import session as sessions
from app.domain.sessions.tokens import LIFETIME
from app.domain.verification.calling import call_wait
from app.domain.verification.codes import Channel
from app.domain.verification.pending import PendingCode
from app.domain.verification.verification import Verifications
from app.web.response import JsonResponse

# Of calls with a bearer token, as OpenAPI names it.
SIGNED_IN: list[SecurityRequirement] = [{"bearer": []}]
OK, CREATED, ACCEPTED, NO_CONTENT = 200, 201, 202, 204


class ApiController(Controller):
    """Answers are for whoever asked, and kept by no cache."""

    request_class = ApiRequest
    response_class = JsonResponse
    before_request = staticmethod(check_credentials)
    middleware = [IdempotencyMiddleware]
    request_max_body_size = BODY_LIMIT
    opt = {"refusals_of_all": ANY_CALL}
    response_headers: Sequence[ResponseHeader] = [
        ResponseHeader(name="Cache-Control", value="no-store")
    ]


def issue(tokens: sessions.Tokens) -> Tokens:
    return Tokens(tokens.access, tokens.refresh, int(LIFETIME.total_seconds()))


def describe_user(person: Person) -> User:
    return User(person.id, person.phone, person.email, person.created_at, person.has_identity)


async def sign_in(
    request: ApiRequest, opened: sessions.OpenedSession, *, existing: bool = False
) -> SignedIn:
    """Raises `Unauthenticated` where the account was deleted a moment ago."""
    person = await request.container.people.find_person(opened.user_id)
    if person is None:
        raise Unauthenticated
    return SignedIn(describe_user(person), issue(opened.tokens), existing)


def code_state(codes: Verifications, pending: PendingCode | None, origin: Origin) -> CodeState:
    """Of the code that is waited for, if there is one."""
    if pending is None:
        return CodeState()
    may_ask = codes.sends_left(pending, origin) > 0
    wait = codes.resend_wait(pending) if may_ask else None
    if pending.kept:
        return CodeState(resend_after=wait)
    call = call_wait(codes, pending, origin)
    return CodeState(pending.expires_at, wait, pending.attempts_left, call)


def describe_code_delivery(codes: Verifications, pending: PendingCode, origin: Origin) -> Delivery:
    """Of the newest message with the code that is waited for."""
    can_call = call_wait(codes, pending, origin) == 0
    return describe_delivery(codes.channel, pending.progress, can_call=can_call)


def describe_delivery(
    channel: Channel, progress: Progress | None, *, can_call: bool = False
) -> Delivery:
    line = delivery_line(channel, progress, can_call=can_call)
    return Delivery(MessageState(line.state), str(line.sentence), line.polling)
