"""Somebody with an account, who changes how they are reached, and the messages that follow."""

import re
from time import monotonic, sleep

from app.adapters.local import LocalMessage
from tests.crowd import sql
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

PASSWORD = "correct horse battery"
LONG_AGO = """
UPDATE sessions SET authenticated_at = authenticated_at - interval '11 minutes'
WHERE user_id = (SELECT id FROM users WHERE phone = $1)
"""
CONTACTS = "SELECT phone, email FROM users WHERE phone = ANY($1) OR email = ANY($1)"


class Owner(Person):
    """Signed in, which was just proved."""

    def __init__(self, product: Product, email: str = "") -> None:
        super().__init__(product)
        self.phone, self.email = new_phone(), email or new_email()
        assert self.sign_up(self.phone, self.email).path == "/signup/done"

    def name(self, kind: str, value: str) -> Seen:
        """Asks for a change; a code is sent to the new value."""
        return self.submit(f"/account/{kind}", **{kind: value})

    def prove(self, kind: str, value: str) -> Seen:
        return self.submit(f"/account/{kind}-code", code=self.product.code_for(value))

    def change(self, kind: str, value: str) -> Seen:
        self.name(kind, value)
        seen = self.prove(kind, value)
        assert (seen.status, seen.path) == (200, "/account")
        return seen

    def proved_long_ago(self) -> None:
        sql(self.product, LONG_AGO, self.phone)


def message(product: Product, to: str, words: str, seconds: float = 5.0) -> LocalMessage:
    """The newest one sent there that has the words in subject or body; waits for it."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        for sent in product.messages(to):
            if words in f"{sent.subject or ''}\n{sent.body}":
                return sent
        sleep(0.02)
    raise AssertionError(f"nothing with {words!r} was sent to {to}")


def undo_path(product: Product, to: str) -> str:
    """The path of the link in the newest mail about a change."""
    body = message(product, to, "/account/undo/").body
    found = re.search(rf"{re.escape(product.url)}(/account/undo/[A-Za-z0-9_-]{{64}})\n", body)
    assert found, body
    return found[1]


def contacts(product: Product, *values: str) -> list[tuple[str, str]]:
    """Phone and e-mail of the accounts that have any of the values."""
    return [tuple(row) for row in sql(product, CONTACTS, list(values))]


def events(product: Product, event: str, phone: str) -> int:
    """How often it was recorded of the account with the number."""
    asked = """SELECT count(*) FROM audit_events WHERE event = $1
      AND user_id = (SELECT id FROM users WHERE phone = $2)"""
    return int(sql(product, asked, event, phone)[0]["count"])
