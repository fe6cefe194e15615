"""What each request asks PostgreSQL is found by an index, however much is kept beside it."""

import re

import pytest

from app.domain.audit.refusals import REFUSED
from app.domain.delivery.allowance import _text_counts
from app.domain.delivery.floor import _question, uncounted
from app.domain.federation.proofs import ELSEWHERE
from app.domain.identity.phone import Phone
from app.domain.limits import LimitTable, Origin
from tests.faults.staged import ask
from tests.stores import Stores

# A month of each, a row each 50 seconds.
MONTH = """
INSERT INTO audit_events (event, network, at)
SELECT (ARRAY['signup:code_sent', 'signup:code_refused', 'password:refused'])[1 + n % 3],
       '10.0.' || n % 50 || '.0/24', now() - n * interval '50 seconds'
FROM generate_series(1, 50000) n;
INSERT INTO deliveries
  (id, channel, template, destination, address, network, created_at, expires_at)
SELECT gen_random_uuid(), 'sms', '', '+' || n, '', '', now() - n * interval '50 seconds', now()
FROM generate_series(1, 50000) n;
INSERT INTO identity_proofs (id, flow_id, issuer, subject, email_verified, created_at)
SELECT gen_random_uuid(), sha256(n::text::bytea), 'https://issuer.example/', 'auth0|' || n, false,
       now() - n * interval '2 seconds'
FROM generate_series(1, 50000) n;
ANALYZE
"""
FLOOR = _question(_text_counts(LimitTable(), Phone("+61400000000", "AU"), Origin.of("10.0.7.7")))


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    """Where all of it is kept."""
    fresh = stores.new_database()
    for statement in MONTH.split(";\n"):
        ask(fresh, statement)
    return fresh


@pytest.mark.parametrize(
    ("query", "values", "index"),
    [
        (REFUSED, ("%:code_refused", "10.0.7.0/24", 3600.0), "ix_audit_events_refused"),
        (REFUSED, ("password:refused", "10.0.7.0/24", 900.0), "ix_audit_events_refused"),
        (uncounted("sms"), (), "ix_deliveries_uncounted"),
        (FLOOR, ("sms", *["x"] * 6), "ix_deliveries_created_at"),
    ],
)
def test_an_index_finds_it(url: str, query: str, values: tuple[object, ...], index: str) -> None:
    plan = "\n".join(row[0] for row in ask(url, f"EXPLAIN {query}", *values))
    assert index in plan
    assert re.search(r"Index Cond: .*(at|created_at) > ", plan), "and by its time"


def test_what_waits_of_an_identity_is_found_by_its_subject(url: str) -> None:
    asked = ("https://issuer.example/", "auth0|7")
    plan = "\n".join(row[0] for row in ask(url, f"EXPLAIN {ELSEWHERE}", *asked))
    assert "ix_identity_proofs_subject" in plan
    assert re.search(r"Index Cond: .*subject = ", plan)
