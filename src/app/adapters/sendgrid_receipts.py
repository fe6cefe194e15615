"""What SendGrid tells of mails that it took: its event webhook, signed with a key of its own."""

from base64 import b64decode
from time import time
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.adapters.outages import redact_contacts
from app.domain.delivery.outbox import State
from app.domain.delivery.receipts import Forged, Receipt, ReceiptReader, clean_id, is_uuid
from app.domain.ports import Reason

OLDEST = 600  # seconds that a call may be off (contract 9.19); its own helper looks at no time
SIGNATURE = b"x-twilio-email-event-webhook-signature"
TIMESTAMP = b"x-twilio-email-event-webhook-timestamp"


class SendGridReceipts(ReceiptReader):
    """`public_key` is as its console shows it: DER in base64."""

    def __init__(self, public_key: str) -> None:
        key = load_der_public_key(b64decode(public_key))
        if not isinstance(key, EllipticCurvePublicKey):
            raise TypeError("SENDGRID_WEBHOOK_PUBLIC_KEY is of another kind")
        self._key = key

    def read_receipts(self, target: str, headers: dict[bytes, bytes], body: bytes) -> list[Receipt]:
        self._check(headers, body)
        try:
            events = msgspec.json.decode(body, type=list[dict[str, Any]])
        except (msgspec.DecodeError, RecursionError):
            raise Forged from None  # nothing that it would sign
        found = (_receipt(event) for event in events)
        return [receipt for receipt in found if receipt]

    def _check(self, headers: dict[bytes, bytes], body: bytes) -> None:
        """Over the body as it came. Raises `Forged`."""
        timestamp = headers.get(TIMESTAMP, b"")
        if not timestamp.isdigit() or len(timestamp) > 12:
            raise Forged
        if abs(time() - int(timestamp)) > OLDEST:
            raise Forged
        try:
            signature = b64decode(headers.get(SIGNATURE, b""), validate=True)
            self._key.verify(signature, timestamp + body, ECDSA(SHA256()))
        except (ValueError, InvalidSignature):
            raise Forged from None


def _receipt(event: dict[str, Any]) -> Receipt | None:
    """None for what tells nothing of a delivery, and for mail that is none of ours."""
    reference = str(event.get("reference", ""))
    provider_id = clean_id(str(event.get("sg_message_id", "")).partition(".")[0])
    reference = reference if is_uuid(reference) else ""
    if not (reference or provider_id):
        return None
    words = redact_contacts(str(event.get("reason") or ""))
    match event.get("event"):
        case "processed":
            return Receipt(reference, provider_id, State.SENT)
        case "delivered":
            return Receipt(reference, provider_id, State.DELIVERED)
        case "bounce" if event.get("type") == "blocked":
            filtered = Reason.FILTERED
            return Receipt(reference, provider_id, State.FAILED, filtered, "blocked", "soft", words)
        case "bounce" | "dropped" | "spamreport" as kind:
            code, unusable = str(kind), Reason.UNUSABLE
            return Receipt(reference, provider_id, State.REFUSED, unusable, code, "hard", words)
    return None
