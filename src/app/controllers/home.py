"""The home page."""

from typing import Any

from litestar import Controller, Request, get

from app.web.answer import Answer
from app.web.parts import Parts


class HomeController(Controller):
    path = "/"
    include_in_schema = False

    @get()
    async def show_home(self, request: Request[Any, Any, Any]) -> Answer:
        parts = Parts.of(request)
        return parts.pages.public_page(
            parts.visit(request), "home/home.html", {"login_ready": True}
        )
