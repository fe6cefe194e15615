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
        """Public, except for whoever is to be told something that has just happened."""
        parts = Parts.of(request)
        visit = parts.visit(request)
        if visit.notice:
            return parts.pages.page(visit, "home/home.html", {})
        return parts.pages.public_page(visit, "home/home.html", {})
