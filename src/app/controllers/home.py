"""The home page."""

from typing import Any

from litestar import Controller, Request, get

from app.controllers.pricing import PricingHandler
from app.web.response import HttpResponse


class HomeController(Controller):
    path = "/"
    include_in_schema = False

    @get()
    async def show_home(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return await PricingHandler(request).show_home()
