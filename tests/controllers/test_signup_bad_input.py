"""Bad input: a sentence beside the field, what was typed is kept, nothing is sent, nothing lost."""

from collections.abc import Iterator
from urllib.parse import quote_from_bytes, urlencode

import pytest

from tests.crowd import sql
from tests.person import Person, Seen
from tests.product import Product

# The field of each step.
FIELDS = {
    "phone": "phone",
    "phone-code": "code",
    "email": "email",
    "email-code": "code",
    "password": "password",
}
LONG = "x" * 10_000
CONTROL = "\x00\x07\x1b[2J\x7f\u200b\u202e"
MARKUP = "\"><script>alert('1')</script>{{ 7*7 }}"
FULL_WIDTH = "１２３"
VALUES = ["", "   ", LONG, "9" * 10_000, CONTROL, MARKUP, FULL_WIDTH, "%", "' OR 1=1 --", "é" * 300]
# What looks like code is a good password.
BAD = [(s, v) for s in FIELDS for v in VALUES if (s, v) != ("password", MARKUP)]
MESSAGES = "SELECT count(*) FROM deliveries"
GUESSES = "SELECT coalesce(sum(attempts), 0) FROM phone_verifications"
FORM = {"content-type": "application/x-www-form-urlencoded"}
STRANGE = [
    # Field, what is sent for it, and the sentence that is told.
    ("{0}=1&{0}=2", "One of the answers arrived twice."),
    ("{0}=1&{0}=1", "One of the answers arrived twice."),
    ("{0}[]=1", "One of the answers arrived twice."),
    ("{0}[0]=1&{0}[1]=2", "One of the answers arrived twice."),
    ("{0}=1&{0}[]=2", "One of the answers arrived twice."),
]


@pytest.fixture(autouse=True)
def nothing_happens(product: Product, people: dict[str, Person]) -> Iterator[None]:
    """No message is sent and no guess is counted."""
    before = sql(product, f"SELECT ({MESSAGES}), ({GUESSES})")
    yield
    assert sql(product, f"SELECT ({MESSAGES}), ({GUESSES})") == before


def at(people: dict[str, Person], step: str) -> Person:
    """Whoever is at that step, and still is after all that they sent before."""
    assert people[step].get(f"/signup/{step}").status == 200
    return people[step]


def assert_told_beside(seen: Seen, field: str) -> None:
    assert seen.status == 422
    assert seen.title.startswith("Error: ")
    sentence = seen.alert.removeprefix("There is a problem ").removeprefix("Error: ")
    assert sentence.endswith((".", "?"))
    assert len(sentence) < 120
    in_the_box = f'<a href="#{field}">' in seen.html
    assert in_the_box != (f'id="{field}-error" role="alert"' in seen.html)
    assert f'id="{field}-error"' in seen.html
    assert f'{field}-error" aria-invalid="true"' in seen.html


@pytest.mark.parametrize(("step", "value"), BAD, ids=lambda value: ascii(value)[:20])
def test_a_bad_value_is_told_and_kept(people: dict[str, Person], step: str, value: str) -> None:
    person, field = at(people, step), FIELDS[step]
    seen = person.post(f"/signup/{step}", **{field: value})
    assert_told_beside(seen, field)
    assert "<script>alert" not in seen.html
    assert seen.field(field) == ("" if step == "password" else value)


@pytest.mark.parametrize(("body", "sentence"), STRANGE)
@pytest.mark.parametrize("step", FIELDS)
def test_a_field_in_several_pieces_is_not_put_together(
    people: dict[str, Person], step: str, body: str, sentence: str
) -> None:
    person, field = at(people, step), FIELDS[step]
    token = urlencode({"csrf_token": person.token()})
    content = f"{token}&{body.format(field)}"
    seen = Seen(person.http.post(f"/signup/{step}", content=content, headers=FORM))
    assert_told_beside(seen, field)
    assert sentence in seen.alert


@pytest.mark.parametrize("step", FIELDS)
def test_fields_that_an_extension_put_there_are_ignored(
    people: dict[str, Person], step: str
) -> None:
    person, field = at(people, step), FIELDS[step]
    plain = person.post(f"/signup/{step}", **{field: "x"})
    extra = {f"injected{n}": "1" for n in range(30)}
    token = urlencode({"csrf_token": person.token(), field: "x"})
    content = f"{token}&{urlencode(extra)}&injected1=2&other[]=1&country=AU"
    seen = Seen(person.http.post(f"/signup/{step}", content=content, headers=FORM))
    assert (seen.status, seen.alert) == (plain.status, plain.alert)
    assert seen.field(field) == plain.field(field)


@pytest.mark.parametrize("step", FIELDS)
def test_a_form_without_its_field_is_an_empty_one(people: dict[str, Person], step: str) -> None:
    assert_told_beside(at(people, step).post(f"/signup/{step}"), FIELDS[step])


@pytest.mark.parametrize("step", FIELDS)
def test_a_body_that_is_no_form_is_refused(people: dict[str, Person], step: str) -> None:
    person, field = at(people, step), FIELDS[step]
    token, http = person.token(), person.http
    fields = {"csrf_token": token, field: "1"}
    plain = {"content-type": "text/plain"}
    answers = [
        http.post(f"/signup/{step}", json=fields),
        http.post(f"/signup/{step}", files={field: b"1"}, data={"csrf_token": token}),
        http.post(f"/signup/{step}", content=urlencode(fields), headers=plain),
    ]
    assert [answer.status_code for answer in answers] == [415, 415, 415]
    assert all("We couldn’t read that" in answer.text for answer in answers)


@pytest.mark.parametrize("step", FIELDS)
def test_a_body_over_the_limit_is_refused(people: dict[str, Person], step: str) -> None:
    person = at(people, step)
    body = f"csrf_token={person.token()}&{FIELDS[step]}=".encode()
    pieces = [body, *([b"1" * 1024] * 16)]
    told = person.http.post(f"/signup/{step}", content=b"".join(pieces), headers=FORM)
    untold = person.http.post(f"/signup/{step}", content=iter(pieces), headers=FORM)
    assert (told.status_code, untold.status_code) == (413, 413)
    assert "That was too much" in told.text


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80"])
@pytest.mark.parametrize("escaped", [True, False])
def test_bytes_that_are_no_text_are_refused(
    people: dict[str, Person], raw: bytes, escaped: bool
) -> None:
    person = at(people, "phone")
    value = quote_from_bytes(raw).encode() if escaped else raw
    content = b"csrf_token=%s&phone=%s" % (person.token().encode(), value)
    seen = Seen(person.http.post("/signup/phone", content=content, headers=FORM))
    assert (seen.status, seen.heading) == (400, "We couldn’t read that")


@pytest.mark.parametrize("value", ["%", "%zz", "%1", "+%2"])
def test_broken_percent_signs_are_what_they_look_like(
    people: dict[str, Person], value: str
) -> None:
    person = at(people, "email")
    content = f"csrf_token={person.token()}&email={value}"
    seen = Seen(person.http.post("/signup/email", content=content, headers=FORM))
    assert_told_beside(seen, "email")
    assert seen.field("email") == value.replace("+", " ")


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+44 20 7946 0000", "That looks like a landline."),
        ("+1 876 555 0123", "We can’t text numbers from that country yet."),
        ("+44 909 879 0000", "That number can’t receive texts."),
    ],
)
def test_a_number_that_cannot_be_texted_is_told_why(
    people: dict[str, Person], phone: str, words: str
) -> None:
    seen = at(people, "phone").post("/signup/phone", phone=phone)
    assert_told_beside(seen, "phone")
    assert words in seen.alert
    assert seen.field("phone") == phone
