"""Limits when the short memory has forgotten or is gone: PostgreSQL knows what was sent."""

from collections.abc import Callable, Iterator
from time import sleep

import pytest

from app.adapters.redis import SILENCE
from tests.controllers.conftest import Limited
from tests.crowd import answers, at_once, nth_code, sql, wrong, wrong_codes
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.valkeys import Valkey

CODE = "/signup/phone-code"


@pytest.fixture
def forgetful(limited: Limited) -> Iterator[Limited]:
    """Without any short memory."""
    limited.valkey.kill()
    try:
        yield limited
    finally:
        limited.bring_back()


def ask(person: Person, phone: str) -> int:
    person.get("/signup/phone")
    return person.post("/signup/phone", phone=phone).status


def ask_at_once(people: list[Person], phone: str) -> dict[str, int]:
    forms = [{"csrf_token": person.token(), "phone": phone} for person in people]
    posts = [(p, "/signup/phone", form) for p, form in zip(people, forms, strict=True)]
    return dict(answers(at_once(posts)))


def test_what_was_forgotten_is_told_to_the_memory_again(limited: Limited) -> None:
    """And then PostgreSQL is no longer asked: it has forgotten the text here."""
    phone = new_phone()
    assert ask(limited.visitor(), phone) == 303
    limited.flush()
    limited.refill_memory()
    sql(limited.product, "TRUNCATE deliveries")
    assert ask(limited.visitor(), phone) == 303  # to wait on the page of the code
    assert limited.texts(phone) == 0
    assert ask(limited.visitor(), new_phone()) == 303


@pytest.mark.parametrize("counting_since", ["yesterday", "just now"])
def test_ten_people_who_ask_for_one_number_at_once_send_one_text(
    limited: Limited, counting_since: str
) -> None:
    if counting_since == "yesterday":
        limited.age_memory()
    phone = new_phone()
    given = ask_at_once([limited.visitor() for _ in range(10)], phone)
    assert given == {"303 /signup/phone-code": 10}
    assert limited.texts(phone) == 1


def test_they_send_one_text_without_short_memory(forgetful: Limited) -> None:
    phone = new_phone()
    given = ask_at_once([forgetful.visitor() for _ in range(10)], phone)
    assert given == {"303 /signup/phone-code": 1, "429": 9}
    assert forgetful.texts(phone) == 1


def test_a_tally_that_redis_evicted_does_not_allow_a_text(limited: Limited) -> None:
    valkey, phone = Valkey(limited.valkey.socket), new_phone()
    limited.age_memory()
    assert ask(limited.visitor(), phone) == 303
    try:
        valkey.forget_one(f"{{latchkey}}:texts:number:{phone}")
        assert ask(limited.visitor(), phone) == 303
    finally:
        valkey.start_afresh()
    assert limited.texts(phone) == 1


def test_a_flush_between_two_texts_does_not_allow_the_second(limited: Limited) -> None:
    phone = new_phone()
    for _ in range(2):
        assert ask(limited.visitor(), phone) == 303
        limited.flush()
    assert limited.texts(phone) == 1


def test_what_was_sent_in_a_silence_counts_when_the_memory_is_back(limited: Limited) -> None:
    phone, here = new_phone(), "203.0.113.20"
    limited.valkey.kill()
    for texted in [phone, *(new_phone() for _ in range(9))]:
        assert ask(limited.visitor(here), texted) == 303
    limited.product.kill()
    limited.valkey.start()
    limited.product.start()
    limited.age_memory()  # neither it nor this process knows of a silence
    assert ask(limited.visitor(), phone) == 303
    assert ask(limited.visitor(here), new_phone()) == 429
    assert limited.texts(phone) == 1
    assert ask(limited.visitor(), new_phone()) == 303


def test_a_day_is_counted_without_short_memory(forgetful: Limited) -> None:
    forgetful.sent_before(100, region="SE")
    person = forgetful.visitor()
    person.get("/signup/phone")
    assert person.post("/signup/phone", phone="+46701740607").location == "/signup/email"
    assert person.post("/signup/phone", phone=new_phone()).status == 303


def test_a_whole_sign_up_works_without_short_memory(forgetful: Limited) -> None:
    done = forgetful.visitor().sign_up(new_phone(), new_email())
    assert (done.status, done.heading) == (200, "Your account is ready")


def test_the_memory_may_come_back_in_the_middle_of_a_sign_up(limited: Limited) -> None:
    person, phone, email = limited.visitor(), new_phone(), new_email()
    limited.valkey.kill()
    person.give_phone(phone)
    limited.valkey.start()
    assert person.give_phone_code(phone).path == "/signup/email"
    limited.flush()
    assert person.give_email(email).path == "/signup/email-code"
    limited.flush()
    assert person.give_email_code(email).path == "/signup/password"
    assert person.give_password().heading == "Your account is ready"
    sleep(SILENCE)  # the next test is heard by the memory from its start


def texted(limited: Limited, address: str) -> tuple[Person, str]:
    """Someone there who was sent a code, and the code."""
    person, phone = limited.visitor(address), new_phone()
    person.give_phone(phone)
    return person, nth_code(limited.product, phone, 1)


def test_an_address_guesses_wrong_thirty_times_an_hour(limited: Limited) -> None:
    person, code = texted(limited, "203.0.113.9")
    others = wrong_codes(code, 31)
    guesses = [person.post(CODE, code=other).status for other in others[:29]]
    right, its_code = texted(limited, "203.0.113.9")
    assert right.post(CODE, code=its_code).location == "/signup/email"
    guesses += [person.post(CODE, code=other).status for other in others[29:]]
    assert guesses == [422] * 30 + [429]
    late, code = texted(limited, "203.0.113.9")
    refused = late.post(CODE, code=code)
    assert (refused.status, refused.response.headers["retry-after"]) == (429, "3600")
    assert "Too many wrong codes. Try again in 1 hour." in refused.alert
    assert len(sql(limited.product, STOPPED)) == 1
    late.http.headers["x-forwarded-for"] = "203.0.113.10"
    assert late.post(CODE, code=code).location == "/signup/email"


@pytest.mark.parametrize("memory", ["silent", "flushed"])
def test_its_guesses_are_on_record(limited: Limited, memory: str) -> None:
    """Those of its whole network, which has room of its own: no neighbour uses up an address's."""
    person, code = texted(limited, "203.0.113.9")
    neighbour, its_code = texted(limited, "203.0.113.10")
    assert person.post(CODE, code=wrong(code)).status == 422
    sql(limited.product, REPEATED, 148)
    limited.flush() if memory == "flushed" else limited.valkey.kill()
    let_in = neighbour.post(CODE, code=its_code)
    sql(limited.product, ONE_MORE)
    refused = person.post(CODE, code=code)
    if memory == "silent":
        limited.bring_back()
    assert let_in.location == "/signup/email"
    assert (refused.status, refused.response.headers["retry-after"]) == (429, "3600")
    sql(limited.product, "DELETE FROM audit_events WHERE event = 'signup:code_refused'")
    assert person.post(CODE, code=code).location == "/signup/email"


def test_a_network_has_a_limit_of_its_own(another_product: Callable[..., Product]) -> None:
    """A /24, and of IPv6 a /48: one customer may have all of that."""
    three = "wrong_codes_per_network = { windows = [[3600, 3]] }"
    product = another_product(limits=three, TRUSTED_PROXIES="127.0.0.1/32")
    for network in ("203.0.113.{}", "2001:db8:9:{}::1"):
        answers = [wrong_once(product, network.format(number)) for number in range(1, 5)]
        assert answers == [422, 422, 422, 429]
    assert wrong_once(product, "203.0.114.1") == 422


def wrong_once(product: Product, address: str) -> int:
    person, phone = Person(product), new_phone()
    person.http.headers["x-forwarded-for"] = address
    person.give_phone(phone)
    return person.post(CODE, code=wrong(nth_code(product, phone, 1))).status


STOPPED = """
SELECT FROM audit_events WHERE event = 'signup:guess_stopped' AND network = '203.0.113.0/24'
AND details->>'limit' LIKE 'wrong_codes_per_%'
"""
REPEATED = """
INSERT INTO audit_events (event, network)
SELECT event, network FROM audit_events, generate_series(1, $1)
WHERE event = 'signup:code_refused'
"""
ONE_MORE = f"{REPEATED.replace('$1', '1')} LIMIT 1"
