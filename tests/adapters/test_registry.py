"""What the settings make of the outside: what each vendor is told about us."""

import asyncio
import subprocess
import sys

import pytest

from app.adapters.registry import build_adapters
from app.dev.outbox import OUTBOX, LocalTexts, Outbox
from app.domain.concurrency import Lazy
from app.domain.ports import Sent, TextMessages
from app.settings import read_settings
from tests.adapters.samples import TEXT
from tests.commands.running import PRODUCTION
from tests.standins.twilio import TwilioStandIn


async def test_twilio_is_named_no_address_that_nobody_answers(twilio: TwilioStandIn) -> None:
    database = {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey"}
    adapters = build_adapters(read_settings(PRODUCTION | database | twilio.environment))
    assert isinstance(await (await adapters.texts.next.port.get()).send(TEXT), Sent)
    await adapters.http_client.close()
    await adapters.memory.close()
    assert [text.status_callback for text in twilio.messages] == [None]


def test_a_start_loads_no_package_of_a_vendor() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import app.commands.serve, app.main, sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    unused = {
        "app.dev",
        "twilio",
        "sendgrid",
        "aiosmtplib",
        "requests",
        "sqlalchemy",
        "alembic",
        "rich",
        "httpx",
        "advanced_alchemy",
    }
    assert "app.adapters.registry" in told
    assert unused.intersection(told) == set()


async def test_a_vendor_is_loaded_once_however_many_send_at_once() -> None:
    texts = Lazy(lambda: LocalTexts(Outbox(OUTBOX)))
    made = await asyncio.gather(*(texts.get() for _ in range(5)))
    assert {id(each) for each in made} == {id(made[0])}


async def test_a_package_that_could_not_be_loaded_is_tried_again() -> None:
    tries = iter((None, LocalTexts(Outbox(OUTBOX))))

    def make() -> TextMessages:
        if (made := next(tries)) is None:
            raise ImportError("not there yet")
        return made

    texts = Lazy(make)
    with pytest.raises(ImportError):
        await texts.get()
    assert isinstance(await texts.get(), LocalTexts)
