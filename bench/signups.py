"""Whole sign-ups against the bare argon2 rate, and how long others wait while they run flat out."""

import asyncio
from time import perf_counter
from typing import Any

import asyncpg

from bench.driver import Connection, connected, expect, get
from bench.people import GZIP, Visitor
from bench.place import Place
from bench.table import Figure, middle, ratio
from bench.waits import told_by, waits_figure

AT_ONCE = 16  # as many as may stand in line to be hashed
ROUNDS = 4
SECONDS = 4.0
HASHING = 2.0


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
            await self.sign_up(connection, Visitor())
            self.done += 1
        connection.close()

    async def sign_up(self, connection: Connection, person: Visitor) -> None:
        """Every page is looked at, every form sent, as without scripts; ends on the last page."""
        async for step, field, value in person.forms(self._database):
            await expect(connection, person.get(f"/signup/{step}"), 200)
            reply = await expect(connection, person.post(f"/signup/{step}", field, value), 303)
            person.goes_on(reply.head)
        cookies = person.session(reply.head)
        await expect(connection, get("/signup/done", cookies, GZIP), 200)


async def signup_figures(place: Place) -> list[Figure]:
    database = await asyncpg.create_pool(
        place.database_url, min_size=4, max_size=4, reset=_as_it_is
    )
    crowd = Crowd(place, database)
    await crowd.sign_up_for(2)
    ours, bare = [], []
    for _ in range(ROUNDS):
        rate, _ = (await told_by("bench.hashing", str(HASHING))).split()
        bare.append(float(rate))
        ours.append(await crowd.sign_up_for(SECONDS))
    cookie = Visitor().cookie
    waits = await waits_figure(place, "/signup/phone", cookie, crowd.sign_up_for, "sign-ups")
    await database.close()
    return [
        Figure(
            "whole sign-ups, all pages and forms, against argon2 alone",
            f"{middle(ours)}/s",
            f"{middle(bare)}/s",
            ratio(ours, bare),
            0.58,
        ),
        waits,
    ]


async def _as_it_is(connection: object) -> None:
    """The driver only reads; asking for a reset would be a second query each time."""
