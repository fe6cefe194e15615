"""Signing in to the operators' pages, by the token of the settings and a name."""

from contextlib import suppress

from litestar import Controller, get, post

from app.console.context import AnyRequest, OperatorContext
from app.console.sessions import read_name
from app.domain.audit import AuditEvent, current_operator, record_hourly, record_operator
from app.domain.errors import Refusal, Unavailable
from app.domain.operators import TooManyOpsTokens, WrongOpsToken
from app.web.forms import Form
from app.web.response import HttpResponse
from app.web.telemetry import log_refusal

HOME = "/console"


class SignInController(Controller):
    path = "/console"

    @get("/sign-in")
    async def show_sign_in(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        asked = context.info.query_params
        if context.session:
            return context.leave_for(_own_path(asked.get("return_to", "")))
        return context.render(
            "sign_in.html",
            return_to=_own_path(asked.get("return_to", "")),
            is_signed_out="signed-out" in asked,
            is_over="return_to" in asked and context.has_cookie,
            name="",
        )

    @post("/sign-in")
    async def submit_sign_in(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        form = await context.read_form("token", "operator")
        back = _own_path(form.check.return_to)
        try:
            name = await _checked_name(context, form)
        except Refusal as refusal:
            log_refusal(refusal)
            return context.render(
                "sign_in.html",
                refusal=refusal,
                return_to=back,
                is_signed_out=False,
                is_over=False,
                name=form["operator"],
            )
        current_operator.set(name)
        async with context.console.database.transaction() as connection:
            await record_operator(connection, AuditEvent.OPERATOR_SIGNED_IN)
        context.sign_in(name)
        return context.leave_for(back, f"You’re signed in as {name} for 15 minutes.")

    @post("/sign-out")
    async def submit_sign_out(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        await context.read_own_form()
        context.sign_out()
        return context.leave_for("/console/sign-in?signed-out")


async def _checked_name(context: OperatorContext, form: Form) -> str:
    """Of whoever knows the token."""
    context.check_form(form)
    name = read_name(form["operator"])
    try:
        await context.console.operators.check_token(form["token"].strip(), context.origin)
    except (WrongOpsToken, TooManyOpsTokens):
        with suppress(Unavailable):  # who guesses is refused all the same
            await record_hourly(
                context.console.database, AuditEvent.OPERATOR_REFUSED, context.origin.network
            )
        raise
    return name


def _own_path(given: str) -> str:
    """Where to go on: below our own pages, and no form to sign in by."""
    is_own = given.startswith("/console") and "\\" not in given and given.isprintable()
    return given if is_own and not given.startswith("/console/sign-") else HOME
