"""Work beside the requests goes on, whatever goes wrong in it, and says what that was."""

import asyncio
import logging

import pytest

from app.domain.concurrency import keep_doing
from app.domain.errors import Unavailable


class Faulty:
    """A store that is out, then a bug, then nothing wrong."""

    def __init__(self) -> None:
        self.faults: list[Exception] = [Unavailable(), ZeroDivisionError()]
        self.went_well = asyncio.Event()

    async def work(self) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.went_well.set()


async def test_an_outage_and_a_bug_are_told_and_the_work_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faulty = Faulty()
    doing = asyncio.create_task(keep_doing("sums", faulty.work, lambda: 0.0))
    await asyncio.wait_for(faulty.went_well.wait(), 30)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    outage, bug = caplog.records
    assert [record.__dict__["work"] for record in caplog.records] == ["sums", "sums"]
    assert (outage.levelno, outage.exc_info) == (logging.WARNING, None)
    assert bug.exc_info is not None
    assert (bug.levelno, bug.exc_info[0]) == (logging.ERROR, ZeroDivisionError)
