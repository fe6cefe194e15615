"""The home page."""

from typing import Any

from litestar import Controller, Request, get

from app.web.container import Container
from app.web.response import HttpResponse


class HomeController(Controller):
    path = "/"
    include_in_schema = False

    @get()
    async def show_home(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Public, except for whoever is to be told something that has just happened."""
        container = Container.from_request(request)
        context = container.get_context(request)
        if context.remembered.notice:
            return container.pages.render_page(context, "home/home.html", {})
        return container.pages.render_public(context, "home/home.html", {})
