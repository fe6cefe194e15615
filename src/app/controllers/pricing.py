"""Prices in HTML: public, cacheable, the same for everybody, and never without an answer."""

from typing import Any

from litestar import Controller, Request, get

from app.controllers.pricing_desk import PricingDesk
from app.web.answer import Answer


class PricingController(Controller):
    path = "/pricing"
    include_in_schema = False

    @get()
    async def show_pricing(self, request: Request[Any, Any, Any]) -> Answer:
        return await PricingDesk(request).page()

    @get("/plans")
    async def show_plans(self, request: Request[Any, Any, Any]) -> Answer:
        return await PricingDesk(request).fragment()
