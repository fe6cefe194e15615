"""A product between stand-ins, and stores to be broken: started once, as that takes seconds."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.dispatchers import DispatcherSetup
from tests.faults.staged import Staged
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores, running_stores


@pytest.fixture(scope="package")
def staged(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with (
        TwilioStandIn() as twilio,
        SendGridStandIn() as sendgrid,
        Staged(tmp_path_factory.mktemp("staged"), stores, twilio, sendgrid) as product,
    ):
        yield product
        assert product.stop() == 0, "it ends well after all of it"
    assert twilio.violations == []
    assert sendgrid.violations == []


@pytest.fixture(scope="package")
def own_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with running_stores(tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture
async def setup(stores: Stores) -> DispatcherSetup:
    return DispatcherSetup(await asyncio.to_thread(stores.new_database))
