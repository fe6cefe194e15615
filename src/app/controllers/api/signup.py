"""The sign-up in JSON, and the steps that it shares with a sign-in by phone."""

from litestar import get, post
from litestar.params import JSONBody
from msgspec import UNSET

from app.controllers.api.answers import CodeState, Delivery, FlowState, SignedIn, StepName
from app.controllers.api.bodies import (
    SignupBody,
    SignupCodeBody,
    SignupEmailBody,
    SignupLinkBody,
    SignupPasswordBody,
    SignupPhoneBody,
)
from app.controllers.api.controller import (
    CREATED,
    OK,
    ApiController,
    code_state,
    describe_code_delivery,
    sign_in,
)
from app.controllers.api.refusals import (
    CALL,
    GUESS,
    LOOK,
    MAILS,
    NEW_ADDRESS,
    NEW_PASSWORD,
    NUMBER,
    PROVED_STEP,
    STEP,
    TEXTS,
)  # fmt: skip
from app.controllers.api.request import ApiRequest, FlowHeader
from app.controllers.code_words import UNTEXTED, MessageState
from app.domain.federation.identities import IdentityTaken
from app.domain.identity.provider import ExternalIdentity, InvalidGrant
from app.domain.outcome import Outcome
from app.domain.signup.accounts import EmailTaken
from app.domain.signup.flow import Visitor
from app.domain.signup.signup import Signup, Step
from app.domain.verification.pending import NoCode

CODE_STEPS = (Step.PHONE_CODE, Step.EMAIL_CODE, Step.OWNER)
PHONE_STEPS = (Step.PHONE, Step.PHONE_CODE)


class FlowCall:
    """One call of a sign-up, or of a sign-in by phone, which are one flow. Its handle goes by the
    name of the `entry_point`, "signup" or "login".
    """

    def __init__(self, request: ApiRequest, entry_point: str, handle: str | None) -> None:
        self._request, self._entry_point = request, entry_point
        self._flow, self._is_begun = request.container.signup, handle is not None
        self._handle = request.open_flow(handle, entry_point)

    async def submit_phone(self, typed: str, country: str) -> FlowState:
        """A flow under way gets another number by it."""
        signup = await self._load() if self._is_begun else Signup(self._handle.id)
        country = self._request.find_country(country)
        outcome = await self._flow.submit_phone(
            signup, typed, country, self._visitor, changing=True, signing_in=self._is_login
        )
        return await self._describe_next(outcome)

    async def submit_code(self, step: Step, code: str) -> FlowState | SignedIn:
        submit = {
            Step.PHONE_CODE: self._flow.submit_phone_code,
            Step.EMAIL_CODE: self._flow.submit_email_code,
            Step.OWNER: self._flow.submit_owner_code,
        }[step]
        return await self._respond(await submit(await self._load(), code, self._visitor))

    async def resend_code(self, step: Step) -> FlowState:
        signup, origin = await self._load(), self._request.origin
        resend = self._flow.codes.resend
        if await resend(signup, step, origin, signing_in=self._is_login) is None:
            step = (await self._load()).step
        return await self._describe_next(Outcome(step))

    async def call_instead(self) -> FlowState:
        signup, origin = await self._load(), self._request.origin
        await self._flow.codes.call_instead(signup, origin, signing_in=self._is_login)
        return await self._describe_next(Outcome(Step.PHONE_CODE))

    async def find_delivery(self, step: Step) -> Delivery:
        codes, signup, origin = self._flow.codes, await self._load(), self._request.origin
        _, pending = await codes.require_pending(signup, step, origin)
        if pending.kept:
            return Delivery(MessageState.QUEUED, str(UNTEXTED), may_change=False)
        return describe_code_delivery(codes.channel_of(step), pending, origin)

    async def submit_email(self, email: str, *, keep: bool) -> FlowState:
        outcome = await self._flow.submit_email(
            await self._load(), email, self._visitor, as_typed=keep, changing=True
        )
        return await self._describe_next(outcome)

    async def submit_link(self, *, linking: bool) -> FlowState | SignedIn:
        signup = await self._load()
        return await self._respond(
            await self._flow.submit_link(signup, self._visitor, linking=linking)
        )

    async def submit_password(self, password: str) -> FlowState | SignedIn:
        signup = await self._load()
        return await self._respond(
            await self._flow.submit_password(signup, password, self._visitor)
        )

    async def release_number(self) -> FlowState | SignedIn:
        return await self._respond(
            await self._flow.release_number(await self._load(), self._visitor)
        )

    async def submit_identity(self, external_identity: ExternalIdentity) -> FlowState | SignedIn:
        """Joins a sign-up that is under way, else begins one."""
        flow_id = self._handle.id if self._is_begun else None
        outcome = await self._flow.submit_identity(flow_id, external_identity, self._visitor)
        if outcome.session:
            return await sign_in(self._request, outcome.session)
        return await self._describe_next(outcome)

    @property
    def _is_login(self) -> bool:
        return self._entry_point == "login"

    @property
    def _visitor(self) -> Visitor:
        return Visitor(self._request.device, self._handle.next_id)

    async def _load(self) -> Signup:
        return await self._flow.load_signup(self._handle.id, self._request.scope["path"])

    async def _respond(self, outcome: Outcome[Step]) -> FlowState | SignedIn:
        if outcome.session is None:
            return await self._describe_next(outcome)
        existing = self._entry_point == "signup" and not outcome.is_new_account
        return await sign_in(self._request, outcome.session, existing=existing)

    async def _describe_next(self, outcome: Outcome[Step]) -> FlowState:
        """Only the phone is proved at either entry point; what follows is the sign-up, but for the
        address of a dormant account.
        """
        if outcome.is_rotated:
            self._handle.rotate()
        step, signup = outcome.next_step or Step.PHONE, await self._load()
        state = CodeState()
        if step in CODE_STEPS:
            codes = self._flow.codes
            signup, pending = await codes.require_pending(signup, step, self._request.origin)
            state = code_state(codes.channel_of(step), pending, self._request.origin)
        code = (state.expires_at, state.resend_after, state.attempts_left, state.call_after)
        if step is Step.OWNER:
            return FlowState(StepName.EMAIL_CODE, UNSET, self._handle.secret, UNSET, *code)
        if self._entry_point == "login" and step in PHONE_STEPS:
            return FlowState(StepName(step), UNSET, self._handle.secret, UNSET, *code)
        missing = list(signup.missing)
        return FlowState(StepName(step), self._handle.secret, UNSET, missing, *code)


class SignupApiController(ApiController):
    path = "/api/v1/signup"
    tags = ("Sign-up",)

    @post(
        "/phone",
        status_code=CREATED,
        summary="Text a code to a phone number",
        refusals=(*STEP, *NUMBER, *TEXTS),
    )
    async def submit_phone(self, request: ApiRequest, data: JSONBody[SignupPhoneBody]) -> FlowState:
        """Begins a sign-up. With `signup`, another number for one that is under way. While too many
        texts to such numbers, or from such a place, are asked for in vain, `step` is `email`:
        nothing is texted until the address is proved.
        """
        return await FlowCall(request, "signup", data.signup).submit_phone(data.phone, data.country)

    @post(
        "/phone-code",
        status_code=OK,
        summary="Prove the phone number",
        refusals=(*PROVED_STEP, *GUESS),
    )
    async def submit_phone_code(
        self, request: ApiRequest, data: JSONBody[SignupCodeBody]
    ) -> FlowState | SignedIn:
        """A number that has an account opens it: `existing` is true then. One whose account was not
        used for 90 days is asked for a code by e-mail first, as a `login`.
        """
        call = FlowCall(request, "signup", data.signup)
        return await call.submit_code(Step.PHONE_CODE, data.code)

    @post(
        "/phone-code/resend",
        status_code=OK,
        summary="Text the code again",
        refusals=(*STEP, NoCode, *TEXTS),
    )
    async def resend_phone_code(self, request: ApiRequest, data: JSONBody[SignupBody]) -> FlowState:
        """The same code while it is good for that, else a new one. The first one, where the number
        had to wait.
        """
        return await FlowCall(request, "signup", data.signup).resend_code(Step.PHONE_CODE)

    @post(
        "/phone-code/call",
        status_code=OK,
        summary="Call the person with the code",
        refusals=(*STEP, *CALL),
    )
    async def call_instead(self, request: ApiRequest, data: JSONBody[SignupBody]) -> FlowState:
        """The same code, read out on the phone. `call_after` says when that is offered."""
        return await FlowCall(request, "signup", data.signup).call_instead()

    @get(
        "/phone-code/delivery",
        summary="What became of the text",
        refusals=LOOK,
    )
    async def show_phone_code_delivery(
        self, request: ApiRequest, flow: FlowHeader = ""
    ) -> Delivery:
        """As far as the provider has told."""
        return await FlowCall(request, "signup", flow).find_delivery(Step.PHONE_CODE)

    @post(
        "/email",
        status_code=OK,
        summary="Mail a code to an e-mail address",
        refusals=(*STEP, *NEW_ADDRESS, *MAILS),
    )
    async def submit_email(self, request: ApiRequest, data: JSONBody[SignupEmailBody]) -> FlowState:
        """Also for another address than the one named before."""
        call = FlowCall(request, "signup", data.signup)
        return await call.submit_email(data.email, keep=data.keep)

    @post(
        "/email-code",
        status_code=OK,
        summary="Prove the e-mail address",
        refusals=(*PROVED_STEP, *GUESS, EmailTaken, InvalidGrant),
    )
    async def submit_email_code(
        self, request: ApiRequest, data: JSONBody[SignupCodeBody]
    ) -> FlowState | SignedIn:
        """Makes the account where a provider's sign-in stands for the password. Where the number
        comes after the address, it is texted now; with no `expires_at` it was not yet, and is by
        `POST /signup/phone-code/resend` once `resend_after` seconds have passed.
        """
        call = FlowCall(request, "signup", data.signup)
        return await call.submit_code(Step.EMAIL_CODE, data.code)

    @post(
        "/email-code/resend",
        status_code=OK,
        summary="Mail the code again",
        refusals=(*STEP, NoCode, *MAILS),
    )
    async def resend_email_code(self, request: ApiRequest, data: JSONBody[SignupBody]) -> FlowState:
        """The same code while it is good for that, else a new one."""
        return await FlowCall(request, "signup", data.signup).resend_code(Step.EMAIL_CODE)

    @get(
        "/email-code/delivery",
        summary="What became of the e-mail",
        refusals=LOOK,
    )
    async def show_email_code_delivery(
        self, request: ApiRequest, flow: FlowHeader = ""
    ) -> Delivery:
        """As far as the provider has told."""
        return await FlowCall(request, "signup", flow).find_delivery(Step.EMAIL_CODE)

    @post(
        "/link",
        status_code=OK,
        summary="Link a provider's sign-in to the number's account",
        refusals=(*PROVED_STEP, IdentityTaken, InvalidGrant),
    )
    async def submit_link(
        self, request: ApiRequest, data: JSONBody[SignupLinkBody]
    ) -> FlowState | SignedIn:
        """Only for a number that has an account, while a provider's sign-in waits."""
        return await FlowCall(request, "signup", data.signup).submit_link(linking=data.link)

    @post(
        "/password",
        status_code=CREATED,
        summary="Choose a password, which makes the account",
        refusals=(*PROVED_STEP, *NEW_PASSWORD, EmailTaken),
    )
    async def submit_password(
        self, request: ApiRequest, data: JSONBody[SignupPasswordBody]
    ) -> FlowState | SignedIn:
        """The same call again signs in to the account that it has made."""
        return await FlowCall(request, "signup", data.signup).submit_password(data.password)
