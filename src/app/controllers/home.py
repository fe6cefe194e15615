"""The home page."""

from typing import Any

from litestar import Controller, Request, get

from app.controllers.pricing import PricingHandler
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
        pricing = PricingHandler(request)
        if context.remembered.notice:
            values = await pricing.read_home_values()
            return container.pages.render_page(context, "home/home.html", values)
        return await pricing.show_home()
