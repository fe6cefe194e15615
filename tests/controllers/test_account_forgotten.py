"""What is left of a number and an address once their account is deleted and its owner was told."""

import json
from time import sleep

from tests.controllers.conftest import Limited
from tests.controllers.test_signup_guesses import guess, guess_wrong, texted
from tests.crowd import sql
from tests.faults.staged import until
from tests.holder import PASSWORD
from tests.owner import Owner
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

TABLES = """
SELECT relname AS table_name FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
WHERE = "SELECT '{table}' AS name, count(*) AS n FROM {table} t WHERE t::text LIKE '%' || $1 || '%'"
STILL = "SELECT 1 FROM deleted_contacts t WHERE t::text LIKE '%' || $1 || '%'"
A_WEEK_AGO = """
UPDATE contact_changes SET changed_at = clock_timestamp() - interval '7 days' WHERE new_value = $1
"""
PLACES = "SELECT address, network FROM deliveries WHERE destination LIKE '+999%' AND context = '{}'"
ON_ITS_WAY = """
UPDATE deliveries SET state = 'sending', next_try_at = clock_timestamp() + interval '1 hour'
WHERE destination = $1
"""


class Mistaken(Owner):
    """Who gave another number and another address first."""

    def sign_up(self, phone: str, email: str) -> Seen:
        self.first = new_phone(), new_email()
        self.give_phone(self.first[0])
        self.submit_from("/signup/phone?change", "/signup/phone", phone=phone)
        self.give_phone_code(phone)
        self.give_email(self.first[1])
        self.submit_from("/signup/email?change", "/signup/email", email=email)
        self.give_email_code(email)
        return self.give_password()


def found(product: Product, *contacts: str) -> set[str]:
    """The tables in which any of them stands."""
    tables = [row["table_name"] for row in sql(product, TABLES)]
    asked = " UNION ALL ".join(WHERE.format(table=table) for table in tables)
    return {row["name"] for one in contacts for row in sql(product, asked, one) if row["n"]}


def soon_nowhere(product: Product, *contacts: str) -> None:
    """To look through all tables takes a tenth of a second of a core: not again and again."""
    for one in contacts:
        until(lambda to=one: not sql(product, STILL, to))
    until(lambda: not found(product, *contacts))


def delete(owner: Owner) -> None:
    owner.let_proof_age()
    assert owner.submit("/account/deletion", password=PASSWORD).path == "/"


def test_they_are_nowhere_within_a_minute(product: Product) -> None:
    owner, second, asked = Owner(product), new_email(), new_phone()
    held = [owner.phone, owner.email, second, asked]
    owner.change("email", second)
    sql(product, A_WEEK_AGO, second)
    owner.name("phone", asked)
    Person(product).submit("/login/phone", phone=owner.phone)
    assert found(product, owner.phone) >= {"users", "deliveries", "phone_verifications"}
    delete(owner)
    soon_nowhere(product, *held)
    rows = sql(product, PLACES)
    assert rows
    assert "127.0.0" not in json.dumps([dict(row) for row in rows])


def test_what_was_mistyped_at_sign_up_is_nowhere_either(product: Product) -> None:
    owner = Mistaken(product)
    for contact in owner.first:
        assert "deliveries" in found(product, contact)
    delete(owner)
    soon_nowhere(product, *owner.first)


def test_a_new_account_with_the_same_ones_keeps_its_own(product: Product) -> None:
    owner = Owner(product)
    delete(owner)
    again = Person(product)
    assert again.sign_up(owner.phone, owner.email).path == "/signup/done"
    sleep(12)
    assert found(product, owner.phone) >= {"users", "deliveries", "phone_verifications"}
    assert again.get("/account").status == 200


def test_what_a_number_was_sent_still_counts(limited: Limited) -> None:
    owner = Owner(limited.product)
    limited.sent_before(4, owner.phone)
    delete(owner)
    soon_nowhere(limited.product, owner.phone)
    limited.flush()
    visitor = limited.visitor()
    visitor.get("/signup/phone")
    assert visitor.post("/signup/phone", phone=owner.phone).status == 429
    assert visitor.post("/signup/phone", phone=new_phone()).status == 303


def test_a_message_on_its_way_is_sent_first(product: Product) -> None:
    owner = Owner(product)
    sql(product, ON_ITS_WAY, owner.email)
    delete(owner)
    sleep(12)
    assert found(product, owner.email) == {"deliveries", "deleted_contacts", "email_verifications"}
    sql(product, "UPDATE deliveries SET state = 'failed' WHERE destination = $1", owner.email)
    soon_nowhere(product, owner.email)


def test_wrong_guesses_at_a_number_still_count(product: Product) -> None:
    owner = Owner(product)
    guess_wrong(product, owner.phone, 2, 3)
    delete(owner)
    soon_nowhere(product, owner.phone)
    person, code = texted(product, owner.phone, 5)  # the fourth told of the deletion
    refused = guess(person, code, 1)
    assert (refused.status, "Too many wrong codes" in refused.alert) == (429, True)
