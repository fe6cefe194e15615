"""What only a developer's machine has: the outbox of texts and mails that would have gone out."""

from typing import Any

from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException

from app.web.answer import Answer
from app.web.parts import Parts


class DevController(Controller):
    path = "/dev"
    include_in_schema = False

    @get("/outbox")
    async def show_outbox(self, request: Request[Any, Any, Any]) -> Answer:
        parts = Parts.of(request)
        if parts.outbox is None:
            raise NotFoundException
        context = {"messages": parts.outbox.recent(50)}
        return parts.pages.page(parts.visit(request), "dev/outbox.html", context)
