"""Whoever is over a limit of recoveries fills no memory and, while that is away, no table."""

from redis import Redis

from app.domain.verification.unsent import MOST_FLOWS
from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import Person, Seen, new_email

FORM, SENT, UNSENT = "/recovery/email", 20, 20
ROWS = "SELECT count(*) FROM email_verifications WHERE purpose = 'recovery'"


def ask(limited: Limited, address: str, email: str) -> Seen:
    """In a browser of its own."""
    person: Person = limited.visitor(address)
    person.get(FORM)
    return person.post(FORM, email=email)


def rows(limited: Limited) -> int:
    return int(sql(limited.product, ROWS)[0]["count"])


def kept(limited: Limited) -> int:
    """Entries of the short memory for codes that were left unsent."""
    with Redis.from_url(limited.valkey.url) as client:
        return len(client.keys("{latchkey}:unsent:*"))


def test_a_network_gets_two_hundred_entries_for_nothing_and_then_an_outage(
    limited: Limited,
) -> None:
    for _ in range(SENT + MOST_FLOWS):
        assert ask(limited, "192.0.2.9", new_email()).location == "/recovery/email-code"
    assert kept(limited) == MOST_FLOWS
    refused = ask(limited, "192.0.2.9", email := new_email())
    assert (refused.status, refused.field("email")) == (503, email)
    assert kept(limited) == MOST_FLOWS
    assert ask(limited, "198.51.100.9", new_email()).location == "/recovery/email-code"


def test_a_network_gets_twenty_rows_for_nothing_and_then_an_outage(limited: Limited) -> None:
    limited.valkey.stop()
    try:
        for _ in range(SENT + UNSENT):
            assert ask(limited, "192.0.2.9", new_email()).location == "/recovery/email-code"
        full = rows(limited)
        for _ in range(3):
            refused = ask(limited, "192.0.2.9", email := new_email())
            assert refused.status == 503
            assert refused.field("email") == email
        assert rows(limited) == full
        elsewhere = ask(limited, "198.51.100.9", new_email())
        assert elsewhere.location == "/recovery/email-code"
    finally:
        limited.bring_back()
    assert ask(limited, "192.0.2.9", new_email()).location == "/recovery/email-code"
