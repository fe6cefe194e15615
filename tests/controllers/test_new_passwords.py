"""A new password, wherever one is chosen: what is refused, what it costs, how often it is tried."""

import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from tests.crowd import sql
from tests.faults.staged import until
from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.product import GENEROUS, NO_TLS, PATIENCE, Product
from tests.recovering import at_password
from tests.standins.pwned_passwords import PwnedPasswordsStandIn, sha1_of

FREEZING = "4@({[<69!1|7$5+passwordpasswordpasswordpasswordpasswordpasswordpassword"[:72]
KNOWN = ["Summer2026!!", "Winter2025!!", "correcthorsebatterystaple", "thisismypassword"]
KNOWN += ["India@123456"]
GENEROUS_BUT_HERE = "".join(
    line for line in GENEROUS.splitlines(keepends=True) if not line.startswith("new_passwords")
)
COMPOSED = "Größe-überquert-Café-9"
STORED = "SELECT password_hash FROM users WHERE email = $1"
STORE = "UPDATE users SET password_hash = $2 WHERE email = $1"


def at_signup(product: Product) -> tuple[Person, str]:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    assert person.give_email_code(email).path == "/signup/password"
    return person, "/signup/password"


def at_recovery(product: Product) -> tuple[Person, str]:
    return at_password(product, Holder(product).email), "/recovery/password"


def at_account(product: Product) -> tuple[Person, str]:
    holder = Holder(product)
    holder.get("/account/password")
    return holder, "/account/password"


At = Callable[[Product], tuple[Person, str]]
FORMS = pytest.mark.parametrize("at", [at_signup, at_recovery, at_account])


@FORMS
def test_what_is_known_from_break_ins_is_refused(product: Product, at: At) -> None:
    person, form = at(product)
    for password in KNOWN:
        refused = person.post(form, password=password)
        assert (refused.status, "too easy to guess" in refused.alert) == (422, True), password


def times_alive(product: Product, busy: Callable[[], bool]) -> int:
    """How often it says that it is alive, while something goes on."""
    times = 0
    with httpx.Client(base_url=product.url, verify=NO_TLS, timeout=PATIENCE) as probe:
        while busy():
            assert probe.get("/health/live").status_code == 200
            times += 1
    return times


@FORMS
def test_no_password_keeps_the_process_from_answering(product: Product, at: At) -> None:
    """Six of those that took zxcvbn most of a second each, at once."""
    people = [at(product) for _ in range(6)]
    with ThreadPoolExecutor(len(people)) as browsers:
        posts = [
            browsers.submit(person.post, form, password=f"{FREEZING[number:]}{number}")
            for number, (person, form) in enumerate(people)
        ]
        alive = times_alive(product, lambda: not all(post.done() for post in posts))
    assert alive > 3 * len(people), "not only between two of them"
    assert {post.result().status for post in posts} <= {422, 303, 503}


@FORMS
def test_ten_are_tried_in_an_hour(emptied_product: Callable[..., Product], at: At) -> None:
    person, form = at(emptied_product(limits=GENEROUS_BUT_HERE))
    for number in range(10):
        assert person.post(form, password=f"password{number}password").status == 422
    assert person.post(form, password="too short").status == 422
    refused = person.post(form, password="seven tidy otters juggle")
    assert refused.status == 429
    assert "You’ve tried a lot of new passwords. Try again in 1 hour." in refused.alert
    assert int(refused.response.headers["retry-after"]) % 60 == 0


def test_a_password_of_older_bytes_signs_in_and_is_hashed_anew(product: Product) -> None:
    holder = Holder(product)
    older = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(
        unicodedata.normalize("NFD", COMPOSED)
    )
    sql(product, STORE, holder.email, older)
    holder.elsewhere(COMPOSED)
    [row] = sql(product, STORED, holder.email)
    assert row["password_hash"] != older
    PasswordHasher().verify(row["password_hash"], COMPOSED)
    holder.elsewhere(unicodedata.normalize("NFD", COMPOSED))
    assert sql(product, STORED, holder.email) == [row]


def test_a_password_chosen_decomposed_is_the_same_composed(product: Product) -> None:
    holder = Holder(product)
    landed = holder.submit("/account/password", password=unicodedata.normalize("NFD", COMPOSED))
    assert landed.path == "/account"
    holder.elsewhere(COMPOSED)


def test_a_file_of_breached_passwords_is_looked_at(
    another_product: Callable[..., Product], tmp_path: Path
) -> None:
    path = tmp_path / "breached.txt"
    path.write_text(sha1_of(COMPOSED) + ":3\n")
    person, form = at_signup(another_product(BREACHED_PASSWORDS_FILE=str(path)))
    for typed in (COMPOSED, unicodedata.normalize("NFD", COMPOSED)):
        refused = person.post(form, password=typed)
        assert (refused.status, "leaked in a break-in" in refused.alert) == (422, True)
    assert person.post(form, password="seven tidy otters juggle").status == 303


def test_the_api_is_asked_and_told_in_health_when_it_is_down(
    another_product: Callable[..., Product],
) -> None:
    with PwnedPasswordsStandIn(COMPOSED) as stand_in:
        product = another_product(PWNED_PASSWORDS_URL=stand_in.url)
        person, form = at_signup(product)
        refused = person.post(form, password=COMPOSED)
        assert (refused.status, "leaked in a break-in" in refused.alert) == (422, True)
        assert check(product)["status"] == "pass"
    assert person.post(form, password=COMPOSED).status == 303
    until(lambda: check(product)["status"] == "warn")


def check(product: Product) -> dict[str, str]:
    body = Person(product).get("/health/breached-passwords").response.json()
    found: dict[str, str] = body["checks"]["breached-passwords:state"][0]
    return found
