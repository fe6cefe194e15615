"""The country that a number without a country code is read in: chosen beside the number."""

from gettext import NullTranslations

import pytest
from babel import Locale

from app.controllers.flow_forms import list_countries
from app.domain.i18n import Language, reading
from tests.owner import Owner
from tests.person import Person, Seen
from tests.product import Product

PAGES = ("/signup", "/signup/phone", "/login", "/login/phone")
FRENCH = "06 12 34 56 {:02}"  # also a mobile number of the Netherlands, among others
QUESTION = "Which country is this number from?"
ELSEWHERE = 'It isn’t a mobile number with <bdi dir="ltr">+46</bdi> (Sweden).'


@pytest.mark.parametrize(
    ("languages", "country"),
    [
        ("", "US"),
        ("en-US,en;q=0.9", "US"),
        ("en-US,en;q=0.9,sv;q=0.8", "SE"),
        ("sv", "SE"),
        ("fr;q=0.5, de-DE", "DE"),
        ("fr-CA", "CA"),
        ("tlh, ja-JP, nl", "NL"),
        ("x" * 5000, "US"),
    ],
)
def test_the_browsers_language_chooses_first(
    product: Product, languages: str, country: str
) -> None:
    for path in PAGES:
        page = Person(product).get(path, **{"accept-language": languages})
        assert page.choice("country") == country
        assert "Accept-Language" in page.response.headers["vary"]


def test_the_list_is_by_name_with_calling_codes(product: Product) -> None:
    page = Person(product).get("/signup/phone").html
    names = ("Australia (+61)", "Canada (+1)", "Sweden (+46)", "United Kingdom (+44)")
    assert sorted(names, key=page.index) == list(names)


def test_a_number_of_the_chosen_country_is_taken_and_shown_again(product: Product) -> None:
    person, typed = Person(product), FRENCH.format(1)
    person.get("/signup/phone")
    assert person.post("/signup/phone", phone=typed, country="FR").status == 303
    assert "(France)" in person.get("/signup/phone-code").html
    again = person.get("/signup/phone?change")
    assert (again.field("phone"), again.choice("country")) == (typed, "FR")
    refused = person.post("/signup/phone?change", phone="letters", country="NL")
    assert (refused.status, refused.choice("country")) == (422, "NL")


def test_without_a_choice_it_is_that_of_the_language(product: Product) -> None:
    person = Person(product)
    person.http.headers["accept-language"] = "fr"
    person.get("/login/phone")
    assert person.post("/login/phone", phone=FRENCH.format(2)).status == 303


def is_asked(seen: Seen, typed: str) -> bool:
    """As a question: nobody has made a mistake."""
    html = seen.html.partition("<template")[0]
    calm = not seen.alert and "aria-invalid" not in html and "Error" not in html
    asked = QUESTION in html and 'value="NL"' in html and "<select" not in html
    return calm and asked and (seen.status, seen.field("phone")) == (422, typed)


@pytest.mark.parametrize("path", ["/signup/phone", "/login/phone"])
def test_a_number_of_another_country_is_asked_about(product: Product, path: str) -> None:
    person, typed = Person(product), FRENCH.format(3)
    asked = person.submit(path, phone=typed, country="SE")  # a landline there
    assert is_asked(asked, typed)
    assert ELSEWHERE in asked.html
    assert is_asked(person.post(path, phone=typed), typed)


def test_so_is_a_new_one_of_an_account(product: Product) -> None:
    typed = FRENCH.format(4)
    assert is_asked(Owner(product).submit("/account/phone", phone=typed), typed)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("en", ["Austria", "Sweden", "Zambia"]),
        ("de", ["Österreich", "Sambia", "Schweden"]),
        ("sv", ["Sverige", "Zambia", "Österrike"]),
    ],
)
def test_countries_have_the_names_and_the_order_of_the_language(
    code: str, names: list[str]
) -> None:
    with reading(Language(code, Locale(code), NullTranslations())):
        listed = list_countries(("SE", "ZM", "AT"))
    assert [name for _, name, *_ in listed] == names
