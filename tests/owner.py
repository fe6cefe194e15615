"""Someone with an account, who changes how they are reached, and the messages that follow."""

import re

from tests.crowd import sql
from tests.holder import PASSWORD, Holder, message
from tests.person import Person, Seen
from tests.product import Product

CONTACTS = "SELECT phone, email FROM users WHERE phone = ANY($1) OR email = ANY($1)"


class Owner(Holder):
    """Signed in, which was just proved."""

    def name(self, kind: str, value: str) -> Seen:
        """Asks for a change; a code is sent to the new value."""
        self._had[value] = len(self.product.codes_for(value))
        return self.submit(f"/account/{kind}", **{kind: value})

    def prove(self, kind: str, value: str) -> Seen:
        return self.submit(f"/account/{kind}-code", code=self.code(value))

    def change(self, kind: str, value: str) -> Seen:
        self.name(kind, value)
        seen = self.prove(kind, value)
        assert (seen.status, seen.path) == (200, "/account")
        return seen


def undo(person: Person, link: str, password: str = PASSWORD) -> Seen:
    """Presses the button that the link leads to, and proves what the account had before."""
    asked = person.submit(link)
    assert (asked.status, asked.path) == (200, f"{link}/confirm"), asked.alert
    return person.submit(f"{link}/confirm", password=password)


def undo_path(product: Product, to: str) -> str:
    """The path of the link in the newest mail about a change."""
    body = message(product, to, "/account/undo/").body
    found = re.search(rf"{re.escape(product.url)}(/account/undo/[A-Za-z0-9_-]{{64}})\n", body)
    assert found, body
    return found[1]


def spoken(contact: str) -> str:
    """As pages show it: a number of Australia with its spaces, an address as it is."""
    if "@" in contact:
        return contact
    return f"{contact[:3]} {contact[3:6]} {contact[6:9]} {contact[9:]}"


def contacts(product: Product, *values: str) -> list[tuple[str, str]]:
    """Phone and e-mail of the accounts that have any of the values."""
    return [tuple(row) for row in sql(product, CONTACTS, list(values))]


def events(product: Product, event: str, phone: str) -> int:
    """How often it was recorded of the account with the number."""
    asked = """SELECT count(*) FROM audit_events WHERE event = $1
      AND user_id = (SELECT id FROM users WHERE phone = $2)"""
    return int(sql(product, asked, event, phone)[0]["count"])
