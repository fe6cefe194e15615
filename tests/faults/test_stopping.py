"""SIGTERM while a vendor is at work: what it has is waited for, and no longer than was set."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from tests.faults.staged import Staged, until
from tests.person import Person, new_phone
from tests.standins import behaviour as acts
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores


@pytest.fixture
def one(stores: Stores, tmp_path: Path) -> Iterator[Staged]:
    with TwilioStandIn() as twilio, SendGridStandIn() as sendgrid:
        product = Staged(tmp_path, stores, twilio, sendgrid)
        yield product
        product.close()


@pytest.mark.parametrize(
    ("most", "takes", "ended", "within"),
    # The vendor who hangs is given up after six seconds, the other is waited for up to twenty.
    [(1, acts.hang(), "sending", 5.5), (20, acts.delayed(2.0), "sent", 15.0)],
)
def test_a_stop_waits_for_a_text_as_long_as_was_set(
    one: Staged, most: int, takes: acts.Behaviour, ended: str, within: float
) -> None:
    one.env["DRAIN_SECONDS"] = str(most)
    one.start()
    one.twilio.script.always(takes)
    phone = new_phone()
    Person(one).give_phone(phone)
    until(lambda: one.twilio.requests == 1)
    begun = monotonic()
    assert one.stop() == 0
    assert monotonic() - begun < within
    assert one.state_of(phone) == ended
