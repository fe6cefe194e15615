"""Secrets of flows: only what was issued here is one, and a proof makes another of it."""

import pytest

from app.web.cookies import Flows

FLOWS, OTHER = Flows((b"k" * 32,)), Flows((b"o" * 32,))
SECRET = FLOWS.issue()


def test_what_was_issued_is_known_again() -> None:
    assert FLOWS.is_ours(SECRET)
    assert FLOWS.is_ours(FLOWS.next_secret(SECRET, b"proof"))
    assert len(SECRET) == 43
    assert len({FLOWS.issue() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "made_up",
    ["", "A", "A" * 43, SECRET[:-1], SECRET + "A", SECRET[1:] + SECRET[0], "é" * 43, "-" * 5000],
    ids=["empty", "one", "letters", "short", "long", "turned", "accents", "huge"],
)
def test_nothing_else_is(made_up: str) -> None:
    assert not FLOWS.is_ours(made_up)
    assert not FLOWS.is_ours(OTHER.issue())


def test_another_spelling_of_the_same_bytes_is_not() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [last for last in letters if FLOWS.is_ours(SECRET[:-1] + last)] == [SECRET[-1]]


def test_a_retired_key_is_still_known_and_issues_nothing() -> None:
    after = Flows((b"n" * 32, b"k" * 32))
    assert after.is_ours(SECRET)
    assert not FLOWS.is_ours(after.issue())


def test_a_successor_is_told_by_secret_and_proof_together() -> None:
    next_one = FLOWS.next_secret(SECRET, b"proof")
    assert FLOWS.next_secret(SECRET, b"proof") == next_one
    others = {
        FLOWS.next_secret(SECRET, b"another"),
        FLOWS.next_secret(FLOWS.issue(), b"proof"),
        OTHER.next_secret(SECRET, b"proof"),
        SECRET,
    }
    assert next_one not in others
    assert len(others) == 4
