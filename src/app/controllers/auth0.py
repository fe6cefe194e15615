"""Signing up and in with Auth0: away to it and back. What it proves is judged by the domain."""

from typing import Any

from litestar import Controller, Request, get
from litestar.params import FromPath

from app.controllers.auth0_desk import Auth0Desk
from app.web.answer import Answer
from app.web.return_to import safe_return

AnyRequest = Request[Any, Any, Any]


class Auth0Controller(Controller):
    path = "/auth0"
    include_in_schema = False

    @get("/start")
    async def show_start(self, request: AnyRequest) -> Answer:
        """Nobody is sent away by another site's link or picture: they are shown a button."""
        desk = Auth0Desk(request)
        wanted = request.query_params.get("return_to", "")
        if wanted:
            desk.visit.remember_return(safe_return(wanted))
        if desk.visit.is_from_elsewhere:
            return desk.start_page()
        return await desk.start()

    @get("/callback")
    async def show_callback(self, request: AnyRequest) -> Answer:
        return await Auth0Desk(request).come_back()

    @get("/failed/{reason:str}")
    async def show_failed(self, request: AnyRequest, reason: FromPath[str]) -> Answer:
        return await Auth0Desk(request).failed_page(reason)
