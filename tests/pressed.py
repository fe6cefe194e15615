"""Networks from which too few texts are proved: who signs up there proves an address first."""

from itertools import count
from typing import TYPE_CHECKING

from tests.client import Client
from tests.crowd import sql
from tests.person import Person, Seen, new_email

if TYPE_CHECKING:
    from tests.controllers.conftest import Limited

UNPROVED = """
WITH anew AS (DELETE FROM send_counts)
INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                        state, room, expires_at, created_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+1202555' || 1000 + n, '+1202555', 'US',
  $1 || '250/32', $1 || '0/24', 'sent', $2, clock_timestamp(),
  clock_timestamp() - interval '5 minutes'
FROM generate_series(1, 20) n
"""
PROVED = """
WITH proofs AS (
  INSERT INTO phone_verifications (id, flow_id, purpose, nonce, phone, expires_at, consumed_at)
  SELECT gen_random_uuid(), decode(md5(n || $1), 'hex'), 'signup', '', '+12025552000',
    clock_timestamp(), clock_timestamp()
  FROM generate_series(1, 6) n RETURNING id
)
INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                        state, room, expires_at, created_at, verification_id, proved)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+12025552000', '+1202555', 'US',
  $1 || '251/32', $1 || '0/24', 'sent', $2, clock_timestamp(),
  clock_timestamp() - interval '5 minutes', id, true FROM proofs
"""
WAIT = 30  # seconds, where three of four texts of those with an address were not proved
WAIT_OVER = """
UPDATE phone_verifications SET text_after = clock_timestamp() WHERE text_after IS NOT NULL
"""
_networks = count(1)


class Pressed:
    """Those in its network are strangers under pressure, anybody else is not."""

    def __init__(self, limited: "Limited") -> None:
        self.limited, self.product = limited, limited.product
        self._addresses = count(1)
        self.press()

    def press(self, *, slow: bool = False) -> None:
        """From now on in another network; a `slow` one lets people wait for their text, too."""
        here = next(_networks)
        self._network = f"172.{16 + here // 250}.{here % 250}."
        sql(self.product, UNPROVED, self._network, "strangers")
        if slow:
            sql(self.product, UNPROVED, self._network, "mailed")
            sql(self.product, PROVED, self._network, "mailed")
        self.limited.flush()

    @property
    def address(self) -> str:
        """Of another one there."""
        return f"{self._network}{next(self._addresses) % 240}"

    def visitor(self) -> Person:
        return self.limited.visitor(self.address)

    def enter(self, person: Person | Client) -> None:
        person.http.headers["x-forwarded-for"] = self.address

    def leave(self, person: Person) -> None:
        """For where all is calm."""
        person.http.headers["x-forwarded-for"] = f"192.0.2.{next(self._addresses)}"

    def named(self, phone: str, person: Person | None = None) -> Person:
        """Someone who has named a number, and is asked for an address."""
        person = person or self.visitor()
        assert person.give_phone(phone).path == "/signup/email"
        return person

    def prove_email(self, person: Person, email: str = "") -> Seen:
        """What that leads to."""
        email = email or new_email()
        assert person.give_email(email).path == "/signup/email-code"
        return person.give_email_code(email)
