"""What a queued message says. Its code is derived at the last moment and kept nowhere else."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from app.domain.delivery.outbox import Message
from app.domain.ports import Letter, Stationery, Text
from app.domain.verification.channel import EMAIL, PHONE
from app.domain.verification.codes import derived_code


@dataclass(frozen=True, slots=True)
class Composer:
    """Turns a claimed row of the outbox into a text or letter. `key` is the one that signs now,
    `undo_link` makes the link that undoes a change.
    """

    stationery: Stationery
    key: bytes
    host: str
    base_url: str
    undo_link: Callable[[UUID], str]

    def __call__(self, message: Message) -> Text | Letter:
        context = self._context(message)
        if message.channel == PHONE.name:
            body = self.stationery.text(message.template, context)
            return Text(message.destination, body, timedelta(seconds=message.seconds_left))
        subject, text, html = self.stationery.letter(message.template, context)
        return Letter(message.destination, subject, text, html, str(message.id))

    def _context(self, message: Message) -> dict[str, Any]:
        own = json.loads(message.context)
        return {
            **self._code(message),
            "minutes": ceil(message.seconds_left / 60),
            "host": self.host,
            "base_url": self.base_url,
            "undo_link": self.undo_link(UUID(own["change"])) if "change" in own else "",
            "when": f"{datetime.now(UTC) - timedelta(seconds=message.age):%-d %B %Y, %H:%M} UTC",
            **own,
        }

    def _code(self, message: Message) -> dict[str, str]:
        """A notice has none, and a template that asks for one all the same is not sent."""
        if message.nonce is None:
            return {}
        digits = PHONE.digits if message.channel == PHONE.name else EMAIL.digits
        purpose = message.purpose or ""
        return {"code": derived_code(self.key, message.nonce, purpose, message.destination, digits)}
