"""What one address may use of someone's limits leaves room for that person at another address."""

from collections.abc import Callable, Iterator

import pytest

from tests.controllers.test_login_limits import WRONG, attempt
from tests.crowd import at_once, sql
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, ask, at_password, recovery_code
from tests.sessions.held import PASSWORD, Owner
from tests.stores import Stores

# Without the waits between two, which an attacker has time for.
NO_WAITS = """
texts_per_number = { windows = [[3600, 5], [86400, 10]] }
mails_per_mailbox = { windows = [[3600, 5], [86400, 10]] }
"""
SENT_TODAY = """
SELECT count(*) FROM deliveries WHERE address <> '' AND created_at > now() - interval '1 day'
"""
VICTIM, ATTACKER, OTHER = "127.0.0.1", "127.0.0.2", "127.0.0.3"
MANY = 16


@pytest.fixture
def lasting(emptied_product: Callable[..., Product]) -> Product:
    return emptied_product(limits=NO_WAITS, TRUSTED_PROXIES="127.0.0.1/32")


@pytest.fixture
def owner(lasting: Product, stores: Stores) -> Owner:
    """Someone who signed up some days ago."""
    found = Owner.sign_up(lasting)
    days_later(lasting, stores)
    return found


def days_later(product: Product, stores: Stores) -> None:
    sql(product, "UPDATE deliveries SET created_at = created_at - interval '2 days'")
    stores.valkey_flush(1)


@pytest.fixture(params=["whole", "forgotten"])
def memory(stores: Stores, request: pytest.FixtureRequest) -> Callable[[], None]:
    """To be called before each send: Redis counts them, or forgets all of them each time."""
    return (lambda: None) if request.param == "whole" else (lambda: stores.valkey_flush(1))


def name_phone(product: Product, address: str, phone: str) -> tuple[int, bool]:
    """The status, and whether a wait is told."""
    person = Person(product, address)
    person.get("/signup/phone")
    seen = person.post("/signup/phone", phone=phone)
    return seen.status, "retry-after" in seen.response.headers


def test_one_address_leaves_a_text_of_the_hour_for_the_owner(
    lasting: Product, memory: Callable[[], None]
) -> None:
    phone, answers = new_phone(), []
    for _ in range(MANY):
        memory()
        answers.append(name_phone(lasting, ATTACKER, phone))
    assert answers == [(303, False)] * 4 + [(429, False)] * 12
    owner = Person(lasting, VICTIM)
    owner.give_phone(phone)
    assert owner.give_phone_code(phone).path == "/signup/email"
    assert name_phone(lasting, OTHER, phone) == (429, False)


def test_nor_can_it_use_up_the_block_of_numbers(
    lasting: Product, memory: Callable[[], None]
) -> None:
    block = new_phone()[:-4]
    for last in range(MANY):
        memory()
        name_phone(lasting, ATTACKER, f"{block}{last:04d}")
    assert name_phone(lasting, VICTIM, f"{block}0099") == (303, False)


def test_one_address_leaves_a_mail_of_the_hour_for_the_owner(
    lasting: Product, owner: Owner, memory: Callable[[], None]
) -> None:
    for _ in range(MANY):
        memory()
        assert ask(Person(lasting, ATTACKER), owner.email).status == 303
    person = Person(lasting, VICTIM)
    ask(person, owner.email)
    code = recovery_code(lasting, owner.email, 5)
    assert person.submit("/recovery/email-code", code=code).path == "/recovery/password"


@pytest.mark.parametrize("where", ["example.org", "gmail.com"])
def test_all_spellings_of_a_mailbox_are_one(
    lasting: Product, memory: Callable[[], None], where: str
) -> None:
    spellings = list(spelled(new_email().partition("@")[0], where))[:MANY]
    for at, email in enumerate(spellings):
        memory()
        ask(Person(lasting, f"127.0.1.{at}"), email)
    assert [len(lasting.messages(email)) for email in spellings] == [1] * 5 + [0] * 11


def spelled(local: str, where: str) -> Iterator[str]:
    """Gmail looks at no dots, and has two names."""
    for tag in range(MANY):
        if where == "gmail.com":
            dot, domain = 1 + tag // 2, ("gmail.com", "googlemail.com")[tag % 2]
            yield f"{'someone'[:dot]}.{'someone'[dot:]}{local}@{domain}"
        else:
            yield f"{local}+{tag}@{where}"


def test_one_address_leaves_the_owner_tries_for_the_password(
    lasting: Product, owner: Owner
) -> None:
    attacker = Person(lasting, ATTACKER)
    refused = [attempt(attacker, owner.email) for _ in range(MANY)]
    assert [seen.status for seen in refused] == [422] * 5 + [429] * 11
    assert {seen.response.headers["retry-after"] for seen in refused[5:]} == {"900"}
    assert "Try again in 15 minutes, or use your phone." in refused[5].alert
    mistyped = Person(lasting, VICTIM)
    assert [attempt(mistyped, owner.email).status for _ in range(4)] == [422] * 4
    assert attempt(mistyped, owner.email, PASSWORD).location == "/account"


def test_all_strangers_together_have_ten_tries(lasting: Product, owner: Owner) -> None:
    for address in (ATTACKER, OTHER):
        assert [attempt(Person(lasting, address), owner.email).status for _ in range(5)] == (
            [422] * 5
        )
    refused = attempt(Person(lasting, "127.0.0.4"), owner.email)
    assert (refused.status, refused.response.headers["retry-after"]) == (429, "60")


def test_of_many_at_once_five_an_address_and_ten_in_all_are_looked_at(
    lasting: Product, owner: Owner
) -> None:
    people = [Person(lasting) for _ in range(3)]
    for number, person in enumerate(people):
        person.http.headers["x-forwarded-for"] = f"203.0.{number}.7"
        person.get("/login/password")
    posts = [
        (p, "/login/password", {"csrf_token": p.token(), "email": owner.email, "password": word})
        for p in people
        for word in (f"{WRONG} {number}" for number in range(8))
    ]
    statuses = sorted(answer.status_code for answer in at_once(posts))
    assert statuses == [422] * 10 + [429] * 14


def test_a_device_of_the_owners_is_not_held_to_the_share_of_its_address(
    lasting: Product, owner: Owner
) -> None:
    here = Person(lasting, ATTACKER)
    assert attempt(here, owner.email, PASSWORD).location == "/account"
    here.post("/logout")
    for _ in range(MANY):
        name_phone(lasting, ATTACKER, owner.phone)
        ask(Person(lasting, ATTACKER), owner.email)
    here.get("/login")
    assert here.post("/login/phone", phone=owner.phone).location == "/login/phone-code"
    assert ask(here, owner.email).status == 303
    assert sql(lasting, SENT_TODAY)[0]["count"] == 2 * 5


def test_one_that_was_forgotten_is_held_to_it_again(
    lasting: Product, owner: Owner, stores: Stores
) -> None:
    here = Person(lasting, ATTACKER)
    assert attempt(here, owner.email, PASSWORD).location == "/account"
    here.post("/logout")
    at_password(lasting, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    days_later(lasting, stores)
    for _ in range(4):
        name_phone(lasting, ATTACKER, owner.phone)
        ask(Person(lasting, ATTACKER), owner.email)
    here.get("/login")
    assert here.post("/login/phone", phone=owner.phone).status == 429
    assert ask(here, owner.email).status == 303
    assert sql(lasting, SENT_TODAY)[0]["count"] == 2 * 4


def test_a_network_that_is_one_customer_has_limits_for_mails_and_passwords(
    emptied_product: Callable[..., Product],
) -> None:
    few = "mails_per_network = {{ windows = [[3600, {n}]] }}\n"
    few += "accounts_per_network = {{ windows = [[900, {n}]] }}\n"
    product = emptied_product(limits=few.format(n=6), TRUSTED_PROXIES="127.0.0.1/32")
    statuses, emails = [], [new_email() for _ in range(8)]
    for number, email in enumerate(emails):
        person = Person(product)
        person.http.headers["x-forwarded-for"] = f"2001:db8:1:{number}::7"
        statuses.append(attempt(person, email).status)
        assert ask(person, email).status == 303
    assert statuses == [422] * 6 + [429] * 2
    queued = sql(product, "SELECT destination FROM deliveries ORDER BY created_at")
    assert [row["destination"] for row in queued] == emails[:6]


def test_mails_in_all_have_an_end_too(emptied_product: Callable[..., Product]) -> None:
    product = emptied_product(limits="mails_in_all = { windows = [[86400, 2]] }")
    emails = [new_email() for _ in range(3)]
    assert [ask(Person(product), email).status for email in emails] == [303] * 3
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    refused = person.give_email(new_email())
    assert (refused.status, refused.path) == (503, "/signup/email")
    assert "We can’t send more e-mail today. Nothing was lost." in refused.alert
    assert len(sql(product, "SELECT FROM deliveries WHERE channel = 'email'")) == 2
