"""Many requests at one moment, and a look into the database of the product they went to."""

import asyncio
from collections import Counter
from contextlib import suppress
from threading import Lock
from time import monotonic, sleep
from typing import Any

import asyncpg
import httpx

from tests.person import SAME_ORIGIN, Person
from tests.product import NO_TLS, PATIENCE, Product
from tests.stores import connect, fetch

GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
)


def sql(product: Product, statement: str, *args: object) -> list[Any]:
    """Runs one statement on the product's own database."""
    return _asked.fetch(product.env["DATABASE_URL"], statement, *args)


def hang_up() -> None:
    """Nothing more is asked for now."""
    _asked.close()


class _LastAsked:
    """A connection to each of the two databases that were asked last: to make one takes longer than
    to ask.
    """

    def __init__(self) -> None:
        self._lock, self._runner = Lock(), asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connections: dict[str, asyncpg.Connection] = {}

    def fetch(self, url: str, statement: str, *args: object) -> list[Any]:
        with self._lock:
            if url in self._connections:
                with suppress(*GONE):  # meanwhile, with its server
                    return self._runner.run(fetch(self._connections[url], statement, *args))
                self._leave(url)
            if len(self._connections) > 1:
                self._leave(next(iter(self._connections)))
            self._connections[url] = self._runner.run(connect(url))
            return self._runner.run(fetch(self._connections[url], statement, *args))

    def close(self) -> None:
        with self._lock:
            for url in [*self._connections]:
                self._leave(url)
            self._runner.close()

    def _leave(self, url: str) -> None:
        self._connections.pop(url).terminate()
        self._runner.run(asyncio.sleep(0))


_asked = _LastAsked()


def post_at_once(
    person: Person, path: str, times: int, *different: dict[str, str], **fields: str
) -> list[httpx.Response]:
    """The same form of the person's page, `times` in parallel; each of `different` as often."""
    forms = [{"csrf_token": person.token(), **fields, **own} for own in different or ({},)] * times
    return at_once([(person, path, form) for form in forms])


def at_once(posts: list[tuple[Person, str, dict[str, str]]]) -> list[httpx.Response]:
    """Posts of several people, all of them under way before the first is answered."""
    return asyncio.run(_at_once(posts))


async def _at_once(posts: list[tuple[Person, str, dict[str, str]]]) -> list[httpx.Response]:
    room = httpx.Limits(max_connections=len(posts))
    async with httpx.AsyncClient(
        headers=SAME_ORIGIN, limits=room, timeout=PATIENCE, verify=NO_TLS
    ) as client:
        # Opened first, so that connecting does not put them one behind the other.
        base = posts[0][0].product.url
        await asyncio.gather(*(client.get(f"{base}/health/live") for _ in posts))
        return await asyncio.gather(*(_post(client, *post) for post in posts))


async def _post(
    client: httpx.AsyncClient, person: Person, path: str, form: dict[str, str]
) -> httpx.Response:
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    headers = {"cookie": cookies} | {
        name: value for name, value in person.http.headers.items() if name == "x-forwarded-for"
    }
    return await client.post(f"{person.product.url}{path}", data=form, headers=headers)


def answers(responses: list[httpx.Response]) -> Counter[str]:
    """How often each answer was given, as `303 /signup/email` or `422`."""
    return Counter(
        f"{response.status_code} {response.headers.get('location', '')}".strip()
        for response in responses
    )


def wrong(code: str) -> str:
    """Another code as long as this one."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def wrong_codes(code: str, count: int) -> list[str]:
    """Other codes as long as this one, no two alike: the same one again is not counted."""
    return [str((int(code) + n) % 10 ** len(code)).zfill(len(code)) for n in range(1, count + 1)]


def nth_code(product: Product, to: str, number: int) -> str:
    """The code of the `number`-th message that is sent there; waits for it."""
    deadline = monotonic() + PATIENCE
    while len(product.messages(to)) < number:
        assert monotonic() < deadline, f"message {number} to {to} was not sent"
        sleep(0.02)
    return product.messages(to)[-number].code or ""
