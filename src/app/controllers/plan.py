"""The plan somebody chose: shown, and changed, before there is an account and after."""

from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.plan_desk import PlanDesk
from app.web.answer import Answer, see_other
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class PlanController(Controller):
    path = "/plan"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_plan(self, request: AnyRequest) -> Answer:
        return await PlanDesk(request).page()

    @post()
    async def submit_plan(self, request: AnyRequest) -> Answer:
        desk = PlanDesk(request)
        form = await read_form(request, ("choice", "answer"))
        async with errors_shown_on(desk.page):
            desk.visit.check_form(form)
            return await desk.choose(form.fields)

    @get("/chosen")
    async def show_chosen(self, request: AnyRequest) -> Answer:
        """A line for the page of prices; opened directly it leads to the page of the choice."""
        desk = PlanDesk(request)
        return await desk.line() if desk.visit.is_by_htmx else see_other("/plan")
