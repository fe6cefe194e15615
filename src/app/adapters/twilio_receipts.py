"""What Twilio tells of texts and calls that it took, and what people answer to texts."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from app.domain.delivery.outbox import State
from app.domain.delivery.receipts import Forged, Receipt, ReceiptReader, clean_id, is_uuid
from app.domain.ports import Reason

# What a status callback means; of those that are not here nothing is to be told.
STATUSES = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
# Where the code tells nothing: a carrier had it, and could not hand it over.
UNEXPLAINED = {"undelivered": Reason.UNREACHABLE}
# The same of a call, whose field is another. One that is picked up is delivered once it is over.
CALLS = {
    "initiated": State.SENT,
    "ringing": State.SENT,
    "in-progress": State.SENT,
    "completed": State.DELIVERED,
    "busy": State.FAILED,
    "no-answer": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
NOT_PICKED_UP = {"busy": Reason.BUSY, "no-answer": Reason.NO_ANSWER, "failed": Reason.UNREACHABLE}
# How a carrier says that there is no such number (RFC 3261, 21.4.5, 21.4.22 and 21.6.3).
NO_SUCH_NUMBER = ("404", "484", "604")


class TwilioReceipts(ReceiptReader):
    """Status callbacks and answers of people, signed with the account's token. `base_url` is the
    address that Twilio was told, `meanings` what its error codes mean.
    """

    def __init__(
        self, auth_token: str, base_url: str, meanings: Mapping[int, Reason | None]
    ) -> None:
        self._validator, self._base_url = RequestValidator(auth_token), base_url
        self._meanings = meanings

    def read_receipts(self, target: str, headers: dict[bytes, bytes], body: bytes) -> list[Receipt]:
        form = self._read_signed(target, headers, body)
        if not urlsplit(target).path.endswith("/status"):
            return []
        if "CallSid" in form:
            return _read_call(target, form)
        state = STATUSES.get(form.get("MessageStatus", ""))
        if state is None:
            return []
        code = form.get("ErrorCode", "")
        known = self._meanings.get(int(code)) if re.fullmatch("[0-9]{5}", code) else None
        reason = known or UNEXPLAINED.get(form["MessageStatus"])
        reason = reason if state is State.FAILED else None
        is_refused = reason is not None and reason.is_for_good
        return [
            Receipt(
                _reference(target),
                clean_id(form.get("MessageSid", "")),
                State.REFUSED if is_refused else state,
                reason,
                clean_id(code) or None,
            )
        ]

    def _read_signed(self, target: str, headers: dict[bytes, bytes], body: bytes) -> dict[str, str]:
        """Raises `Forged`, also for a field that is there twice, of which others may see one."""
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise Forged from None
        form, url = dict(pairs), f"{self._base_url}{target}"
        signature = headers.get(b"x-twilio-signature", b"").decode("latin-1")
        if len(form) < len(pairs) or not self._validator.validate(url, form, signature):
            raise Forged
        return form


def _read_call(target: str, form: dict[str, str]) -> list[Receipt]:
    status, code = form.get("CallStatus", ""), clean_id(form.get("SipResponseCode", ""))
    state = CALLS.get(status)
    if state is None:
        return []
    reason = NOT_PICKED_UP.get(status)
    if status == "failed" and code in NO_SUCH_NUMBER:
        state, reason = State.REFUSED, Reason.UNUSABLE
    carriers_code = code if reason else ""
    return [
        Receipt(_reference(target), clean_id(form["CallSid"]), state, reason, carriers_code or None)
    ]


def _reference(target: str) -> str:
    """Of the address that we gave with the message, '' for another."""
    given = dict(parse_qsl(urlsplit(target).query)).get("message", "")
    return given if is_uuid(given) else ""
