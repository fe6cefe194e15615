"""Refused sends: a row an hour, contact and limit; a network and all of them have so many."""

import pytest

from app.domain.verification.refused_sends import sql
from tests.faults.staged import ask
from tests.stores import Stores

ROWS = "SELECT subject FROM refused_sends"
AN_HOUR_AGO = "UPDATE refused_sends SET hour = hour - interval '1 hour'"


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def refuse(url: str, contact: int, limit: str = "texts_per_number", network: int = 1) -> None:
    ask(
        url,
        *sql.record_refused_send(
            subject=contact.to_bytes(16),
            refusal="too_many_sends",
            limit_name=limit,
            purpose="signup",
            network=network.to_bytes(16),
            most_of_network=3,
            most=5,
        ),
    )


def test_the_same_is_kept_once_an_hour(url: str) -> None:
    for _ in range(2):
        refuse(url, 1)
    assert len(ask(url, ROWS)) == 1
    refuse(url, 1, "texts_per_address")
    assert len(ask(url, ROWS)) == 2
    ask(url, AN_HOUR_AGO)
    refuse(url, 1)
    assert len(ask(url, ROWS)) == 3


def test_a_network_fills_no_more_than_its_rows_and_nobody_more_than_all(url: str) -> None:
    for contact in range(9):
        refuse(url, contact)
    assert len(ask(url, ROWS)) == 3
    for contact in range(9):
        refuse(url, contact, network=2)
    assert len(ask(url, ROWS)) == 5
    assert len(ask(url, *sql.find_full_hours(most=5))) == 1
    ask(url, AN_HOUR_AGO)
    refuse(url, 1)
    assert len(ask(url, ROWS)) == 6
