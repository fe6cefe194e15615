"""The download of everything that is held about a person."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.controllers.account_desk import AccountDesk
from app.web.answer import Answer


class AccountDataController(Controller):
    path = "/account/data"
    include_in_schema = False

    @get()
    async def show_data(self, request: Request[Any, Any, Any]) -> Answer:
        """A file to keep, in JSON that people can read too."""
        desk = await AccountDesk.confirmed(request)
        held = await desk.account.personal_data.of(desk.person.id)
        body = msgspec.json.format(msgspec.json.encode(held), indent=2)
        name = f"latchkey-{datetime.now(UTC):%Y-%m-%d}.json"
        headers = [
            (b"content-type", b"application/json"),
            (b"content-disposition", f'attachment; filename="{name}"'.encode()),
            (b"cache-control", b"no-store"),
        ]
        return Answer(200, body, [*headers, *desk.visit.cookies_to_set])
