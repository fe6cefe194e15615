"""Receipts against one committed update: each is about another text, which moves forward by it."""

from itertools import repeat
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg
from twilio.request_validator import RequestValidator

from bench.driver import get, post
from bench.people import GZIP
from bench.place import BASE_URL, TWILIO, Place
from bench.rounds import Side, figure, measure
from bench.table import Figure

SECONDS, TEXTS = 1.0, 30_000
STATUS = "/webhooks/twilio/status"
SENT = """
INSERT INTO deliveries (id, channel, template, destination, address, network, state, sender,
  provider_id, tries, expires_at)
SELECT id, 'sms', 'phone_code', '+61491570006', '10.0.0.1/32', '10.0.0.0/24', 'sent', 'twilio',
  'SM' || md5(id::text), 1, now() + interval '10 minutes'
FROM unnest($1::uuid[]) AS id
"""


async def receipt_figures(place: Place) -> list[Figure]:
    """Signed before: that costs the vendor, not us."""
    messages = [uuid4() for _ in range(TEXTS)]
    connection = await asyncpg.connect(place.database_url)
    await connection.execute(SENT, messages)
    await connection.execute("ANALYZE deliveries")
    await connection.close()
    receipts = iter([*map(_receipt, messages)])
    bare = Side(place.bare, lambda: repeat(get("/update", GZIP)), 200)
    ours = Side(place.product, lambda: receipts, 204)
    update, receipt = await measure(bare, [ours], SECONDS)
    return [figure(f"`POST {STATUS}`, a receipt", receipt, update, 0.40)]


def _receipt(message: UUID) -> bytes:
    target = f"{STATUS}?message={message}"
    form = {
        "MessageSid": "SM" + "0" * 32,
        "SmsSid": "SM" + "0" * 32,
        "AccountSid": TWILIO["TWILIO_ACCOUNT_SID"],
        "From": TWILIO["TWILIO_FROM_NUMBER"],
        "To": "+61491570006",
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        "ApiVersion": "2010-04-01",
    }
    validator = RequestValidator(TWILIO["TWILIO_AUTH_TOKEN"])
    signature = validator.compute_signature(f"{BASE_URL}{target}", form)
    return post(target, urlencode(form).encode(), f"x-twilio-signature: {signature}".encode())
