"""The fresh proof that changes ask for, and a new number, address or password, in JSON."""

from litestar import get, post
from litestar.params import JSONBody

from app.controllers.api.answers import Changed, CodeState, Delivery, Refreshed
from app.controllers.api.bodies import (
    CodeBody,
    EmailBody,
    PasswordBody,
    PhoneBody,
    ProofBody,
)
from app.controllers.api.controller import (
    OK,
    SIGNED_IN,
    ApiController,
    code_state,
    describe_code_delivery,
    describe_user,
    issue,
)
from app.controllers.api.refusals import (
    CALL,
    CHANGE,
    GUESS,
    MAILS,
    METHOD,
    NEW_ADDRESS,
    NEW_PASSWORD,
    NUMBER,
    PROOF,
    TEXTS,
)
from app.controllers.api.request import ApiRequest
from app.domain.account.confirmation_calls import call_to_confirm
from app.domain.account.contacts import (
    ContactChange,
    EmailTakenByOther,
    OwnEmail,
    OwnPhone,
    PhoneTaken,
)
from app.domain.errors import Unauthenticated
from app.domain.limit_refusals import MailsStopped
from app.domain.sessions.tokens import Access
from app.domain.verification.pending import NoCode


class ConfirmApiController(ApiController):
    """Changes of the account ask for a proof of the last 10 minutes, of another kind than the one
    that opened the session: `403 confirmation_required` says so.
    """

    path = "/api/v1/confirm"
    tags = ("Account",)
    security = SIGNED_IN

    @post(
        status_code=OK,
        summary="Prove anew who this is",
        refusals=PROOF,
    )
    async def submit_confirm(self, request: ApiRequest, data: JSONBody[ProofBody]) -> Refreshed:
        """By the password, or by the code that was sent. The same session gets other tokens."""
        access, person = await request.require_person()
        outcome = await request.container.account.confirmation.submit_proof(
            access, person, request.device, code=data.code, password=data.password
        )
        if outcome.tokens is None:
            raise Unauthenticated
        return Refreshed(issue(outcome.tokens))

    @post(
        ["/code", "/resend"],
        status_code=OK,
        summary="Send a code to confirm with",
        refusals=(*METHOD, NoCode, *TEXTS, MailsStopped),
    )
    async def send_code(self, request: ApiRequest) -> CodeState:
        """To the phone of the account, or to its address where the phone opened the session."""
        access, person = await request.require_person()
        confirmation = request.container.account.confirmation
        await confirmation.send_code(access, person, request.origin)
        methods = await confirmation.find_methods(access, person)
        pending = await confirmation.find_pending(access, methods, request.origin)
        return code_state(confirmation.codes_for(methods), pending, request.origin)

    @post(
        "/call",
        status_code=OK,
        summary="Call the person with the code to confirm with",
        refusals=(*METHOD, NoCode, *CALL),
    )
    async def call_instead(self, request: ApiRequest) -> CodeState:
        """The code to the account's phone, read out. `call_after` says when that is offered."""
        access, person = await request.require_person()
        confirmation = request.container.account.confirmation
        await call_to_confirm(confirmation, access, person, request.origin)
        methods = await confirmation.find_methods(access, person)
        pending = await confirmation.find_pending(access, methods, request.origin)
        return code_state(confirmation.codes_for(methods), pending, request.origin)

    @get(
        "/delivery",
        summary="What became of the message with the code",
        refusals=(*METHOD, NoCode),
    )
    async def show_delivery(self, request: ApiRequest) -> Delivery:
        """To the phone or the address of the account."""
        access, person = await request.require_person()
        confirmation = request.container.account.confirmation
        methods = await confirmation.find_methods(access, person)
        pending = await confirmation.find_pending(access, methods, request.origin)
        if pending is None:
            raise NoCode
        return describe_code_delivery(confirmation.codes_for(methods), pending, request.origin)


class ContactsApiController(ApiController):
    """A new number or address is proved first; until then the old one stays."""

    path = "/api/v1/me"
    tags = ("Account",)
    security = SIGNED_IN

    @post(
        "/phone",
        status_code=OK,
        summary="Text a code to a new number",
        refusals=(*CHANGE, *NUMBER, OwnPhone, *TEXTS),
    )
    async def submit_phone(self, request: ApiRequest, data: JSONBody[PhoneBody]) -> CodeState:
        """Asks for a fresh proof."""
        access, person = await request.require_person()
        country, change = request.find_country(data.country), request.container.account.phone_change
        await change.request_code(access, person, data.phone, country, request.origin)
        return await _describe_code(request, change, access)

    @post(
        "/phone-code",
        status_code=OK,
        summary="Prove the new number",
        refusals=(*CHANGE, *GUESS, PhoneTaken),
    )
    async def submit_phone_code(self, request: ApiRequest, data: JSONBody[CodeBody]) -> Changed:
        """It is the account's from now on, or in a day; both old contacts are told."""
        return await _submit_code(request, request.container.account.phone_change, data.code)

    @post(
        "/phone-code/resend",
        status_code=OK,
        summary="Text the code again",
        refusals=(*CHANGE, NoCode, *TEXTS),
    )
    async def resend_phone_code(self, request: ApiRequest) -> CodeState:
        """The same code while it is good for that, else a new one, which asks for a fresh proof."""
        return await _resend_code(request, request.container.account.phone_change)

    @post(
        "/phone-code/call",
        status_code=OK,
        summary="Call the person with the code",
        refusals=(*CHANGE, NoCode, *CALL),
    )
    async def call_instead(self, request: ApiRequest) -> CodeState:
        """The same code, read out on the new phone. `call_after` says when that is offered."""
        change, access = request.container.account.phone_change, await request.require_access()
        await change.call_instead(access, request.origin)
        return await _describe_code(request, change, access)

    @get(
        "/phone-code/delivery",
        summary="What became of the text",
        refusals=(NoCode,),
    )
    async def show_phone_code_delivery(self, request: ApiRequest) -> Delivery:
        """To the new number."""
        return await _describe_delivery(request, request.container.account.phone_change)

    @post(
        "/email",
        status_code=OK,
        summary="Mail a code to a new address",
        refusals=(*CHANGE, *NEW_ADDRESS, OwnEmail, *MAILS),
    )
    async def submit_email(self, request: ApiRequest, data: JSONBody[EmailBody]) -> CodeState:
        """Asks for a fresh proof."""
        access, person = await request.require_person()
        change = request.container.account.email_change
        await change.request_code(access, person, data.email, request.origin, as_typed=data.keep)
        return await _describe_code(request, change, access)

    @post(
        "/email-code",
        status_code=OK,
        summary="Prove the new address",
        refusals=(*CHANGE, *GUESS, EmailTakenByOther),
    )
    async def submit_email_code(self, request: ApiRequest, data: JSONBody[CodeBody]) -> Changed:
        """It is the account's from now on, or in a day; both old contacts are told."""
        return await _submit_code(request, request.container.account.email_change, data.code)

    @post(
        "/email-code/resend",
        status_code=OK,
        summary="Mail the code again",
        refusals=(*CHANGE, NoCode, *MAILS),
    )
    async def resend_email_code(self, request: ApiRequest) -> CodeState:
        """The same code while it is good for that, else a new one, which asks for a fresh proof."""
        return await _resend_code(request, request.container.account.email_change)

    @get(
        "/email-code/delivery",
        summary="What became of the e-mail",
        refusals=(NoCode,),
    )
    async def show_email_code_delivery(self, request: ApiRequest) -> Delivery:
        """To the new address."""
        return await _describe_delivery(request, request.container.account.email_change)

    @post(
        "/password",
        status_code=OK,
        summary="Set another password",
        refusals=(*CHANGE, *NEW_PASSWORD),
    )
    async def submit_password(self, request: ApiRequest, data: JSONBody[PasswordBody]) -> Changed:
        """Asks for a fresh proof. Every other session ends."""
        access, person = await request.require_person()
        await request.container.account.password_change.change_password(
            access, person, data.password, request.origin
        )
        return Changed(describe_user(person))


async def _describe_code(request: ApiRequest, change: ContactChange, access: Access) -> CodeState:
    pending = await change.find_pending(access, request.origin)
    return code_state(change.codes, pending, request.origin)


async def _submit_code(request: ApiRequest, change: ContactChange, code: str) -> Changed:
    access, person = await request.require_person()
    outcome = await change.submit_code(access, person, code, request.origin)
    now = await request.container.people.find_person(person.id)
    if now is None:
        raise Unauthenticated
    return Changed(describe_user(now), "change-delayed" in outcome.notices)


async def _resend_code(request: ApiRequest, change: ContactChange) -> CodeState:
    access = await request.require_access()
    await change.resend_code(access, request.origin)
    return await _describe_code(request, change, access)


async def _describe_delivery(request: ApiRequest, change: ContactChange) -> Delivery:
    pending = await change.find_pending(await request.require_access(), request.origin)
    if pending is None:
        raise NoCode
    return describe_code_delivery(change.codes, pending, request.origin)
