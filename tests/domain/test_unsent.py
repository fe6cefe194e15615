"""A message that was not sent is told of like one that was, at every moment."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest

from app.domain.delivery.outbox import Progress, State
from app.domain.delivery.senders import CircuitBreaker
from app.domain.verification.pending import PendingCode
from app.domain.verification.unsent import shown_progress


def pending(progress: Progress | None, since_unsent: float | None) -> PendingCode:
    return PendingCode(
        id=UUID(int=1),
        destination="ada@example.org",
        attempts=0,
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
        consumed=False,
        user_id=None,
        seconds_left=1800.0,
        sent_this_hour=1,
        sent_today=1,
        since_last_send=since_unsent,
        since_last_guess=None,
        since_proof=None,
        progress=progress,
        since_unsent=since_unsent,
    )


@pytest.mark.parametrize("age", [0.1, 0.9, 1.1, 2.9, 3.1, 60.0])
def test_it_is_told_as_sent_when_any_other_is(age: float) -> None:
    """The provider took the other one at once, as one that works does."""
    sent, mail = Progress(State.SENT, None, False, age), CircuitBreaker()
    shown = shown_progress(pending(sent, None), mail)
    assert shown_progress(pending(None, age), mail) == shown


@pytest.mark.parametrize("state", [State.QUEUED, State.REFUSED, State.FAILED])
def test_what_became_of_one_that_was_sent_is_told_at_once(state: State) -> None:
    progress = Progress(state, None, False, 0.1)
    assert shown_progress(pending(progress, None), CircuitBreaker()) == progress


def test_that_one_was_delivered_is_not_told() -> None:
    delivered = Progress(State.DELIVERED, None, False, 60.0)
    shown = shown_progress(pending(delivered, None), CircuitBreaker())
    assert shown == shown_progress(pending(None, 60.0), CircuitBreaker())


@pytest.mark.parametrize(
    ("unsure", "state"), [(True, State.FAILED), (False, State.QUEUED)], ids=["500", "refused"]
)
def test_while_mail_fails_it_fails_as_any_other_does(unsure: bool, state: State) -> None:
    """One that surely did not go out is tried again for as long as it helps."""
    mail = CircuitBreaker()
    mail.record_failure(unsure=unsure)
    mail._failing_since = monotonic() - 60.0
    assert shown_progress(pending(None, 10.0), mail) == Progress(state, None, unsure, 10.0)
