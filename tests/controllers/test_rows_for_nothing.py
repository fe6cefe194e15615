"""What anybody can do as often as they like leaves an audit row an hour, and no others but a few
refused sends, so that operators can say why no code came.
"""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from app.domain.verification.refused_sends import MOST_OF_NETWORK
from tests.client import Client
from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import ask
from tests.subjects import subject_of

TABLES = """
SELECT relname AS name FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
REFUSED = "SELECT refusal, limit_name, purpose, subject FROM refused_sends"
FEW = (
    "texts_per_address = { windows = [[3600, 2]] }\nmails_per_address = { windows = [[3600, 2]] }\n"
    "kept_calls_per_address = { windows = [[3600, 1]] }\n"
)
MANY = 30


def rows(product: Product) -> int:
    """Of all tables but that of refused sends."""
    names = [row["name"] for row in sql(product, TABLES) if row["name"] != "refused_sends"]
    return sum(sql(product, f"SELECT count(*) FROM {name}")[0]["count"] for name in names)


@pytest.fixture
def strict(emptied_product: Callable[..., Product]) -> Product:
    """Where an address has had all its messages of the hour."""
    product = emptied_product(limits=FEW)
    for _ in range(3):
        ask(Person(product), new_email())
        give_phone(product)
    return product


def give_phone(product: Product, phone: str = "") -> None:
    person = Person(product)
    person.get("/signup")
    person.post("/signup/phone", phone=phone or new_phone())


def recover(product: Product) -> None:
    person = Person(product)
    assert ask(person, new_email()).location == "/recovery/email-code"
    assert person.get("/recovery/email-code").heading == "Enter the code from the e-mail"


def recover_by_call(product: Product) -> None:
    key = {"idempotency-key": str(uuid4())}
    with Client(product) as client:
        answer = client.call("POST", "/recovery/email", {"email": new_email()}, **key)
    assert answer.status_code == 202


def come_back(product: Product) -> None:
    assert Person(product).get("/auth0/callback").status == 303
    Person(product).get("/auth0/callback?code=a&state=b")
    Person(product).get("/auth0/callback?error=access_denied")


def return_refused(product: Product) -> None:
    """With the state of one's own, as after a refusal at the provider."""
    person = Person(product)
    went = person.get("/auth0/start?for=login").location
    [state] = parse_qs(urlsplit(went).query)["state"]
    back = person.get(f"/auth0/callback?error=access_denied&state={state}")
    assert back.location == "/auth0/failed/auth0-denied?for=login"


def start_over(product: Product) -> None:
    person = Person(product)
    person.get("/signup")
    person.post("/signup/restart")


@pytest.mark.parametrize(
    "deed", [give_phone, recover, recover_by_call, come_back, return_refused, start_over]
)
def test_many_of_them_leave_one_row_an_hour(
    strict: Product, deed: Callable[[Product], None]
) -> None:
    deed(strict)
    before = rows(strict)
    for _ in range(MANY):
        deed(strict)
    assert rows(strict) == before
    assert len(sql(strict, REFUSED)) <= MOST_OF_NETWORK


def test_a_refused_send_is_kept_for_who_is_asked_about_it(strict: Product) -> None:
    person, phone, email = Person(strict), new_phone(), new_email()
    for _ in range(2):
        give_phone(strict, phone)
    ask(person, email)
    kept = {row["subject"]: tuple(row)[:3] for row in sql(strict, REFUSED)}
    assert kept[subject_of(phone)] == ("too_many_sends", "texts_per_address", "signup")
    assert kept[subject_of(email)] == ("too_many_sends", "mails_per_address", "recovery")


def test_a_callback_for_nothing_is_told_once(strict: Product) -> None:
    came = "SELECT count(*) FROM audit_events WHERE event = 'auth0:refused'"
    come_back(strict)
    come_back(strict)
    assert sql(strict, came)[0]["count"] == 1


def test_a_recovery_over_its_limit_is_guessed_at_like_any_other(strict: Product) -> None:
    person = Person(strict)
    ask(person, new_email())
    refused = [person.submit("/recovery/email-code", code=f"0000000{n}") for n in range(5)]
    assert [seen.status for seen in refused] == [422] * 5
    assert "that was the last try" in refused[-1].alert
    assert person.get("/recovery/email-code").heading == "That code is locked"
