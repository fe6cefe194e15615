"""What Twilio and SendGrid tell us of messages, signed as they sign it."""

import json
from base64 import b64encode
from time import time
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twilio.request_validator import RequestValidator

from tests.product import NO_TLS, Product

STATUS, INBOUND = "/webhooks/twilio/status", "/webhooks/twilio/inbound"
EVENTS = "/webhooks/sendgrid/events"
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


class Vendors:
    """Both, as they call `product`. `environment` is what it has to know of SendGrid's key."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._key = generate_private_key(SECP256R1())

    @property
    def environment(self) -> dict[str, str]:
        spki = PublicFormat.SubjectPublicKeyInfo
        der = self._key.public_key().public_bytes(Encoding.DER, spki)
        return {"SENDGRID_WEBHOOK_PUBLIC_KEY": b64encode(der).decode()}

    def tell_text(
        self, product: Product, status: str, message: str, target: str = STATUS, **fields: str
    ) -> httpx.Response:
        """A status callback about the text with that id of ours."""
        url = f"{product.url}{target}" + (f"?message={message}" if message else "")
        form = {"MessageSid": f"SM{'0' * 32}", "MessageStatus": status, "To": "+1", **fields}
        headers = {"X-Twilio-Signature": self.sign_text(url, form)}
        return httpx.post(url, data=form, headers=headers, verify=NO_TLS)

    def tell_call(
        self, product: Product, status: str, message: str, **fields: str
    ) -> httpx.Response:
        """A status callback about the call with that id of ours."""
        url = f"{product.url}{STATUS}?message={message}"
        form = {"CallSid": f"CA{'0' * 32}", "CallStatus": status, "To": "+1", **fields}
        headers = {"X-Twilio-Signature": self.sign_text(url, form)}
        return httpx.post(url, data=form, headers=headers, verify=NO_TLS)

    def sign_text(self, url: str, form: dict[str, str]) -> str:
        return str(self._validator.compute_signature(url, form))

    def sign(self, body: bytes, timestamp: str) -> str:
        signed = self._key.sign(timestamp.encode() + body, ECDSA(SHA256()))
        return b64encode(signed).decode()

    def tell_mail(
        self, product: Product, *events: dict[str, Any], age: float = 0
    ) -> httpx.Response:
        """A batch of events. SendGrid ends the body in a line break, and signs that too."""
        body = json.dumps(list(events)).encode() + b"\r\n"
        timestamp = str(int(time() - age))
        headers = {
            SIGNATURE: self.sign(body, timestamp),
            TIMESTAMP: timestamp,
            "content-type": "application/json",
        }
        return httpx.post(product.url + EVENTS, content=body, headers=headers, verify=NO_TLS)
