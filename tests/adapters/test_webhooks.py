"""Webhooks: what each answer of a receiver means, and what none of them costs."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.adapters.webhooks import HttpWebhooks
from app.domain.events.events import Answer, Event, Webhooks, post_event
from app.domain.services import Service
from tests.standins import behaviour as acts
from tests.standins.receiver import EventReceiver

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"
OTHER = "whsec_" + "B" * 44


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    with EventReceiver() as running:
        yield running


@pytest.fixture
def webhooks(client: httpx.AsyncClient) -> HttpWebhooks:
    return HttpWebhooks(client)


def service(receiver: EventReceiver, *secrets: str) -> Service:
    return Service(
        name="shop",
        audience="shop",
        scopes=frozenset({"email"}),
        events_url=f"{receiver.url}/events",
        events_secrets=secrets or (receiver.secret,),
    )


def event() -> Event:
    person = {"phone": "+61491570006", "email": "zoë@example.org", "plan": None}
    return Event(uuid4(), "user.updated", uuid4(), datetime.now(UTC), {"changed": "email"}, person)


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (acts.ordinary(), Answer(204, "HTTP 204 No Content")),
        (acts.html_200(), Answer(200, "HTTP 200 OK")),
        (acts.drip_body(), Answer(204, "HTTP 204 No Content")),
        (acts.answers(200, b"x" * 100_000), Answer(200, "HTTP 200 OK")),
        (acts.http_500(), Answer(500, "HTTP 500 Internal Server Error")),
        (acts.redirect(), Answer(302, "HTTP 302 Found")),
        (acts.answers(410), Answer(410, "HTTP 410 Gone")),
        (
            acts.answers(429, **{"Retry-After": "9"}),
            Answer(429, "HTTP 429 Too Many Requests", 9.0),
        ),
    ],
)
async def test_each_answer_is_known(
    webhooks: HttpWebhooks, receiver: EventReceiver, act: acts.Behaviour, answer: Answer
) -> None:
    receiver.script.next(act)
    assert await post_event(webhooks, service(receiver), event()) == answer
    assert (receiver.requests, receiver.violations) == (1, [])


@pytest.mark.parametrize("act", [acts.hang(), acts.delayed(5)])
async def test_a_200_that_comes_late_is_no_answer(
    client: httpx.AsyncClient, receiver: EventReceiver, act: acts.Behaviour
) -> None:
    receiver.script.next(act)
    impatient = HttpWebhooks(client, deadline=0.3)
    answer = await post_event(impatient, service(receiver), event())
    assert answer == Answer(0, "no answer in time")


async def test_a_connection_that_is_dropped_or_refused_is_no_answer(
    webhooks: HttpWebhooks, receiver: EventReceiver
) -> None:
    receiver.script.next(acts.drop_connection())
    assert (await post_event(webhooks, service(receiver), event())).status == 0
    receiver.stop()
    refused = await post_event(webhooks, service(receiver), event())
    assert (refused.status, refused.is_taken) == (0, False)


@pytest.fixture
def responses(client: httpx.AsyncClient) -> Iterator[list[httpx.Response]]:
    """As the client got them, whatever was read of them."""
    got: list[httpx.Response] = []

    async def keep(response: httpx.Response) -> None:
        got.append(response)

    client.event_hooks = {"response": [keep]}
    yield got
    client.event_hooks = {}


async def test_an_answer_of_ten_megabytes_is_not_read(
    webhooks: HttpWebhooks, receiver: EventReceiver, responses: list[httpx.Response]
) -> None:
    receiver.script.next(acts.answers(200, bytes(10_000_000)))
    assert (await post_event(webhooks, service(receiver), event())).is_taken
    assert responses[0].num_bytes_downloaded <= 65_536
    assert responses[0].is_closed


async def test_a_little_answer_leaves_the_connection_to_the_next(
    webhooks: HttpWebhooks, receiver: EventReceiver, responses: list[httpx.Response]
) -> None:
    for body in (b"", b"taken"):
        receiver.script.next(acts.answers(200, body))
        await post_event(webhooks, service(receiver), event())
    streams = [response.extensions["network_stream"] for response in responses]
    assert len({stream.get_extra_info("client_addr") for stream in streams}) == 1


async def test_a_service_is_told_what_its_scopes_allow(
    webhooks: HttpWebhooks, receiver: EventReceiver
) -> None:
    sent = event()
    await post_event(webhooks, service(receiver), sent)
    [received] = receiver.messages
    assert received.data == {
        "user": str(sent.user_id),
        "changed": "email",
        "email": "zoë@example.org",
    }
    assert datetime.fromisoformat(received.timestamp) == sent.at


@pytest.mark.parametrize("first", [True, False])
async def test_while_a_secret_is_replaced_either_verifies(
    webhooks: HttpWebhooks, receiver: EventReceiver, first: bool
) -> None:
    both = (receiver.secret, OTHER) if first else (OTHER, receiver.secret)
    assert (await post_event(webhooks, service(receiver, *both), event())).is_taken
    assert len(receiver.messages[0].signatures) == 2
    assert (await post_event(webhooks, service(receiver, OTHER), event())).status == 400
    assert [broken.words for broken in receiver.violations] == ["signature"]


class Posted(Webhooks):
    """Keeps what would be posted, as the receiver's own code sees it."""

    headers: Mapping[str, str]
    body: bytes

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.headers, self.body = headers, body
        return Answer(204, "")


async def test_the_lines_of_the_document_know_what_is_ours(receiver: EventReceiver) -> None:
    [lines] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    written: dict[str, Any] = {}
    exec(lines, written)  # noqa: S102 - our own page
    knows, posted = written["is_from_latchkey"], Posted()
    await post_event(posted, service(receiver, OTHER, receiver.secret), event())
    headers, body = posted.headers, posted.body
    assert knows(headers, body, receiver.secret)
    assert knows(headers, body, OTHER)
    assert not knows({}, body, OTHER), "anybody can post"
    assert not knows(headers, body + b" ", OTHER)
    assert not knows(headers, body, "whsec_" + "C" * 44)
    assert not knows(dict(headers) | {"webhook-id": str(uuid4())}, body, OTHER)
    written["time"] = SimpleNamespace(time=lambda: time() + 301)
    assert not knows(headers, body, OTHER), "it is too old"
