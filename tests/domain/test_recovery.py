"""Where a recovery stands, by its newest code."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.recovery.recovery import Recovery, Step
from app.domain.verification.pending import PendingCode

SOMEBODY = UUID(int=7)


def code(since_proof: float | None, user_id: UUID | None = None) -> PendingCode:
    return PendingCode(
        id=UUID(int=1),
        destination="person@example.org",
        attempts=0,
        expires_at=datetime(2026, 5, 3, tzinfo=UTC),
        consumed=since_proof is not None,
        user_id=user_id,
        seconds_left=60.0,
        sent_this_hour=1,
        sent_today=1,
        since_last_send=1.0,
        since_last_guess=None,
        since_proof=since_proof,
    )


@pytest.mark.parametrize(
    ("newest", "step"),
    [
        (None, Step.EMAIL),
        (code(None), Step.EMAIL_CODE),
        (code(0.0), Step.PASSWORD),
        (code(1799.9), Step.PASSWORD),
        (code(1800.0), Step.EMAIL),
        (code(1.0, SOMEBODY), Step.EMAIL),
    ],
)
def test_the_step_follows_from_what_is_proved(newest: PendingCode | None, step: Step) -> None:
    assert Recovery(b"flow", newest).step is step


@pytest.mark.parametrize(
    ("newest", "counts"),
    [
        (None, False),
        (code(None), False),
        (code(1799.9), True),
        (code(1800.0), False),
        (code(1799.9, SOMEBODY), True),
        (code(1800.0, SOMEBODY), False),
    ],
)
def test_a_proof_counts_for_half_an_hour_used_or_not(
    newest: PendingCode | None, counts: bool
) -> None:
    assert (Recovery(b"flow", newest).proof is not None) is counts


def test_the_address_is_that_of_the_newest_code() -> None:
    assert Recovery(b"flow").email == ""
    assert Recovery(b"flow", code(None)).email == "person@example.org"
