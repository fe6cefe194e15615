"""An operator at the console, within this process: cookies, forms with their tokens, redirects."""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
from litestar import Litestar

from app.adapters.files import read_limits
from app.console.app import create_console
from app.console.sessions import OperatorSessions
from app.settings import read_settings
from tests.person import SAME_ORIGIN, Seen

TOKEN = "a token that nobody guesses, of 40 signs"
HERE = "http://127.0.0.1:8001"


class Operator:
    """Follows no redirect by itself. `later` turns the clock of their session."""

    def __init__(self, application: Litestar, address: str, at: str = HERE) -> None:
        self._application, self._later = application, timedelta()
        application.state.console.sessions._now = lambda: datetime.now(UTC) + self._later
        transport = httpx.ASGITransport(application, client=(address, 1))  # type: ignore[arg-type]
        self.http = httpx.AsyncClient(transport=transport, base_url=at, headers=SAME_ORIGIN)
        self.page: Seen | None = None

    @property
    def sessions(self) -> OperatorSessions:
        sessions: OperatorSessions = self._application.state.console.sessions
        return sessions

    def wait(self, minutes: float) -> None:
        self._later += timedelta(minutes=minutes)

    async def get(self, path: str) -> Seen:
        return await self._see(self.http.get(path))

    async def post(self, path: str, **fields: str) -> Seen:
        """With the token of the page at hand."""
        token = self._field("csrf_token")
        return await self._see(self.http.post(path, data={"csrf_token": token, **fields}))

    async def _see(self, asking: Coroutine[Any, Any, httpx.Response]) -> Seen:
        """In a task of its own, as a server does: so nothing is left for the next request."""
        self.page = Seen(await asyncio.create_task(asking))
        return self.page

    async def confirm(self, path: str) -> Seen:
        """Opens the page that asks, posts its form as it stands, and follows where that leads."""
        asked = await self.get(path)
        assert asked.status == 200, asked.html
        done = await self.press()
        return await self.get(done.location) if done.status == 303 else done

    async def press(self) -> Seen:
        """Posts the form of the page at hand as it stands."""
        return await self.post(self._action(), **self._hidden())

    async def sign_in(self, name: str = "Ada", token: str = TOKEN, path: str = "") -> Seen:
        await self.get(path or "/console/sign-in")
        return await self.post(
            "/console/sign-in", operator=name, token=token, return_to=self._field("return_to")
        )

    def _action(self) -> str:
        assert self.page
        [action] = re.findall(r'<main.*<form method="post" action="([^"]+)"', self.page.html, re.S)
        return unescape(action)

    def _hidden(self) -> dict[str, str]:
        assert self.page
        main = self.page.html.partition("<main")[2]
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', main)
        return {name: unescape(value) for name, value in fields if name != "csrf_token"}

    def _field(self, name: str) -> str:
        return self.page.field(name) if self.page else ""


@asynccontextmanager
async def console_at(database_url: str, redis_url: str, **env: str) -> AsyncIterator[Litestar]:
    settings = read_settings(
        {"ENVIRONMENT": "test", "DATABASE_URL": database_url, "REDIS_URL": redis_url,
         "OPS_TOKEN": TOKEN} | env
    )  # fmt: skip
    application = create_console(settings, read_limits(settings))
    ready, over = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(_run(application, ready, over))
    await ready.wait()
    yield application
    over.set()
    await running


async def _run(application: Litestar, ready: asyncio.Event, over: asyncio.Event) -> None:
    """In one task from start to end, as its lifespan needs; a fixture has two."""
    async with application.lifespan():
        ready.set()
        await over.wait()
