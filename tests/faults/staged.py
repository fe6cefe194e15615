"""A product whose vendors are stand-ins, what its database says, and people with a clock."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import asyncpg
import httpx

from tests.person import Person, Seen
from tests.product import GENEROUS, NO_TLS, PATIENCE, Product
from tests.standins.sendgrid import ReceivedEmail, SendGridStandIn
from tests.standins.twilio import ReceivedText, TwilioStandIn
from tests.stores import Stores, execute

# Seconds on a busy machine. A page that waits for what does not answer is ended after five; one
# that needs none of it is there long before.
AT_MOST, PAGE = 8.0, 4.0


class Staged(Product):
    """One deployment between a Twilio and a SendGrid of ours."""

    def __init__(
        self,
        folder: Path,
        stores: Stores,
        twilio: TwilioStandIn,
        sendgrid: SendGridStandIn,
        **env: str,
    ) -> None:
        stores.valkey_flush(3)
        self.database_url = stores.new_database()
        super().__init__(
            folder,
            self.database_url,
            f"{stores.redis_url}?db=3",
            limits=GENEROUS,
            **twilio.environment,
            **sendgrid.environment,
            **env,
        )
        self.twilio, self.sendgrid = twilio, sendgrid

    def texts_to(self, phone: str) -> list[ReceivedText]:
        return [text for text in list(self.twilio.messages) if text.to == phone]

    def emails_to(self, email: str) -> list[ReceivedEmail]:
        return [letter for letter in list(self.sendgrid.messages) if letter.to == email]

    def codes_for(self, to: str) -> list[str]:
        """What the messages that a vendor took for them say, the newest first."""
        bodies = [*(t.body for t in self.texts_to(to)), *(m.text for m in self.emails_to(to))]
        found = (re.search(r"(?<![0-9])(?:[0-9]{8}|[0-9]{6})(?![0-9])", body) for body in bodies)
        return [code[0] for code in found if code][::-1]

    def sql(self, statement: str, *args: object) -> list[asyncpg.Record]:
        return ask(self.database_url, statement, *args)

    def state_of(self, to: str) -> str:
        """Of the newest message to them."""
        newest = "SELECT state FROM deliveries WHERE destination = $1 ORDER BY id DESC LIMIT 1"
        return self.sql(newest, to)[0]["state"]

    def wait_for_state(self, to: str, *states: str, seconds: float = PATIENCE) -> None:
        until(lambda: self.state_of(to) in states, seconds)

    def end_all_claims(self) -> None:
        """As if the half minute was over that a dispatcher has for what it claimed."""
        self.sql("UPDATE deliveries SET next_try_at = clock_timestamp() WHERE state = 'sending'")

    def health_of(self, name: str) -> dict[str, Any]:
        """Of one dependency, as operators see it."""
        return self._told(f"/health/{name}")["checks"][f"{name}:state"][0]

    def whole_health(self) -> dict[str, Any]:
        return self._told("/health")

    def _told(self, path: str) -> dict[str, Any]:
        return httpx.get(self.url + path, timeout=PATIENCE, verify=NO_TLS).json()


class Clocked(Person):
    """Remembers how long each page took, in seconds."""

    def __init__(self, product: Product, address: str = "127.0.0.1") -> None:
        super().__init__(product, address)
        self.seconds: list[float] = []

    @property
    def slowest(self) -> float:
        return max(self.seconds)

    def get(self, path: str, **headers: str) -> Seen:
        return self._timed(lambda: super(Clocked, self).get(path, **headers))

    def post(self, path: str, **fields: str) -> Seen:
        return self._timed(lambda: super(Clocked, self).post(path, **fields))

    def _timed(self, ask: Callable[[], Seen]) -> Seen:
        began = monotonic()
        seen = ask()
        self.seconds.append(monotonic() - began)
        return seen


def ask(url: str, statement: str, *args: object) -> list[asyncpg.Record]:
    return asyncio.run(execute(url, statement, *args))


def told(person: Person, page: str) -> str:
    """What a code page says became of the message."""
    line = re.search(r'<p class="delivery[^>]*>(.*?)</p>', person.get(page).html, re.DOTALL)
    return unescape(line[1]) if line else ""


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """A look that was begun in time counts, however long it took."""
    deadline, begun = monotonic() + seconds, monotonic()
    while not true():
        assert begun < deadline, f"not within {seconds} s"
        sleep(0.05)
        begun = monotonic()


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Nobody else reads or writes the table meanwhile: who asks for it waits."""
    with held(url, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"):
        yield


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """A transaction that has run `statement` and stays open."""
    begun, done = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await connection.execute(statement)
            begun.set()
            await asyncio.to_thread(done.wait, 2 * PATIENCE)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    try:
        assert begun.wait(PATIENCE), "the lock was not granted"
        yield
    finally:
        done.set()
        thread.join(PATIENCE)


def waiting(url: str) -> int:
    """How many statements wait for a lock."""
    return ask(url, "SELECT count(*) FROM pg_locks WHERE NOT granted")[0]["count"]
