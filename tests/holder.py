"""Somebody who has an account, in one browser or another."""

from time import monotonic, sleep

from app.adapters.local import LocalMessage
from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import Product

PASSWORD = "correct horse battery"
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

    def let_proof_age(self) -> None:
        """As if nothing had been proved for ten minutes."""
        sql(self.product, OLD_PROOF, self.email, self.phone)

    def told(self, words: str) -> LocalMessage:
        """By mail."""
        return message(self.product, self.email, words)


def message(product: Product, to: str, words: str, seconds: float = 5.0) -> LocalMessage:
    """The newest one sent there that has the words in subject or body; waits for it."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        for sent in product.messages(to):
            if words in f"{sent.subject or ''}\n{sent.body}":
                return sent
        sleep(0.02)
    raise AssertionError(f"nothing with {words!r} was sent to {to}")
