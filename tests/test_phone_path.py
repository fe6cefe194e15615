"""The way of a phone number from the form to the text: the modules that are given it on the way.

A module is on it if one of its functions gets the number as an argument: as text, as a `Phone`, or
in a value of ours, a mapping or a list that holds it. ARCHITECTURE.md lists them.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields, is_dataclass
from inspect import CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import msgspec
import pytest
import redis

from app.dev.app import build
from app.domain.limits import LimitTable
from app.settings import read_settings
from tests.standins import fixtures
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores

twilio = fixtures.twilio
NUMBER, ANOTHER = "+12025550171", "+12025550172"
ORIGIN = "http://127.0.0.1:8000"
ROOT = Path(__file__).parents[1]
SOURCE = f"{ROOT}/src/app/"
MOST = 12


def holds(value: object) -> bool:
    """Whether the number is in it, in whatever spelling; not a text that merely mentions it."""
    match value:
        case str():
            digits = re.sub(r"[-+ ().]", "", value)
            return digits == NUMBER[1:]
        case dict():
            return any(map(holds, value.values()))
        case list() | tuple():
            return any(map(holds, value))
        case msgspec.Struct():
            return any(holds(getattr(value, name)) for name in value.__struct_fields__)
    if is_dataclass(value) and type(value).__module__.startswith("app.domain"):
        return any(holds(getattr(value, each.name)) for each in fields(value))
    return False


def arguments(frame: FrameType) -> Iterator[object]:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    return (frame.f_locals.get(name) for name in code.co_varnames[:count] if name != "self")


@contextmanager
def traced() -> Iterator[set[str]]:
    """The modules of ours that are given the number meanwhile."""
    found: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(SOURCE) and any(map(holds, arguments(frame))):
            found.add(path.removeprefix(SOURCE))

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


@asynccontextmanager
async def visitor(env: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    app = build(read_settings(env), LimitTable(), grace=0)
    transport: Any = httpx.ASGITransport(app=app)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


async def give_number(client: httpx.AsyncClient, number: str) -> None:
    page = (await client.get("/signup/phone")).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"phone": number, "csrf_token": token[1]}
    sent = await client.post("/signup/phone", data=form, headers={"sec-fetch-site": "same-origin"})
    assert sent.status_code == 303


async def path_of_a_number(env: dict[str, str]) -> set[str]:
    """The server is closed within, so that what became of the text is written down."""
    async with visitor(env) as client:
        await give_number(client, ANOTHER)  # what is loaded late takes its time
    with traced() as found:
        async with visitor(env) as client:
            await give_number(client, NUMBER)
    return found


def listed() -> set[str]:
    """Under the heading of ARCHITECTURE.md, as the lines of its list begin."""
    section = re.search(
        r"^## The way of a phone number.*?```\n(.*?)```",
        (ROOT / "ARCHITECTURE.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert section
    return set(re.findall(r"^([a-z0-9_/]+\.py)", section[1], re.MULTILINE))


def test_it_passes_few_modules_and_they_are_listed(
    stores: Stores, twilio: TwilioStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stores.valkey_flush(1)
    env = twilio.environment | {
        "ENVIRONMENT": "test",
        "BASE_URL": ORIGIN,
        "DATABASE_URL": stores.new_database(),
        "REDIS_URL": f"{stores.redis_url}?db=1",
        "AUTH0_ISSUER": "",
    }
    with redis.Redis.from_url(env["REDIS_URL"]) as memory:
        memory.set("{latchkey}:counting_since", 0)  # as on any day but its first
    found = asyncio.run(path_of_a_number(env))
    assert [text.to for text in twilio.messages] == [ANOTHER, NUMBER]
    assert found == listed()
    assert len(found) <= MOST
