"""People with an account who forgot its password, up to any step of its recovery."""

from time import monotonic, sleep

from app.dev.outbox import LocalMessage
from tests.person import Person, Seen
from tests.product import PATIENCE, Product

NEW_PASSWORD = "seven tidy otters juggle"


def mails(product: Product, email: str, saying: str, count: int) -> list[LocalMessage]:
    """All mails and texts there that say so, newest first; waits until there are so many."""
    deadline = monotonic() + PATIENCE
    while len(found := [m for m in product.messages(email) if saying in m.body]) < count:
        assert monotonic() < deadline, f"{count} of {saying!r} did not come to {email}"
        sleep(0.02)
    return found


def recovery_code(product: Product, email: str, nth: int = 1) -> str:
    """The code of the `nth` letter that brought one."""
    found = mails(product, email, "choose a new password for your account", nth)
    return found[-nth].code or ""


def ask(person: Person, email: str) -> Seen:
    """Names the address; the answer itself, not where it leads."""
    person.get("/recovery/email")
    return person.post("/recovery/email", email=email)


def at_code(product: Product, email: str) -> Person:
    """Someone who has just been mailed, in a browser of their own."""
    person = Person(product)
    asked = ask(person, email)
    assert (asked.status, asked.location) == (303, "/recovery/email-code")
    person.get(asked.location)
    return person


def at_password(product: Product, email: str, nth: int = 1) -> Person:
    """Someone who has proved the address."""
    person = at_code(product, email)
    seen = person.submit("/recovery/email-code", code=recovery_code(product, email, nth))
    assert (seen.status, seen.path) == (200, "/recovery/password")
    return person


def sign_in(product: Product, email: str, password: str) -> Seen:
    return Person(product).submit("/login/password", email=email, password=password)
