"""Fixtures that any test may import: a fresh stand-in of each vendor, held to its rules."""

from collections.abc import Iterator

import pytest

from tests.standins.openid import OpenIdStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.telnyx import TelnyxStandIn
from tests.standins.twilio import TwilioStandIn


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as stand_in:
        yield stand_in
    assert stand_in.violations == []


@pytest.fixture
def telnyx() -> Iterator[TelnyxStandIn]:
    with TelnyxStandIn() as stand_in:
        yield stand_in
    assert stand_in.violations == []


@pytest.fixture
def sendgrid() -> Iterator[SendGridStandIn]:
    with SendGridStandIn() as stand_in:
        yield stand_in
    assert stand_in.violations == []


@pytest.fixture
def openid() -> Iterator[OpenIdStandIn]:
    with OpenIdStandIn() as stand_in:
        yield stand_in
