"""What the settings make of the outside: what each vendor is told about us."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.registry import build_adapters
from app.dev.outbox import OUTBOX, LocalTexts, Outbox
from app.domain.concurrency import Lazy
from app.domain.delivery.calls import Call
from app.domain.ports import Sent, TextMessages
from app.settings import BadSettings, read_settings
from tests.adapters.samples import NUMBER, TEXT
from tests.commands.running import PRODUCTION
from tests.standins.twilio import TwilioStandIn

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"


async def test_twilio_is_named_no_address_that_nobody_answers(twilio: TwilioStandIn) -> None:
    database = {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey"}
    adapters = build_adapters(read_settings(PRODUCTION | database | twilio.environment))
    assert isinstance(await (await adapters.texts.next.port.get()).send(TEXT), Sent)
    await adapters.http_client.close()
    await adapters.memory.close()
    assert [text.status_callback for text in twilio.messages] == [None]


SENDER, SERVICE = "+12025550100", "MG" + "ab" * 16
BY_NUMBER = {"TWILIO_FROM_NUMBER": SENDER}
BY_SERVICE = {"TWILIO_FROM_NUMBER": "", "TWILIO_MESSAGING_SERVICE_SID": SERVICE}


@pytest.mark.parametrize(
    ("env", "caller"),
    [
        (BY_NUMBER, SENDER),
        (BY_NUMBER | {"TWILIO_CALL_FROM": "+12025550101"}, "+12025550101"),
        (BY_NUMBER | {"TWILIO_CALL_FROM": ""}, ""),
        ({"TWILIO_FROM_NUMBER": "Acme"}, ""),
        ({"TWILIO_FROM_NUMBER": "12345"}, ""),
        (BY_SERVICE, ""),
        (BY_SERVICE | {"TWILIO_CALL_FROM": SENDER}, SENDER),
    ],
)
async def test_nobody_is_called_where_no_number_can_call(
    twilio: TwilioStandIn, env: dict[str, str], caller: str
) -> None:
    theirs = {**twilio.environment}
    del theirs["TWILIO_CALL_FROM"]
    twilio.caller = caller
    database = {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey"}
    adapters = build_adapters(read_settings(PRODUCTION | database | theirs | env))
    if adapters.calls:
        call = Call(NUMBER, "en", "1, 2, 3, 4, 5, 6\n" * 3)
        assert isinstance(await (await adapters.calls.next.port.get()).send(call), Sent)
    assert [call.sender for call in twilio.calls] == [caller] * bool(caller)
    await adapters.http_client.close()
    await adapters.memory.close()


async def test_a_test_number_is_not_called(twilio: TwilioStandIn) -> None:
    database = {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey"}
    tested = {"ENVIRONMENT": "test", "TEST_NUMBERS": "+12025550143=246810"}
    env = PRODUCTION | database | twilio.environment | tested
    adapters = build_adapters(read_settings(env))
    assert adapters.calls
    calls = await adapters.calls.next.port.get()
    for to, made in (("+12025550143", 0), (NUMBER, 1)):
        assert isinstance(await calls.send(Call(to, "en", "1, 2, 3, 4, 5, 6\n" * 3)), Sent)
        assert len(twilio.calls) == made
    await adapters.http_client.close()
    await adapters.memory.close()


def test_a_caller_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadSettings, match="TWILIO_CALL_FROM must be a number such as"):
        read_settings(PRODUCTION | {"TWILIO_CALL_FROM": "Acme"})


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


def test_a_process_opens_as_many_connections_as_the_docs_say() -> None:
    database = {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey", "DATABASE_POOL_SIZE": "9"}
    adapters = build_adapters(read_settings(PRODUCTION | database))
    pools = (adapters.database, adapters.polled_database, adapters.cleaning_database)
    assert [each.size for each in pools] == [9, 1, 2]
    assert "instances × WORKERS × (DATABASE_POOL_SIZE + 3)" in DEPLOY.read_text()
