"""`latchkey cleanup`: removes what has expired, keeps the rest, and tells how much it was."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.cleanup import REMOVALS
from tests.commands.running import typed
from tests.faults.staged import ask, until
from tests.product import Product
from tests.stores import Stores

# A row of each kind as old as `$1`; what lives for a while lives for a day.
OLD = {
    "phone_verifications": "INSERT INTO phone_verifications"
    " (id, flow_id, purpose, nonce, phone, created_at, expires_at) VALUES"
    " (gen_random_uuid(), '', md5(random()::text), '', '+61491570006', {at}, {at})",
    "email_verifications": "INSERT INTO email_verifications"
    " (id, flow_id, purpose, nonce, email, created_at, expires_at) VALUES"
    " (gen_random_uuid(), '', md5(random()::text), '', 'ada@example.org', {at}, {at})",
    "contact_failures": "INSERT INTO contact_failures (subject, in_a_row, last_wrong_at) VALUES"
    " (decode(md5(random()::text), 'hex'), 100, {at})",
    "deliveries": "INSERT INTO deliveries"
    " (id, channel, template, destination, address, network, created_at, expires_at) VALUES"
    " (gen_random_uuid(), 'email', '', '', '', '', {at}, {at})",
    "send_counts": "INSERT INTO send_counts (slot, channel, region, room, sent, proved) VALUES"
    " ({at}, 'sms', 'SE', 'strangers', 1, 0)",
    "send_stops": "INSERT INTO send_stops (kind, key, room, reason, until, seconds) VALUES"
    " ('block', md5(random()::text), 'strangers', 'conversion', {at}, 3600)",
    "refused_sends": "INSERT INTO refused_sends"
    " (subject, refusal, limit_name, hour, purpose, network) VALUES"
    " (decode(md5(random()::text), 'hex'), '', '', {at}, '', '')",
    "sessions": "INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at,"
    " expires_at) SELECT uuidv7({at} - now()), id, '{{}}', '', '', {at} + interval '1 day',"
    " {at} + interval '30 days' FROM users",
    "password_budgets": "INSERT INTO password_budgets (subject, device, last_wrong_at) VALUES"
    " (decode(md5(random()::text), 'hex'), '', {at})",
    "identity_proofs": "INSERT INTO identity_proofs"
    " (id, flow_id, issuer, subject, email_verified, created_at) VALUES"
    " (gen_random_uuid(), md5(random()::text)::bytea, '', '', false, {at})",
    "spent_transactions": "INSERT INTO spent_transactions (digest, spent_at) VALUES"
    " (md5(random()::text)::bytea, {at})",
    "idempotent_calls": "INSERT INTO idempotent_calls (id, fingerprint, begun_at) VALUES"
    " (md5(random()::text)::bytea, '', {at})",
    "contact_changes": "INSERT INTO contact_changes"
    " (id, user_id, kind, old_value, new_value, changed_at)"
    " SELECT gen_random_uuid(), id, 'phone', '', '', {at} FROM users",
    "former_passwords": "INSERT INTO former_passwords"
    " (id, user_id, password_hash, set_at, replaced_at, by_mail)"
    " SELECT gen_random_uuid(), id, '', {at}, {at}, false FROM users",
    "former_identities": "INSERT INTO former_identities"
    " (id, user_id, issuer, subject, linked_at, removed_at)"
    " SELECT gen_random_uuid(), id, '', '', {at}, {at} FROM users",
    "events": "INSERT INTO events (id, service, type, user_id, created_at, expires_at) VALUES"
    " (gen_random_uuid(), 'shop', 'user.created', gen_random_uuid(), {at}, {at})",
    "text_spending": "INSERT INTO text_spending (day, shard, spent) VALUES ({at}, 1, 9)",
    "text_warnings": "INSERT INTO text_warnings (day, percent, spent, budget, currency)"
    " VALUES ({at}, 50, 5, 10, 'USD')",
    "blocks": "INSERT INTO blocks (kind, value, reason, added_by, until)"
    " VALUES ('block', '+4' || gen_random_uuid(), '', '', {at})",
    "audit_events": "INSERT INTO audit_events (event, at) VALUES ('signup:started', {at})",
    # Each of an account of its own, as there is one at most.
    "confirmation_requests": "WITH someone AS (INSERT INTO users (id, phone, email) VALUES"
    " (gen_random_uuid(), '+4670' || trunc(random() * 8999999 + 1000000),"
    " md5(random()::text) || '@example.org') RETURNING id)"
    " INSERT INTO confirmation_requests (id, user_id, network, due_at)"
    " SELECT gen_random_uuid(), id, '', {at} FROM someone",
}
# Days: the oldest that is kept, the youngest that goes.
KEPT = {
    "phone_verifications": (6, 8),
    "email_verifications": (6, 8),
    "contact_failures": (29, 31),
    "deliveries": (29, 31),
    "send_counts": (14, 16),
    "send_stops": (6, 8),
    "refused_sends": (29, 31),
    "sessions": (29, 32),
    "password_budgets": (29, 31),
    "identity_proofs": (6, 8),
    "spent_transactions": (0, 1),
    "idempotent_calls": (0, 2),
    "contact_changes": (29, 31),
    "former_passwords": (27, 29),
    "former_identities": (20, 22),
    "events": (29, 31),
    "text_spending": (30, 33),
    "text_warnings": (30, 33),
    "blocks": (29, 31),
    "audit_events": (399, 401),
    "confirmation_requests": (6, 8),
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
    assert told.output.splitlines() == [f"{table}: 2 removed" for table in REMOVALS]
    left = {table: ask(url, f"SELECT count(*) FROM {table}")[0]["count"] for table in KEPT}
    assert left == dict.fromkeys(KEPT, 1)
    assert ask(url, "SELECT count(*) FROM users")[0]["count"] == 4
    again = typed("cleanup", DATABASE_URL=url)
    assert again.output.splitlines() == [f"{table}: 0 removed" for table in REMOVALS]


MANY = """
INSERT INTO audit_events (event, at)
SELECT 'signup:started', now() - interval '500 days' FROM generate_series(1, 1201)
"""
LEFT = "SELECT count(*) FROM {table}"


STAYING = KEPT.keys() - {"send_counts", "text_spending"}  # to which servers add some


def left(url: str) -> dict[str, int]:
    return {table: ask(url, LEFT.format(table=table))[0]["count"] for table in STAYING}


def test_servers_remove_it_by_themselves_each_row_once(
    url: str, stores: Stores, tmp_path: Path
) -> None:
    ask(url, MANY)
    ask(url, "UPDATE deliveries SET state = 'sent'")
    redis = f"{stores.redis_url}?db=1"
    with (
        closing(Product(tmp_path / "one", url, redis)) as one,
        closing(Product(tmp_path / "other", url, redis)) as other,
    ):
        one.start()
        other.start()
        until(lambda: left(url) == dict.fromkeys(STAYING, 1))
    logs = (one.log.read_text(), other.log.read_text())
    told = [line for log in logs for line in log.splitlines() if "rows" in line]
    counts = [json.loads(line)["rows"] for line in told]
    in_all = {table: sum(count[table] for count in counts) for table in KEPT}
    assert in_all == dict.fromkeys(KEPT, 2) | {"audit_events": 1203}


def test_more_than_a_batch_goes_too(url: str) -> None:
    ask(url, MANY)
    assert "audit_events: 1203 removed" in typed("cleanup", DATABASE_URL=url).output


WITHOUT_KEY = """
INSERT INTO contact_failures (subject, in_a_row) VALUES (sha256('+61491570006'), 100);
INSERT INTO password_budgets (subject, device) VALUES (sha256('ada@example.org'), '')
"""


def test_digests_without_a_key_go_however_young(stores: Stores) -> None:
    fresh = stores.new_database()
    for table in ("contact_failures", "password_budgets"):
        ask(fresh, OLD[table].format(at="now()"))
    for statement in WITHOUT_KEY.split(";"):
        ask(fresh, statement)
    told = typed("cleanup", DATABASE_URL=fresh).output
    assert {"contact_failures: 1 removed", "password_budgets: 1 removed"} <= set(told.splitlines())
    assert ask(fresh, LEFT.format(table="contact_failures"))[0]["count"] == 1
    assert ask(fresh, LEFT.format(table="password_budgets"))[0]["count"] == 1
