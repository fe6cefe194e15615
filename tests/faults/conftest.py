"""A product between stand-ins, started once: each start of one takes seconds."""

from collections.abc import Iterator

import pytest

from tests.faults.staged import Staged
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores


@pytest.fixture(scope="package")
def staged(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with TwilioStandIn() as twilio, SendGridStandIn() as sendgrid:
        product = Staged(tmp_path_factory.mktemp("staged"), stores, twilio, sendgrid)
        try:
            yield product.start()
            assert product.stop() == 0, "it ends well after all of it"
        finally:
            product.close()
        assert twilio.violations == []
        assert sendgrid.violations == []
