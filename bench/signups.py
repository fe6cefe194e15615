"""Whole sign-ups against the bare argon2 rate, and how long others wait while they run flat out."""

import asyncio
import sys
from time import perf_counter
from typing import Any

import asyncpg

from app.domain.verification.channel import EMAIL, PHONE
from bench.driver import Connection, connected, get
from bench.people import GZIP, Visitor
from bench.place import Place
from bench.table import Figure, middle, ratio

AT_ONCE = 16  # as many as may stand in line to be hashed
ROUNDS = 4
SECONDS = 4.0
HASHING = 2.0
PROBED = 12.0


class Crowd:
    """People who sign up one after the other, `AT_ONCE` at any time."""

    def __init__(self, place: Place, database: Any) -> None:
        self._place, self._database = place, database
        self.done = 0

    async def sign_up_for(self, seconds: float) -> float:
        """Whole sign-ups a second."""
        started, before = perf_counter(), self.done
        until = started + seconds
        await asyncio.gather(*(self._one_after_the_other(until) for _ in range(AT_ONCE)))
        return (self.done - before) / (perf_counter() - started)

    async def _one_after_the_other(self, until: float) -> None:
        connection = await connected(self._place.product.port)
        while perf_counter() < until:
            await self._sign_up(connection, Visitor())
            self.done += 1
        connection.close()

    async def _sign_up(self, connection: Connection, person: Visitor) -> None:
        """Every page is looked at, every form sent, as without scripts; ends on the last page."""
        await self._step(connection, person, "phone", "phone", person.phone)
        person.has_begun()
        code = await person.code(self._database, PHONE)
        reply = await self._step(connection, person, "phone-code", "code", code)
        person.goes_on(reply.head)
        await self._step(connection, person, "email", "email", person.email)
        code = await person.code(self._database, EMAIL)
        await self._step(connection, person, "email-code", "code", code)
        reply = await self._step(
            connection, person, "password", "password", "correct horse battery"
        )
        cookies = person.session(reply.head)
        await expect(connection, get("/signup/done", cookies, GZIP), 200)

    async def _step(
        self, connection: Connection, person: Visitor, step: str, field: str, value: str
    ) -> Any:
        await expect(connection, person.get(f"/signup/{step}"), 200)
        return await expect(connection, person.post(f"/signup/{step}", field, value), 303)


async def expect(connection: Connection, request: bytes, status: int) -> Any:
    reply = await connection.ask(request)
    if reply.status != status:
        raise RuntimeError(f"{request[:40]!r} was answered with {reply.head[:300]!r}")
    return reply


async def signup_figures(place: Place) -> list[Figure]:
    database = await asyncpg.create_pool(
        place.database_url, min_size=4, max_size=4, reset=_as_it_is
    )
    crowd = Crowd(place, database)
    await crowd.sign_up_for(2)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(float(await _told_by("bench.hashing", str(HASHING))))
        ours.append(await crowd.sign_up_for(SECONDS))
    page, plain = await _waits(place, crowd)
    await database.close()
    return [
        Figure(
            "whole sign-ups, all pages and forms, against argon2 alone",
            f"{middle(ours)}/s",
            f"{middle(bare)}/s",
            ratio(ours, bare),
            0.65,
        ),
        Figure(
            "99 of 100 `GET /signup/phone` while sign-ups run flat out",
            f"{page * 1e3:.1f} ms",
            f"{plain * 1e3:.1f} ms",
            page / plain,
            3,
            "x",
            most=True,
        ),
    ]


async def _waits(place: Place, crowd: Crowd) -> tuple[float, float]:
    """p99 of the page and of the bare handler, asked for turn by turn by a process of its own."""
    ports = (str(place.product.port), str(place.bare.port))
    told, _ = await asyncio.gather(
        _told_by("bench.probe", *ports, str(PROBED)), crowd.sign_up_for(PROBED + 1)
    )
    page, plain = told.split()
    return float(page), float(plain)


async def _as_it_is(connection: object) -> None:
    """The driver only reads; asking for a reset would be a second query each time."""


async def _told_by(module: str, *options: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *options, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{module} failed")
    return told.decode()
