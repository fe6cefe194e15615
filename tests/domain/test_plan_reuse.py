"""The statements of each message and code are planned once a connection, not at each call."""

from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from app.domain.delivery.outbox import sql as outbox
from app.domain.verification.codes import PHONE
from tests.faults.staged import ask
from tests.stores import Stores

CALLS = 8  # PostgreSQL plans five times before it compares
MESSAGE = {
    "flow_id": b"f" * 32, "purpose": "signup", "opened_by": "", "contact": "+61491570006",
    "block": "+6149157", "region": "AU", "address": "192.0.2.1", "network": "192.0.2.0/24",
    "request_id": None, "event": "signup:code_sent", "nonce": b"n" * 16, "is_counted": True,
    "limits_checked": False, "room": "strangers", "is_quiet": False, "is_withheld": False,
    "lifetime": timedelta(minutes=10), "language": "en", "zone": "",
}  # fmt: skip
OUTCOME = {
    "tries": [1], "states": ["sent"], "provider_ids": ["SM1"], "provider_codes": [None],
    "reasons": [None], "uncertain": [0], "delays": [0.0], "words": [""],
    "senders": ["first"],
}  # fmt: skip
STATEMENTS = {
    "start": lambda: PHONE.sql.start_code(id=uuid7(), message_id=uuid7(), **MESSAGE),
    "claim": lambda: outbox.claim_due(texts=50, emails=50, text_sender="first", mail_sender="mail"),
    "record": lambda: outbox.record_outcomes(ids=[uuid7()], **OUTCOME),
    "find": lambda: PHONE.sql.find_code(flow_id=b"f" * 32, purpose="signup"),
}
REUSED = "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1"


# Where there are many rows, a plan that knows how long a list is seems cheaper.
FILL = """
INSERT INTO deliveries (id, channel, template, destination, address, network, state, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+614' || n, '192.0.2.1', '192.0.2.0/24', 'sent',
       clock_timestamp() FROM generate_series(1, 5000) n
"""


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    url = stores.new_database()
    ask(url, FILL)
    ask(url, "ANALYZE")
    return url


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_plan_is_kept(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for _ in range(CALLS):
            text, *values = STATEMENTS[name]()
            await connection.fetch(text, *values)
        assert await connection.fetchval(REUSED, text) > 0
    finally:
        await connection.close()
