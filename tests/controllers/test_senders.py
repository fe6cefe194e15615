"""Several senders: each signs its receipts for itself, and health tells of each."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from twilio.request_validator import RequestValidator

from app.dev.app import build
from app.domain import health
from app.domain.delivery.senders import FAILURES
from app.domain.limits import LimitTable
from app.settings import read_settings
from app.web.container import Container
from tests.standins.telnyx import ReceivedText, TelnyxStandIn
from tests.stores import Stores, execute

ORIGIN = "http://127.0.0.1:8000"
SENT = """
INSERT INTO deliveries (id, channel, template, destination, address, network, state, sender,
  provider_id, tries, expires_at)
VALUES ($1, 'sms', 'phone_code', '+61491570006', '10.0.0.1/32', '10.0.0.0/24', $2, $3, $4, 1,
  now() + interval '10 minutes')
"""
LIMIT = 256 * 1024
FORGED = 403
TOKENS = {"twilio": "one token", "twilio_eu": "another token"}


@dataclass
class Door:
    """The product in this process, and what Telnyx signs with."""

    client: httpx.AsyncClient
    container: Container
    database_url: str
    telnyx: TelnyxStandIn

    async def sent(self, sender: str = "telnyx", state: str = "sent") -> ReceivedText:
        """A text that `sender` has, as it knows it."""
        message, own = uuid4(), str(uuid4())
        known = None if state == "sending" else own
        await execute(self.database_url, SENT, message, state, sender, known)
        webhook = f"https://latchkey.example/webhooks/{sender}/status?message={message}"
        return ReceivedText("+61491570006", "", "", webhook, own, datetime.now(UTC))

    async def state_of(self, text: ReceivedText) -> str:
        query = "SELECT state FROM deliveries WHERE id::text = right($1, 36)"
        [row] = await execute(self.database_url, query, text.webhook_url)
        return str(row["state"])

    async def tell(self, event: object, path: str = "telnyx", **changed: Any) -> int:
        """The status that Telnyx is answered with. `late` in seconds."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        headers = self.telnyx.sign(body, str(int(time()) - changed.get("late", 0)))
        headers |= changed.get("headers", {})
        answer = await self.client.post(
            f"/webhooks/{path}/status", content=changed.get("body", body), headers=headers
        )
        return answer.status_code

    async def tell_by_twilio(self, text: ReceivedText, path: str, token: str) -> int:
        target = f"/webhooks/{path}/status?message={str(text.webhook_url)[-36:]}"
        form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
        signature = RequestValidator(token).compute_signature(ORIGIN + target, form)
        answer = await self.client.post(
            target, data=form, headers={"x-twilio-signature": signature}
        )
        return answer.status_code


@pytest.fixture(scope="module")
def settings(stores: Stores) -> Iterator[tuple[dict[str, str], TelnyxStandIn]]:
    with TelnyxStandIn() as telnyx:
        env = {
            "ENVIRONMENT": "test", "BASE_URL": ORIGIN, "AUTH0_ISSUER": "",
            "DATABASE_URL": stores.new_database(), "REDIS_URL": f"{stores.redis_url}?db=3",
            "SMS_SENDERS": "twilio,twilio_eu,telnyx",
        }  # fmt: skip
        for name, token in TOKENS.items():
            env |= {
                f"{name.upper()}_ACCOUNT_SID": "AC" + "0" * 32,
                f"{name.upper()}_AUTH_TOKEN": token,
                f"{name.upper()}_FROM_NUMBER": "+12025550100",
            }
        yield env | telnyx.environment, telnyx


async def run_app(app: Litestar, started: asyncio.Event, over: asyncio.Event) -> None:
    """In a task of its own, which begins and ends it."""
    async with app.lifespan():
        started.set()
        await over.wait()


@pytest.fixture(scope="module")
async def door(
    settings: tuple[dict[str, str], TelnyxStandIn], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Door]:
    env, telnyx = settings
    started, over = asyncio.Event(), asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("door"))
        app = build(read_settings(env), LimitTable(), grace=0)
        running = asyncio.create_task(run_app(app, started, over))
        await started.wait()
        transport: Any = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield Door(client, app.state.container, env["DATABASE_URL"], telnyx)
        over.set()
        await running


async def test_a_receipt_moves_its_text_forward_and_never_back(door: Door) -> None:
    text = await door.sent()
    for status in ("delivered", "delivered", "sent", "delivery_failed", "queued"):
        assert await door.tell(door.telnyx.event(text, status, "40001")) == 204
    assert await door.state_of(text) == "delivered"


async def test_one_that_comes_before_the_answer_counts(door: Door) -> None:
    text = await door.sent(state="sending")
    assert await door.tell(door.telnyx.event(text, "delivered")) == 204
    assert await door.state_of(text) == "delivered"


async def test_a_text_that_did_not_arrive_is_told_with_its_reason(door: Door) -> None:
    text = await door.sent()
    await door.tell(door.telnyx.event(text, "delivery_failed", "40300"))
    assert await door.state_of(text) == "refused"


@pytest.mark.parametrize(
    "forgery",
    [
        {"body": b"{}"},
        {"late": 601},
        {"late": -660},
        {"headers": {"telnyx-signature-ed25519": ""}},
        {"headers": {"telnyx-timestamp": "1764547200"}},
        {"path": "twilio"},
        {"path": "twilio_eu"},
        {"path": "nobody"},
        {"path": "sendgrid"},
    ],
    ids=str,
)
async def test_a_forged_receipt_is_refused(door: Door, forgery: dict[str, Any]) -> None:
    text = await door.sent()
    assert await door.tell(door.telnyx.event(text, "delivered"), **forgery) == FORGED
    assert await door.state_of(text) == "sent"


@pytest.mark.parametrize("path", TOKENS)
@pytest.mark.parametrize("signer", TOKENS)
async def test_each_account_signs_with_its_own_token(door: Door, path: str, signer: str) -> None:
    text = await door.sent(path)
    answered = await door.tell_by_twilio(text, path, TOKENS[signer])
    assert answered == (204 if path == signer else FORGED)
    assert await door.state_of(text) == ("delivered" if path == signer else "sent")


async def test_a_failure_told_by_another_sender_changes_nothing(door: Door) -> None:
    text = await door.sent("twilio")
    assert await door.tell(door.telnyx.event(text, "delivery_failed", "40001")) == 204
    assert await door.state_of(text) == "sent"


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 403), (LIMIT + 1, 413)])
async def test_a_body_is_as_large_as_may_be_or_is_not_read(
    door: Door, size: int, status: int
) -> None:
    assert await door.tell(b" " * size) == status


async def test_a_flood_of_repeats_is_harmless(door: Door) -> None:
    text = await door.sent()
    event = door.telnyx.event(text, "delivered")
    answered = await asyncio.gather(*(door.tell(event) for _ in range(40)))
    assert set(answered) == {204}
    assert await door.state_of(text) == "delivered"


async def health_of(door: Door, sender: str) -> str:
    answer = await door.client.get(f"/health/{sender}")
    return str(answer.json()["status"])


async def test_health_tells_of_each_sender_and_people_of_all_together(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is down is a warning for operators, while to people texts work."""
    monkeypatch.setattr(health, "KEPT", 0.0)
    senders = door.container.dispatcher.texts.all
    names = [each.name for each in senders]
    assert [await health_of(door, name) for name in names] == ["pass"] * 3
    for down, sender in enumerate(senders, 1):
        for _ in range(FAILURES):
            sender.breaker.record_failure()
        found = [await health_of(door, name) for name in names]
        assert found == ["warn"] * down + ["pass"] * (3 - down)
        areas = await door.container.health.look_at_areas()
        [texts] = [each.status for each in areas if each.area == "texts"]
        assert texts == ("warn" if down == 3 else "pass")
