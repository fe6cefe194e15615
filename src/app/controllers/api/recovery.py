"""The recovery of an account in JSON: an address is proved, then a new password is set."""

from litestar import get, post
from litestar.params import JSONBody

from app.controllers.api.answers import Delivery, RecoveryState, StepName
from app.controllers.api.bodies import (
    RecoveryBody,
    RecoveryCodeBody,
    RecoveryEmailBody,
    RecoveryPasswordBody,
)
from app.controllers.api.controller import (
    ACCEPTED,
    OK,
    ApiController,
    code_state,
    describe_delivery,
)
from app.controllers.api.refusals import ADDRESS, GUESS, LOOK, NEW_PASSWORD, STEP, WAITS
from app.controllers.api.request import ApiRequest, FlowHeader
from app.domain.outcome import Outcome
from app.domain.recovery.recovery import Recovery, Step
from app.domain.verification.pending import NoCode
from app.domain.verification.unsent import shown_progress


class RecoveryCall:
    """One call of a recovery."""

    def __init__(self, request: ApiRequest, handle: str | None) -> None:
        self._request, self._flow = request, request.container.recovery
        self._handle = request.open_flow(handle, "recovery")

    async def submit_email(self, email: str, *, keep: bool) -> RecoveryState:
        outcome = await self._flow.submit_email(
            await self._load(), email, self._request.origin, as_typed=keep, changing=True
        )
        return await self._describe_next(outcome)

    async def submit_code(self, code: str) -> RecoveryState:
        outcome = await self._flow.submit_email_code(
            await self._load(), code, self._request.origin, self._handle.next_id
        )
        return await self._describe_next(outcome)

    async def resend_code(self) -> RecoveryState:
        await self._flow.resend_code(await self._load(), self._request.origin)
        return await self._describe_next(Outcome(Step.EMAIL_CODE))

    async def find_delivery(self) -> Delivery:
        pending = self._flow.require_pending_code(await self._load())
        mail = self._request.container.dispatcher.mail.next.breaker
        return describe_delivery(self._flow.codes.channel, shown_progress(pending, mail))

    async def submit_password(self, password: str) -> RecoveryState:
        recovery = await self._load()
        recovery.require_step(Step.PASSWORD, changing=False)
        outcome = await self._flow.submit_password(recovery, password, self._request.device)
        return await self._describe_next(outcome)

    async def _load(self) -> Recovery:
        return await self._flow.load_recovery(self._handle.id, self._request.origin)

    async def _describe_next(self, outcome: Outcome[Step]) -> RecoveryState:
        if outcome.is_rotated:
            self._handle.rotate()
        pending = None
        if outcome.next_step is Step.EMAIL_CODE:
            pending = self._flow.require_pending_code(await self._load())
        state = code_state(self._flow.codes, pending, self._request.origin)
        step = StepName(outcome.next_step) if outcome.next_step else StepName.DONE
        code = (state.expires_at, state.resend_after, state.attempts_left)
        return RecoveryState(self._handle.secret, step, *code, list(outcome.notices))


class RecoveryApiController(ApiController):
    path = "/api/v1/recovery"
    tags = ("Recovery",)

    @post(
        "/email",
        status_code=ACCEPTED,
        summary="Mail a code to recover an account",
        refusals=(*STEP, *ADDRESS),
    )
    async def submit_email(
        self, request: ApiRequest, data: JSONBody[RecoveryEmailBody]
    ) -> RecoveryState:
        """Answered alike whether or not the address has an account, and over its limit too."""
        return await RecoveryCall(request, data.recovery).submit_email(data.email, keep=data.keep)

    @post(
        "/email-code",
        status_code=OK,
        summary="Prove the address",
        refusals=(*STEP, *GUESS),
    )
    async def submit_email_code(
        self, request: ApiRequest, data: JSONBody[RecoveryCodeBody]
    ) -> RecoveryState:
        """Signs nobody in."""
        return await RecoveryCall(request, data.recovery).submit_code(data.code)

    @post(
        "/email-code/resend",
        status_code=OK,
        summary="Mail the code again",
        refusals=(*STEP, NoCode, *WAITS),
    )
    async def resend_email_code(
        self, request: ApiRequest, data: JSONBody[RecoveryBody]
    ) -> RecoveryState:
        """The same code while it is good for that, else a new one."""
        return await RecoveryCall(request, data.recovery).resend_code()

    @get(
        "/email-code/delivery",
        summary="What became of the e-mail",
        refusals=LOOK,
    )
    async def show_email_code_delivery(
        self, request: ApiRequest, flow: FlowHeader = ""
    ) -> Delivery:
        """As far as the provider has told."""
        return await RecoveryCall(request, flow).find_delivery()

    @post(
        "/password",
        status_code=OK,
        summary="Set a new password",
        refusals=(*STEP, *NEW_PASSWORD),
    )
    async def submit_password(
        self, request: ApiRequest, data: JSONBody[RecoveryPasswordBody]
    ) -> RecoveryState:
        """Ends every session of the account, and takes back what an intruder may have added."""
        return await RecoveryCall(request, data.recovery).submit_password(data.password)
