"""What providers tell us of messages, and people answer to texts: signed, or refused."""

from typing import Any

from litestar import Controller, Request, post
from litestar.params import FromPath

from app.domain.delivery.receipts import Forged
from app.domain.verification.codes import EMAIL, PHONE
from app.web.container import Container
from app.web.response import NO_STORE, HttpResponse

AnyRequest = Request[Any, Any, Any]
# An answer to a person's text would be another text.
SILENCE = HttpResponse(
    200, b"<Response/>", [(b"content-type", b"text/xml; charset=utf-8"), NO_STORE]
)


class WebhooksController(Controller):
    path = "/webhooks"
    include_in_schema = False
    request_max_body_size = 256 * 1024

    @post("/{sender:str}/status")
    async def receive_text_status(self, request: AnyRequest, sender: FromPath[str]) -> HttpResponse:
        """Of any vendor of texts; `sender` is its name in the settings."""
        return await _record(request, sender, PHONE.name)

    @post("/{sender:str}/inbound")
    async def receive_text(self, request: AnyRequest, sender: FromPath[str]) -> HttpResponse:
        """STOP and START are kept by the vendor, who refuses or takes the next text accordingly."""
        await _record(request, sender, PHONE.name)
        return SILENCE

    @post("/sendgrid/events")
    async def receive_mail_events(self, request: AnyRequest) -> HttpResponse:
        return await _record(request, "sendgrid", EMAIL.name)


async def _record(request: AnyRequest, sender: str, channel: str) -> HttpResponse:
    """Raises `Forged`, also where the sender is not set up: nobody could have signed it."""
    container = Container.from_request(request)
    reader = container.receipt_readers.get((channel, sender))
    if reader is None:
        raise Forged
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    target = f"{scope['path']}?{query}" if query else scope["path"]
    headers = dict(scope["headers"])
    receipts = (await reader.get()).read_receipts(target, headers, await request.body())
    await container.receipts.record(channel, sender, receipts)
    return HttpResponse(204, b"", [NO_STORE])
