"""The end of an account while other things happen to it: one deletion, one mail, nothing left."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.crowd import answers, post_at_once, sql
from tests.faults.staged import held, until, waiting
from tests.holder import PASSWORD, Holder
from tests.person import Person, Seen
from tests.product import Product
from tests.recovering import at_password

NEW = "seven grey otters swim"
ID = "SELECT id FROM users WHERE email = $1"
PLACES = "SELECT event FROM audit_events WHERE network IS NOT NULL AND user_id = $1"
TOLD = "SELECT FROM deliveries WHERE destination = $1 AND template = 'account_deleted'"
# Where a deletion comes by, late: the number that was proved for the account.
PROOF = """
SELECT FROM phone_verifications WHERE phone = '{phone}' AND user_id IS NOT NULL FOR UPDATE
"""


@pytest.fixture
def holder(product: Product) -> Holder:
    return Holder(product)


def by_password(holder: Holder) -> tuple[Person, str, dict[str, str]]:
    person = Person(holder.product)
    person.get("/login/password")
    return person, "/login/password", {"email": holder.email, "password": PASSWORD}


def by_phone(holder: Holder) -> tuple[Person, str, dict[str, str]]:
    person = Person(holder.product)
    person.submit("/login/phone", phone=holder.phone)
    return person, "/login/phone-code", {"code": holder.product.code_for(holder.phone)}


def new_password(holder: Holder) -> tuple[Person, str, dict[str, str]]:
    other = holder.confirmed_elsewhere()
    other.get("/account/password")
    return other, "/account/password", {"password": NEW}


def confirm(holder: Holder) -> tuple[Person, str, dict[str, str]]:
    other = holder.by_phone()
    other.get("/account/confirm")
    return other, "/account/confirm", {"password": PASSWORD}


def reset(holder: Holder) -> tuple[Person, str, dict[str, str]]:
    return at_password(holder.product, holder.email), "/recovery/password", {"password": NEW}


Deed = Callable[[Holder], tuple[Person, str, dict[str, str]]]
LED_TO = {
    by_password: "",
    by_phone: "/signup/email",
    new_password: "/login?return_to=/account/password",
    confirm: "/login?return_to=/account/confirm",
    reset: "/recovery/email",
}


@pytest.mark.parametrize(("deed", "led_to"), LED_TO.items(), ids=[d.__name__ for d in LED_TO])
def test_whoever_comes_meanwhile_waits_and_finds_nobody(
    product: Product, holder: Holder, deed: Deed, led_to: str
) -> None:
    person, path, form = deed(holder)
    [user] = sql(product, ID, holder.email)
    holder.get("/account/deletion")
    url = product.env["DATABASE_URL"]
    with ThreadPoolExecutor() as threads:
        with held(url, PROOF.format(phone=holder.phone)):
            deletion = threads.submit(holder.post, "/account/deletion")
            until(lambda: waiting(url) > 0)
            other: Future[Seen] = threads.submit(person.post, path, **form)
            until(lambda: waiting(url) > 1)
        assert (deletion.result().status, deletion.result().location) == (303, "/")
        assert other.result().location == led_to
        assert other.result().status in (303, 422)
    assert sql(product, ID, holder.email) == sql(product, PLACES, user["id"]) == []


@pytest.mark.parametrize("fields", [{}, {"password": PASSWORD}], ids=["fresh", "password"])
def test_five_times_at_once_is_once(
    product: Product, holder: Holder, fields: dict[str, str]
) -> None:
    holder.get("/account/deletion")
    given = post_at_once(holder, "/account/deletion", 5, **fields)
    assert answers(given) == {"303 /": 5}
    assert all("notice=deleted;" in str(answer.headers) for answer in given)
    assert len(sql(product, TOLD, holder.email)) == 1


def test_the_same_form_later_is_answered_alike(product: Product, holder: Holder) -> None:
    holder.get("/account/deletion")
    [first], [again] = (post_at_once(holder, "/account/deletion", 1) for _ in range(2))
    sql(product, "SELECT pg_sleep(1)")
    [late] = post_at_once(holder, "/account/deletion", 1)
    assert answers([first, again, late]) == {"303 /": 3}
    assert all("notice=deleted;" in str(answer.headers) for answer in (first, again, late))
