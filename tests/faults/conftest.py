"""A product between stand-ins, and stores to be broken: started once, as that takes seconds."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.dispatchers import DispatcherSetup
from tests.faults.staged import Staged
from tests.standins.collector import CollectorStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores, running_stores


@contextmanager
def between_vendors(folder: Path, stores: Stores, **env: str) -> Iterator[Staged]:
    """Not started yet. At the end no vendor may have been asked in a way that breaks its rules."""
    with TwilioStandIn() as twilio, SendGridStandIn() as sendgrid:
        product = Staged(folder, stores, twilio, sendgrid, **env)
        try:
            yield product
        finally:
            product.close()
    assert twilio.violations == []
    assert sendgrid.violations == []


@pytest.fixture(scope="module")
def collector() -> Iterator[CollectorStandIn]:
    with CollectorStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="package")
def staged(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with between_vendors(tmp_path_factory.mktemp("staged"), stores) as product:
        yield product.start()
        assert product.stop() == 0, "it ends well after all of it"


@pytest.fixture(scope="package")
def own_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with running_stores(tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture
async def setup(stores: Stores) -> DispatcherSetup:
    return DispatcherSetup(await asyncio.to_thread(stores.new_database))
