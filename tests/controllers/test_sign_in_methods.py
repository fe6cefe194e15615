"""Where one way in is closed for now, its page leads to the others."""

from collections.abc import Callable

import pytest

from tests.federated import Federated
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

PHONE, PASSWORD = 'href="/login/phone"', 'href="/login/password"'
AUTH0 = 'href="/auth0/start?for={}"'
ONE_TEXT = "texts_per_number = { windows = [[3600, 1]] }"
ONE_MAIL = "mails_in_all = { windows = [[86400, 0]] }"


def leads_to(seen: Seen, *ways: str, status: int) -> None:
    """Exactly those, beside the refusal; and the first of them is the one main button."""
    assert (seen.status, 'role="alert"' in seen.html) == (status, True)
    nav, _, rest = seen.html.partition('aria-label="Other ways in"')[2].partition("</nav>")
    shown = [way for way in (PHONE, PASSWORD, AUTH0.format("login"), AUTH0.format("signup"))
             if way in nav]  # fmt: skip
    assert shown == list(ways)
    assert nav.count("/auth0/") == nav.count('hx-boost="false"')
    assert (nav.count('class="button"'), '<button type="submit">' in rest) == (1, False)


@pytest.mark.parametrize("entry_point", ["signup", "login"])
@pytest.mark.parametrize("htmx", [{}, {"hx-request": "true"}])
def test_a_spent_budget_of_texts(
    emptied_product: Callable[..., Product], entry_point: str, htmx: dict[str, str]
) -> None:
    person = Person(emptied_product(SMS_DAILY_LIMIT="0"))
    person.get(f"/{entry_point}/phone", **htmx)
    person.http.headers.update(htmx)
    seen = person.post(f"/{entry_point}/phone", phone=new_phone())
    leads_to(seen, PASSWORD, AUTH0.format("login"), status=503)


@pytest.mark.parametrize("entry_point", ["signup", "login"])
def test_a_number_that_had_enough(
    emptied_product: Callable[..., Product], entry_point: str
) -> None:
    product, phone = emptied_product(limits=ONE_TEXT), new_phone()
    Person(product).give_phone(phone)
    person = Person(product)
    person.get(f"/{entry_point}/phone")
    seen = person.post(f"/{entry_point}/phone", phone=phone)
    leads_to(seen, PASSWORD, AUTH0.format("login"), status=429)


def test_who_came_with_auth0_is_not_sent_there_again(
    emptied_product: Callable[..., Product],
) -> None:
    person = Federated(emptied_product(SMS_DAILY_LIMIT="0"))
    assert person.come_with_auth0().path == "/signup/phone"
    leads_to(person.post("/signup/phone", phone=person.phone), PASSWORD, status=503)


def test_a_spent_budget_of_mails(emptied_product: Callable[..., Product]) -> None:
    person, phone = Person(emptied_product(limits=ONE_MAIL)), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    seen = person.post("/signup/email", email=new_email())
    leads_to(seen, PASSWORD, AUTH0.format("signup"), status=503)


def test_a_password_that_is_locked(emptied_product: Callable[..., Product]) -> None:
    person, email = Person(emptied_product()), new_email()
    person.get("/login/password")
    for _ in range(5):
        person.post("/login/password", email=email, password="wrong password")
    seen = person.post("/login/password", email=email, password="wrong password")
    leads_to(seen, PHONE, AUTH0.format("login"), status=429)


def test_a_recovery_with_too_many_wrong_codes(emptied_product: Callable[..., Product]) -> None:
    limits = "wrong_codes_per_address = { windows = [[3600, 1]] }"
    person = Person(emptied_product(limits=limits))
    person.submit("/recovery/email", email=new_email())
    for code in ("00000000", "11111111"):
        seen = person.post("/recovery/email-code", code=code)
    leads_to(seen, PHONE, AUTH0.format("login"), status=429)


def test_auth0_that_was_left_out_is_no_way_in(emptied_product: Callable[..., Product]) -> None:
    person = Person(emptied_product(SMS_DAILY_LIMIT="0", AUTH0_ISSUER=""))
    person.get("/signup/phone")
    leads_to(person.post("/signup/phone", phone=new_phone()), PASSWORD, status=503)


def test_a_wait_of_seconds_sends_nobody_away(emptied_product: Callable[..., Product]) -> None:
    person = Person(emptied_product())
    person.give_phone(new_phone())
    seen = person.post("/signup/phone-code/resend")
    assert (seen.status, "Other ways in" in seen.html) == (429, False)


@pytest.mark.parametrize("path", ["/login/nothing", "/auth0/nothing"])
def test_an_error_page_of_a_sign_in_leads_back_to_it(product: Product, path: str) -> None:
    assert 'href="/login"' in Person(product).get(path).html
