"""Where a sign-in or sign-up leads afterwards: what was asked for, as long as it is asked for."""

import re

import pytest

from app.web.remembered_values import sanitize_return_path
from tests.holder import PASSWORD, Holder
from tests.person import Person, new_email, new_phone
from tests.product import Product

WANTED = "/account/sessions"


@pytest.fixture(scope="module")
def holder(product: Product) -> Holder:
    return Holder(product)


def signs_in(person: Person, holder: Holder, **more: str) -> str:
    person.get("/login/password")
    return person.post("/login/password", email=holder.email, password=PASSWORD, **more).location


@pytest.mark.parametrize("wanted", ["/account", WANTED, "/pricing?period=year", "/signup/done"])
def test_our_own_pages_are_fine(wanted: str) -> None:
    assert sanitize_return_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/account/../x",
        "/account/%2e%2e/auth0/start?for=link",
        "/account/.%2E/auth0/start?for=link",
        "/account/%5c..%5cauth0/start",
        "/account/./sessions",
        "/account//evil.example",
        "/account/",
        "/account%2fsessions",
        "/account/\t../auth0/start",
        "/account/ſessions",
        "x",
        "/accounts",
    ],
)
def test_anything_else_is_the_home_page(product: Product, holder: Holder, wanted: str) -> None:
    assert sanitize_return_path(wanted) == "/"
    for field in (True, False):
        person = Person(product)
        if not field:
            person.http.get("/login", params={"return_to": wanted})
        assert signs_in(person, holder, **({"return_to": wanted} if field else {})) == "/"


def test_a_posted_field_counts_like_a_link(product: Product, holder: Holder) -> None:
    assert signs_in(Person(product), holder, return_to=WANTED) == WANTED
    assert signs_in(Person(product), holder, return_to="") == "/account"


def test_a_sign_up_leads_there_too(product: Product) -> None:
    person = Person(product)
    person.get(f"/signup?return_to={WANTED}")
    assert person.sign_up(new_phone(), new_email()).path == WANTED


def test_so_does_one_whose_first_form_says_so(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.submit("/signup/phone", phone=phone, return_to=WANTED)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().path == WANTED


def test_it_outlives_other_ways_that_the_pages_lead_to(product: Product, holder: Holder) -> None:
    person = Person(product)
    page = person.get(f"/login?return_to={WANTED}")
    for words in ("Create an account", "Use my e-mail and password", "Other ways to sign in"):
        if words == "Use my e-mail and password":
            page = person.get("/login?instead")
        [link] = re.findall(rf'href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?{words}', page.html)
        page = person.get(link)
    assert signs_in(person, holder) == WANTED


@pytest.mark.parametrize("entry_point", ["/login", "/signup"])
def test_an_entry_point_that_is_opened_plainly_forgets_it(
    product: Product, holder: Holder, entry_point: str
) -> None:
    person = Person(product)
    person.get("/login?return_to=/account/deletion")
    person.get(entry_point)
    assert "return" not in person.http.cookies
    assert signs_in(person, holder) == "/account"


def test_it_lives_for_an_hour_and_as_long_as_a_sign_up_that_goes_on(product: Product) -> None:
    def lifetime(person: Person) -> str:
        lines = person.page.response.headers.get_list("set-cookie") if person.page else []
        [line] = [line for line in lines if line.startswith("return=")]
        return line.rpartition("Max-Age=")[2]

    person, phone = Person(product), new_phone()
    person.get(f"/login?return_to={WANTED}")
    assert lifetime(person) == "3600"
    person.submit("/login/phone", phone=phone)
    person.get("/login/phone-code")
    proved = person.post("/login/phone-code", code=product.code_for(phone))
    assert (proved.location, lifetime(person)) == ("/signup/email", "172800")


@pytest.mark.parametrize(
    "path", ["/login", "/login/phone", "/login/password", "/signup", "/signup/phone"]
)
def test_whoever_is_signed_in_goes_straight_on(holder: Holder, path: str) -> None:
    assert holder.get(path).location == "/account"


@pytest.mark.parametrize("entry_point", ["/login", "/signup"])
def test_to_where_they_wanted(holder: Holder, entry_point: str) -> None:
    assert holder.get(f"{entry_point}?return_to={WANTED}").location == WANTED
    assert holder.get(f"{entry_point}?return_to=//evil.example").location == "/"
