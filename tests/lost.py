"""Someone who has lost the phone: signed in by password, with the mailbox at hand. As is a thief
who knows the one and reads the other.
"""

from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

from tests.crowd import sql
from tests.holder import PASSWORD, Holder
from tests.person import Person, Seen
from tests.product import PATIENCE, Product

HERE = "/account/confirm?without-phone"
OF = "(SELECT id FROM users WHERE email = $1)"
ROWS = "SELECT kind, value, due_at - asked_at AS wait FROM delayed_changes WHERE user_id = " + OF
REQUESTS = "SELECT id, due_at - asked_at AS wait FROM confirmation_requests WHERE user_id = " + OF
MAKE_DUE = "UPDATE delayed_changes SET due_at = clock_timestamp() WHERE user_id = " + OF
MOVE_REQUEST = "UPDATE confirmation_requests SET due_at = due_at - $2::interval WHERE user_id = "
STOP = r"/account/delayed/"


def tomorrow() -> str:
    """As mails say when something is due."""
    return f"{datetime.now(UTC) + timedelta(days=1):%-d %B %Y}"


class Lost(Holder):
    """In a browser of its own."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.browser = self.elsewhere()

    def confirm(self, for_what: str = "", password: str = PASSWORD) -> Seen:
        """Both proofs, asked for by that page of the account; where it leads."""
        if for_what:
            self.browser.get(self.browser.get(for_what).location)
        had = len(self.product.codes_for(self.email))
        self.browser.submit(HERE, password=password)
        return self.browser.submit(HERE, code=self.product.code_for(self.email, had))

    def ask(self, kind: str, value: str) -> Seen:
        """The new value is proved; what comes of that."""
        self.browser.submit(f"/account/{kind}", **{kind: value})
        return self.browser.submit(f"/account/{kind}-code", code=self.product.code_for(value))

    def waiting(self) -> list[Any]:
        return sql(self.product, ROWS, self.email)

    def requests(self) -> list[Any]:
        return sql(self.product, REQUESTS, self.email)

    def pass_hours(self, hours: float) -> None:
        """Of the request."""
        sql(self.product, MOVE_REQUEST + OF, self.email, timedelta(hours=hours))

    def day_passes(self) -> None:
        """Waits for what is due, until the server looks again."""
        sql(self.product, MAKE_DUE, self.email)
        deadline = monotonic() + PATIENCE
        while self.waiting():
            assert monotonic() < deadline, "what was due did not happen"
            sleep(0.1)


def stop(person: Person) -> Seen:
    """Presses the first button that stops something, on their account page: the answer to it."""
    return person.post(STOP + stop_path(person.get("/account")))


def stop_path(page: Seen) -> str:
    return page.html.partition(f'action="{STOP}')[2].partition('"')[0]
