"""The ways in, in JSON: a code to the phone, e-mail and password, a provider's ID token."""

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from app.controllers.api.answers import Delivery, FlowState, SignedIn
from app.controllers.api.bodies import (
    LoginBody,
    LoginCodeBody,
    LoginPhoneBody,
    PasswordLoginBody,
    ProviderLoginBody,
)
from app.controllers.api.controller import CREATED, OK, ApiController, sign_in
from app.controllers.api.refusals import (
    BY_PROVIDER,
    CALL,
    GUESS,
    LOOK,
    MAILS,
    NUMBER,
    OLD_PASSWORD,
    PROVED_STEP,
    STEP,
    TEXTS,
)
from app.controllers.api.request import ApiRequest, FlowHeader
from app.controllers.api.signup import FlowCall
from app.domain.blocks import NetworkBlocked
from app.domain.credentials.credentials import WrongCredentials
from app.domain.errors import Unauthenticated
from app.domain.identity.email_address import BadEmail
from app.domain.signup.dormant import StillUsed
from app.domain.signup.signup import Step
from app.domain.verification.pending import NoCode


class LoginApiController(ApiController):
    path = "/api/v1/login"
    tags = ("Sign-in",)

    @post(
        "/password",
        status_code=OK,
        summary="Sign in with e-mail and password",
        refusals=(WrongCredentials, BadEmail, Unauthenticated, NetworkBlocked, *OLD_PASSWORD),
    )
    async def submit_password(
        self, request: ApiRequest, data: JSONBody[PasswordLoginBody]
    ) -> SignedIn:
        """Every wrong pair is refused alike, whether or not the address has an account."""
        outcome = await request.container.login.submit_password(
            data.email,
            data.password,
            request.device,
            request.open_flow(None, "login").id,
            has_flow=False,
        )
        if outcome.session is None:
            raise Unauthenticated
        return await sign_in(request, outcome.session)

    @post(
        "/phone",
        status_code=OK,
        summary="Text a code to sign in with",
        refusals=(*STEP, *NUMBER, *TEXTS),
    )
    async def submit_phone(self, request: ApiRequest, data: JSONBody[LoginPhoneBody]) -> FlowState:
        """The same for a number that nobody has: it is told once the number is proved."""
        return await FlowCall(request, "login", data.login).submit_phone(data.phone, data.country)

    @post(
        "/phone-code",
        status_code=OK,
        summary="Sign in with the code from the text",
        refusals=(*PROVED_STEP, *GUESS),
    )
    async def submit_phone_code(
        self, request: ApiRequest, data: JSONBody[LoginCodeBody]
    ) -> FlowState | SignedIn:
        """A number that nobody has goes on as a `signup`; one whose account was not used for 90
        days is asked for a code by e-mail too.
        """
        call = FlowCall(request, "login", data.login)
        return await call.submit_code(Step.PHONE_CODE, data.code)

    @post(
        "/phone-code/resend",
        status_code=OK,
        summary="Text the code again",
        refusals=(*STEP, NoCode, *TEXTS),
    )
    async def resend_phone_code(self, request: ApiRequest, data: JSONBody[LoginBody]) -> FlowState:
        """The same code while it is good for that, else a new one."""
        return await FlowCall(request, "login", data.login).resend_code(Step.PHONE_CODE)

    @post(
        "/phone-code/call",
        status_code=OK,
        summary="Call the person with the code",
        refusals=(*STEP, *CALL),
    )
    async def call_instead(self, request: ApiRequest, data: JSONBody[LoginBody]) -> FlowState:
        """The same code, read out on the phone. `call_after` says when that is offered."""
        return await FlowCall(request, "login", data.login).call_instead()

    @get(
        "/phone-code/delivery",
        summary="What became of the text",
        refusals=LOOK,
    )
    async def show_phone_code_delivery(
        self, request: ApiRequest, flow: FlowHeader = ""
    ) -> Delivery:
        """As far as the provider has told."""
        return await FlowCall(request, "login", flow).find_delivery(Step.PHONE_CODE)

    @post(
        "/auth0",
        status_code=OK,
        summary="Sign in with an ID token of Auth0",
        responses={
            CREATED: ResponseSpec(
                FlowState,
                generate_examples=False,
                description="A sign-up: nobody has this identity yet.",
            )
        },
        refusals=BY_PROVIDER,
    )
    async def submit_id_token(
        self, request: ApiRequest, data: JSONBody[ProviderLoginBody]
    ) -> Response[FlowState | SignedIn]:
        """A known identity is signed in. A new one begins a sign-up (201), or joins that of
        `signup`: it stands for the password. A token is taken once.
        """
        if request.container.federation is None:
            raise NotFoundException
        identity = await request.container.federation.accept_id_token(
            data.id_token, data.nonce, request.origin
        )
        answer = await FlowCall(request, "signup", data.signup).submit_identity(identity)
        return Response(answer, status_code=OK if isinstance(answer, SignedIn) else CREATED)

    @post(
        "/email-code",
        status_code=OK,
        summary="Sign in to an account that was not used for long",
        refusals=(*PROVED_STEP, *GUESS),
    )
    async def submit_email_code(
        self, request: ApiRequest, data: JSONBody[LoginCodeBody]
    ) -> FlowState | SignedIn:
        """The code went to the address of the account whose number was proved before."""
        return await FlowCall(request, "login", data.login).submit_code(Step.OWNER, data.code)

    @post(
        "/email-code/resend",
        status_code=OK,
        summary="Mail the code again",
        refusals=(*STEP, NoCode, *MAILS),
    )
    async def resend_email_code(self, request: ApiRequest, data: JSONBody[LoginBody]) -> FlowState:
        """The same code while it is good for that, else a new one."""
        return await FlowCall(request, "login", data.login).resend_code(Step.OWNER)

    @get(
        "/email-code/delivery",
        summary="What became of the e-mail",
        refusals=LOOK,
    )
    async def show_email_code_delivery(
        self, request: ApiRequest, flow: FlowHeader = ""
    ) -> Delivery:
        """As far as the provider has told."""
        return await FlowCall(request, "login", flow).find_delivery(Step.OWNER)

    @post(
        "/release",
        status_code=OK,
        summary="Take the number off an account not used for long",
        refusals=(*PROVED_STEP, StillUsed),
    )
    async def submit_release(
        self, request: ApiRequest, data: JSONBody[LoginBody]
    ) -> FlowState | SignedIn:
        """For whoever cannot read that account's mail: the number goes on to a new sign-up, and the
        old account is told by mail.
        """
        return await FlowCall(request, "login", data.login).release_number()
