"""`latchkey cleanup`: removes what has expired, keeps the rest, and tells how much it was."""

import pytest

from app.domain.cleanup import EXPIRED
from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores

# A row of each kind as old as `$1`; what lives for a while lives for a day.
OLD = {
    "phone_verifications": "INSERT INTO phone_verifications"
    " (id, flow_id, purpose, nonce, phone, created_at, expires_at) VALUES"
    " (gen_random_uuid(), '', md5(random()::text), '', '+61491570006', {at}, {at})",
    "email_verifications": "INSERT INTO email_verifications"
    " (id, flow_id, purpose, nonce, email, created_at, expires_at) VALUES"
    " (gen_random_uuid(), '', md5(random()::text), '', 'ada@example.org', {at}, {at})",
    "deliveries": "INSERT INTO deliveries"
    " (id, channel, template, destination, address, network, created_at, expires_at) VALUES"
    " (gen_random_uuid(), 'email', '', '', '', '', {at}, {at})",
    "sessions": "INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at,"
    " expires_at) SELECT gen_random_uuid(), id, '{{}}', '', '', {at} + interval '1 day',"
    " {at} + interval '30 days' FROM users",
    "password_budgets": "INSERT INTO password_budgets (subject, device, last_wrong_at) VALUES"
    " (md5(random()::text)::bytea, '', {at})",
    "identity_proofs": "INSERT INTO identity_proofs"
    " (id, flow_id, issuer, subject, email_verified, created_at) VALUES"
    " (gen_random_uuid(), md5(random()::text)::bytea, '', '', false, {at})",
    "spent_transactions": "INSERT INTO spent_transactions (digest, spent_at) VALUES"
    " (md5(random()::text)::bytea, {at})",
    "contact_changes": "INSERT INTO contact_changes"
    " (id, user_id, kind, old_value, new_value, changed_at)"
    " SELECT gen_random_uuid(), id, 'phone', '', '', {at} FROM users",
    "audit_events": "INSERT INTO audit_events (event, at) VALUES ('signup:started', {at})",
}
# Days: the oldest that is kept, the youngest that goes.
KEPT = {
    "phone_verifications": (6, 8),
    "email_verifications": (6, 8),
    "deliveries": (29, 31),
    "sessions": (29, 32),
    "password_budgets": (29, 31),
    "identity_proofs": (6, 8),
    "spent_transactions": (0, 1),
    "contact_changes": (29, 31),
    "audit_events": (399, 401),
}
PERSON = (
    "INSERT INTO users (id, phone, email) VALUES"
    " (gen_random_uuid(), '+61491570006', 'ada@example.org')"
)


@pytest.fixture
def url(stores: Stores) -> str:
    """One row of each that is still kept, and two that are not."""
    fresh = stores.new_database()
    ask(fresh, PERSON)
    for table, (kept, gone) in KEPT.items():
        for days in (kept, gone, gone + 100):
            ask(fresh, OLD[table].format(at=f"(now() - interval '{days} days')"))
    return fresh


def test_only_what_has_expired_goes_and_is_counted(url: str) -> None:
    told = typed("cleanup", DATABASE_URL=url)
    assert told.exit_code == 0
    assert told.output.splitlines() == [f"{table}: 2 removed" for table in EXPIRED]
    left = {table: ask(url, f"SELECT count(*) FROM {table}")[0]["count"] for table in KEPT}
    assert left == dict.fromkeys(KEPT, 1)
    assert ask(url, "SELECT count(*) FROM users")[0]["count"] == 1
    again = typed("cleanup", DATABASE_URL=url)
    assert again.output.splitlines() == [f"{table}: 0 removed" for table in EXPIRED]


# $1 phone, $2 how many codes, each guessed at in vain until it was spent, $3 days ago.
GUESSED = """
INSERT INTO phone_verifications
  (id, flow_id, purpose, nonce, phone, attempts, created_at, expires_at)
SELECT gen_random_uuid(), random()::text::bytea, '', '', $1, 5, now() - $3 * interval '1 day', now()
FROM generate_series(1, $2)
"""
PROVED = """
UPDATE phone_verifications SET consumed_at = now() - $2 * interval '1 day' WHERE id = (
  SELECT id FROM phone_verifications WHERE phone = $1 ORDER BY created_at DESC LIMIT 1)
"""


def test_what_locks_a_number_is_kept_until_it_is_proved(url: str) -> None:
    locked, slow, better = phones = "+61491570110", "+61491570156", "+61491570157"
    for phone, codes, days in ((locked, 20, 60), (slow, 5, 20), (slow, 9, 31), (better, 9, 20)):
        ask(url, GUESSED, phone, codes, days)
    ask(url, PROVED, better, 10)
    typed("cleanup", DATABASE_URL=url)
    counted = "SELECT count(*) FROM phone_verifications WHERE phone = $1"
    assert [ask(url, counted, phone)[0]["count"] for phone in phones] == [20, 5, 0]
    ask(url, PROVED, locked, 8)
    typed("cleanup", DATABASE_URL=url)
    assert ask(url, counted, locked)[0]["count"] == 0
