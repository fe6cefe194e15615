"""Many at once: two processes, real stores, and everybody in the same millisecond."""

from collections.abc import Iterator

import pytest

from tests.crowd import answers, at_once, nth_code, post_at_once, sql, wrong, wrong_codes
from tests.person import Person, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores

PASSWORD = "seven otters paint slowly"
ATTEMPTS = "SELECT attempts, consumed_at IS NOT NULL AS used FROM phone_verifications"
EVENTS = """
SELECT count(*) FROM audit_events WHERE event = $1 AND flow_id IN
  (SELECT flow_id FROM phone_verifications WHERE phone = $2)
"""


@pytest.fixture(scope="module")
def busy(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two processes over one pair of stores."""
    folder, redis = tmp_path_factory.mktemp("busy"), f"{stores.redis_url}?db=2"
    product = Product(folder, stores.new_database(), redis, limits=GENEROUS)
    yield product.start("--workers", "2")
    product.close()


def with_code(product: Product, phone: str) -> Person:
    """Someone who has just been texted."""
    person = Person(product)
    person.give_phone(phone)
    return person


def with_everything_proved(product: Product, phone: str, email: str) -> Person:
    person = with_code(product, phone)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    return person


def users(product: Product, **contact: str) -> int:
    [(column, value)] = contact.items()
    return sql(product, f"SELECT count(*) FROM users WHERE {column} = $1", value)[0]["count"]


def test_of_fifty_guesses_at_once_five_are_looked_at(busy: Product) -> None:
    phone = new_phone()
    person = with_code(busy, phone)
    code = busy.code_for(phone)
    guesses = [{"code": other} for other in wrong_codes(code, 50)]
    given = post_at_once(person, "/signup/phone-code", 1, *guesses)
    assert answers(given) == {"422": 50}
    assert sum("isn’t the code we sent" in answer.text for answer in given) == 5
    [row] = sql(busy, f"{ATTEMPTS} WHERE phone = $1", phone)
    assert (row["attempts"], row["used"]) == (5, False)
    refused = person.post("/signup/phone-code", code=code)
    assert (refused.status, refused.heading) == (422, "That code is locked")


def test_the_same_wrong_guess_fifty_times_at_once_counts_once(busy: Product) -> None:
    phone = new_phone()
    person = with_code(busy, phone)
    code = busy.code_for(phone)
    given = post_at_once(person, "/signup/phone-code", 50, code=wrong(code))
    assert answers(given) == {"422": 50}
    assert sum("isn’t the code we sent" in answer.text for answer in given) == 50
    assert sql(busy, f"{ATTEMPTS} WHERE phone = $1", phone)[0]["attempts"] == 1
    assert person.post("/signup/phone-code", code=code).location == "/signup/email"


def test_guesses_of_four_browsers_at_once_share_the_budget_of_the_number(busy: Product) -> None:
    phone, posts = new_phone(), []
    for sent in range(1, 5):
        person = with_code(busy, phone)
        others = wrong_codes(nth_code(busy, phone, sent), 5)
        forms = [{"csrf_token": person.token(), "code": other} for other in others]
        posts += [(person, "/signup/phone-code", form) for form in forms]
    given = at_once(posts)
    assert answers(given) == {"422": 10, "429": 10}
    [row] = sql(busy, "SELECT sum(attempts) FROM phone_verifications WHERE phone = $1", phone)
    assert row["sum"] == 10


def test_the_right_code_sixteen_times_at_once_counts_once(busy: Product) -> None:
    phone = new_phone()
    person = with_code(busy, phone)
    given = post_at_once(person, "/signup/phone-code", 16, code=busy.code_for(phone))
    assert answers(given) == {"303 /signup/email": 16}
    assert sql(busy, EVENTS, "signup:phone_proved", phone)[0]["count"] == 1
    [row] = sql(busy, f"{ATTEMPTS} WHERE phone = $1", phone)
    assert row["used"]


def test_the_right_mail_code_sixteen_times_at_once_counts_once(busy: Product) -> None:
    phone, email = new_phone(), new_email()
    person = with_code(busy, phone)
    person.give_phone_code(phone)
    person.give_email(email)
    given = post_at_once(person, "/signup/email-code", 16, code=busy.code_for(email))
    assert answers(given) == {"303 /signup/password": 16}
    assert sql(busy, EVENTS, "signup:email_proved", phone)[0]["count"] == 1


def test_the_right_code_of_a_known_number_signs_in_once(busy: Product) -> None:
    phone = new_phone()
    Person(busy).sign_up(phone, new_email())
    person = with_code(busy, phone)
    given = post_at_once(person, "/signup/phone-code", 16, code=nth_code(busy, phone, 2))
    assert answers(given) == {"303 /signup/done": 16}
    assert sum("access=" in str(answer.headers) for answer in given) == 1
    # Whoever lost the one answer that signs in still sees where they are.
    assert person.get("/signup/done").heading == "Welcome back"


def test_ten_same_phone_forms_at_once_send_one_text(busy: Product) -> None:
    phone = new_phone()
    person = Person(busy)
    person.get("/signup/phone")
    given = post_at_once(person, "/signup/phone", 10, phone=phone)
    assert answers(given) == {"303 /signup/phone-code": 10}
    assert len({answer.headers["set-cookie"] for answer in given}) == 1
    busy.code_for(phone)
    assert sql(busy, "SELECT 1 FROM deliveries WHERE destination = $1", phone) == [(1,)]


def test_ten_same_mail_forms_at_once_send_one_mail(busy: Product) -> None:
    phone, email = new_phone(), new_email()
    person = with_code(busy, phone)
    person.give_phone_code(phone)
    given = post_at_once(person, "/signup/email", 10, email=email)
    assert answers(given) == {"303 /signup/email-code": 10}
    busy.code_for(email)
    assert sql(busy, "SELECT 1 FROM deliveries WHERE destination = $1", email) == [(1,)]


def test_two_numbers_at_once_in_one_browser_leave_one_live_code(busy: Product) -> None:
    person = Person(busy)
    person.get("/signup/phone")
    phones = [{"phone": new_phone()}, {"phone": new_phone()}]
    given = post_at_once(person, "/signup/phone", 1, *phones)
    assert answers(given) == {"303 /signup/phone-code": 2}
    live = sql(
        busy,
        "SELECT 1 FROM phone_verifications WHERE ended_at IS NULL AND phone = ANY($1)",
        [form["phone"] for form in phones],
    )
    assert len(live) == 1


def test_fifty_finishing_forms_make_one_account(busy: Product) -> None:
    phone = new_phone()
    person = with_everything_proved(busy, phone, new_email())
    given = post_at_once(person, "/signup/password", 50, password=PASSWORD)
    assert answers(given) == {"303 /signup/done": 50}
    assert users(busy, phone=phone) == 1
    assert not any("notice=existing" in str(answer.headers) for answer in given)
    assert sql(busy, EVENTS, "signup:completed", phone)[0]["count"] == 1


def test_sign_ups_of_one_number_that_finish_together_make_one_account(busy: Product) -> None:
    phone, email = new_phone(), new_email()
    people = [with_everything_proved(busy, phone, email)]
    for sent in range(2, 5):
        people.append(with_code(busy, phone))
        nth_code(busy, phone, sent)
        assert people[-1].give_phone_code(phone).path == "/signup/password"
    forms = [{"csrf_token": person.token(), "password": PASSWORD} for person in people]
    posts = [(person, "/signup/password", form) for person, form in zip(people, forms, strict=True)]
    # Who came too late for the account opens it with a proof of now, not with an earlier one.
    assert answers(at_once(posts * 10)) == {"303 /signup/done": 10, "303 /signup/phone": 30}
    assert users(busy, phone=phone) == 1


def test_one_address_proved_with_four_numbers_makes_one_account(busy: Product) -> None:
    email, people = new_email(), []
    for sent in range(1, 5):
        phone = new_phone()
        people.append(with_code(busy, phone))
        people[-1].give_phone_code(phone)
        people[-1].give_email(email)
        nth_code(busy, email, sent)
        people[-1].give_email_code(email)
    forms = [{"csrf_token": person.token(), "password": PASSWORD} for person in people]
    given = at_once([(p, "/signup/password", form) for p, form in zip(people, forms, strict=True)])
    assert answers(given) == {"303 /signup/done": 1, "409": 3}
    assert users(busy, email=email) == 1
