"""What became of a message, as clients of the API are told it."""

from itertools import product as pairs

import msgspec
import pytest

from app.controllers.api.answers import Delivery
from app.controllers.api.controller import describe_delivery
from app.domain.delivery.outbox import Progress, State
from app.domain.ports import Reason
from app.domain.verification.codes import EMAIL, PHONE, Channel


@pytest.mark.parametrize("channel", [PHONE, EMAIL], ids=lambda channel: channel.name)
def test_each_state_is_one_that_the_document_has(channel: Channel) -> None:
    for (state, reason), age in pairs(pairs(State, [None, *Reason]), (1.0, 600.0)):
        answer = describe_delivery(channel, Progress(state, reason, False, age, age))
        assert msgspec.convert(msgspec.to_builtins(answer), Delivery).detail


@pytest.mark.parametrize(
    ("reason", "told"), [(Reason.UNREACHABLE, "failed"), (Reason.LANDLINE, "refused")]
)
def test_what_is_worth_another_try_is_no_refusal(reason: Reason, told: str) -> None:
    assert describe_delivery(PHONE, Progress(State.FAILED, reason, False, 1.0)).state == told
