"""Someone who has an account, in one browser or another."""

from time import monotonic, sleep

from app.dev.outbox import LocalMessage
from tests.crowd import sql
from tests.person import Person, Seen, new_email, new_phone
from tests.product import PATIENCE, Product

PASSWORD = "seven otters paint slowly"
OLD_PROOF = """
UPDATE sessions SET authenticated_at = clock_timestamp() - interval '11 minutes'
WHERE user_id = (SELECT id FROM users WHERE email = $1 OR phone = $2)
"""


class Holder(Person):
    """Signed up and signed in, just now."""

    def __init__(self, product: Product, email: str = "") -> None:
        super().__init__(product)
        self.phone, self.email = new_phone(), email or new_email()
        assert self.sign_up(self.phone, self.email).path == "/signup/done"

    @property
    def is_in(self) -> bool:
        return self.get("/account").status == 200

    def elsewhere(self, password: str = PASSWORD) -> Person:
        """The same person, signed in with another browser too."""
        other = Person(self.product)
        landed = other.submit("/login/password", email=self.email, password=password)
        assert landed.path == "/account"
        return other

    def by_phone(self) -> Person:
        """The same, let in by a code to the phone: as is whoever has the number by now."""
        other, had = Person(self.product), len(self.product.codes_for(self.phone))
        other.submit("/login/phone", phone=self.phone)
        landed = other.submit("/login/phone-code", code=self.product.code_for(self.phone, had))
        assert landed.path == "/account"
        return other

    def confirmed_elsewhere(self) -> Person:
        """The same with another browser, where that was just confirmed by the phone too."""
        other = self.elsewhere()
        assert confirm_by_code(other, self.phone).path == "/account"
        return other

    def let_proof_age(self) -> None:
        """As if nothing had been proved for ten minutes."""
        sql(self.product, OLD_PROOF, self.email, self.phone)

    def told(self, words: str) -> LocalMessage:
        """By mail."""
        return message(self.product, self.email, words)


def confirm_by_code(person: Person, contact: str) -> Seen:
    """A fresh proof, by a code that is sent there."""
    had = len(person.product.codes_for(contact))
    person.get("/account/confirm")
    person.post("/account/confirm/code")
    return person.submit("/account/confirm", code=person.product.code_for(contact, had))


def message(product: Product, to: str, words: str, seconds: float = PATIENCE) -> LocalMessage:
    """The newest one sent there that has the words in subject or body; waits for it."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        for sent in product.messages(to):
            if words in f"{sent.subject or ''}\n{sent.body}":
                return sent
        sleep(0.02)
    raise AssertionError(f"nothing with {words!r} was sent to {to}")
