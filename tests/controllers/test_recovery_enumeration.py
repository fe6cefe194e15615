"""Nobody learns from a recovery whether an address has an account (promise 1)."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
from redis import Redis

from app.controllers.code_words import WORDS
from app.domain.delivery.outbox import ON_ITS_WAY
from app.domain.verification.codes import EMAIL
from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import Person, Seen, new_phone
from tests.product import Product
from tests.recovering import ask, recovery_code
from tests.timing import BY_CHANCE, time_of, told_apart, twin_addresses
from tests.twins import Twins, long_email

HERE = "/recovery/email-code"
HTMX = {"hx-request": "true"}
ACCOUNT = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
KNOWN = """
INSERT INTO users (id, phone, email)
SELECT gen_random_uuid(), '+46708' || (100000 + n), $1 || n || '@example.org'
FROM generate_series(100, 399) n
"""
EXPIRE = """
UPDATE email_verifications SET expires_at = clock_timestamp() - make_interval(secs => $2)
WHERE email = $1
"""
# A notice went to the owner a moment ago, as after a sign-in from a new device.
NOTICE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at, state)
VALUES (gen_random_uuid(), 'email', 'new_device', $1, '', '127.0.0.0/24', clock_timestamp(), 'sent')
"""


def account(product: Product) -> str:
    """The address of someone with an account, who was sent a notice just now."""
    email = long_email()
    sql(product, ACCOUNT, new_phone(), email)
    sql(product, NOTICE, email)
    return email


@contextmanager
def mail_broken(product: Product) -> Iterator[None]:
    """Nothing can be handed over for a while."""
    outbox = product.folder / ".latchkey" / "outbox.jsonl"
    kept = outbox.rename(outbox.with_suffix(".kept"))
    outbox.mkdir()
    try:
        yield
    finally:
        outbox.rmdir()
        kept.rename(outbox)


def plain(person: Person) -> Person:
    person.http.headers["accept-encoding"] = "identity"
    return person


@pytest.fixture
def twins(product: Product) -> Twins:
    people = plain(Person(product)), plain(Person(product))
    return Twins(people, (account(product), long_email()))


def test_every_page_is_the_same_for_an_address_nobody_has(twins: Twins) -> None:
    twins.get("/recovery/email")
    assert twins.post("/recovery/email", email="CONTACT").location == "/recovery/email-code"
    for path in ("/recovery/email-code", "/recovery/email?change", "/recovery/password"):
        twins.get(path)
        twins.get(path, **HTMX)
    twins.get("/recovery/email-code/delivery", **HTMX)
    twins.get("/recovery/email-code")
    assert twins.post("/recovery/email", email="CONTACT").status == 303  # a double click
    for _ in range(2):
        assert twins.post("/recovery/email-code/resend").status == 303
        twins.get("/recovery/email-code")
        refused = [twins.post("/recovery/email-code", code=f"{n:08}") for n in range(6)]
        assert [seen.status for seen in refused] == [422] * 6


def test_both_wait_and_are_limited_alike(limited: Limited) -> None:
    known, new = account(limited.product), long_email()
    for sends in range(7):
        people = plain(limited.visitor()), plain(limited.visitor())
        twins = Twins(people, (known, new))
        twins.get("/recovery/email")
        assert twins.post("/recovery/email", email="CONTACT").status == 303
        twins.get("/recovery/email-code")
        assert twins.post("/recovery/email-code/resend").status == 429
        limited.wait(61 if sends % 2 else 0)
    assert limited.texts(known) - 1 == limited.texts(new) == 4


def answered(seen: list[Seen], email: str) -> list[tuple[int, str, str]]:
    """Each answer without its secrets and clocks."""
    own = re.compile(r'value="[^"]{40,}"|[0-9]+ seconds?|[0-9]+ more minutes|[0-9]{2}:[0-9]{2}|'
                     r'seconds="[0-9]+"')  # fmt: skip
    return [(one.status, one.location, own.sub("", one.html.replace(email, ""))) for one in seen]


def told(limited: Limited, email: str) -> list[tuple[int, str, str]]:
    """Every page of a recovery, from the code page to the resend after the wait."""
    person = plain(limited.visitor())
    seen = [ask(person, email)]
    limited.settle()
    seen += [person.get(HERE), person.get(f"{HERE}/delivery", **HTMX)]
    seen += [person.post(HERE, code="00000000"), person.post(f"{HERE}/resend"), person.get(HERE)]
    limited.wait(61)
    seen += [person.post(f"{HERE}/resend")]
    limited.settle()
    seen += [person.get(HERE), person.post(f"{HERE}/resend")]
    return answered(seen, email)


def use_up(limited: Limited, email: str, most: int = 5) -> None:
    """Others ask for mails to there, each in a browser and network of their own."""
    for _ in range(most):
        ask(limited.visitor(), email)
        limited.wait(61)


def test_a_mailbox_that_others_used_up_is_told_of_like_a_new_one(limited: Limited) -> None:
    used, new = long_email(), long_email()
    use_up(limited, used)
    assert told(limited, used) == told(limited, new)
    assert limited.texts(used) == 5


def changed(limited: Limited, email: str, others: int) -> list[tuple[int, str, str]]:
    """Asks once, has guessed once, others ask, and asks again for the very same address."""
    person = plain(limited.visitor())
    ask(person, email)
    person.get(HERE)
    person.post(HERE, code="00000000")
    limited.wait(61)
    use_up(limited, email, others)
    seen = [person.get("/recovery/email?change")]
    seen += [person.post("/recovery/email?change", email=email)]
    limited.settle()
    seen += [person.get(HERE), person.post(HERE, code="00000001"), person.post(f"{HERE}/resend")]
    return answered(seen, email)


def there_and_back(limited: Limited, email: str) -> list[tuple[int, str, str]]:
    """Asks, asks for another address that is used up, and then for the first one again."""
    use_up(limited, other := long_email())
    person = plain(limited.visitor())
    ask(person, email)
    limited.wait(61)
    for to in (other, email):
        person.get("/recovery/email?change")
        person.post("/recovery/email?change", email=to)
        limited.wait(61)
    seen = [person.get(HERE), person.post(f"{HERE}/resend")]
    limited.settle()
    return answered([*seen, person.get(HERE)], email)


def pressed_twice(limited: Limited, email: str) -> list[tuple[int, str, str]]:
    """Where the code was tried too often, so that each press asks for a new one."""
    person = plain(limited.visitor())
    ask(person, email)
    person.get(HERE)
    for number in range(5):
        person.post(HERE, code=f"{number:08}")
    limited.wait(61)
    seen = [person.get(HERE), person.post(f"{HERE}/resend"), person.post(f"{HERE}/resend")]
    limited.settle()
    return answered([*seen, person.get(HERE)], email)


def come_back_late(limited: Limited, email: str) -> list[tuple[int, str, str]]:
    """A moment after the code has expired, and ten minutes after that."""
    person = plain(limited.visitor())
    ask(person, email)
    expire(limited, email, 1)
    seen = [person.get(HERE), person.post(HERE, code="00000000")]
    expire(limited, email, 601)
    return answered([*seen, person.get(HERE), person.post(f"{HERE}/resend")], email)


def expire(limited: Limited, email: str, seconds: int) -> None:
    """As if all codes to there had ended so long ago."""
    sql(limited.product, EXPIRE, email, seconds)
    with Redis.from_url(limited.valkey.url) as client:
        for key in client.keys("{latchkey}:unsent:*"):
            kept = json.loads(client.get(key) or "")
            ended = datetime.now(UTC) - timedelta(seconds=seconds)
            if kept["destination"] == email:
                kept["expires_at"] = ended.isoformat()
                client.set(key, json.dumps(kept), keepttl=True)
                assert client.ttl(key) > 2100, "longer than the code"


@pytest.mark.parametrize("deeds", [there_and_back, pressed_twice, come_back_late])
def test_whatever_is_done_tells_nothing_of_others(
    limited: Limited, deeds: Callable[[Limited, str], list[tuple[int, str, str]]]
) -> None:
    use_up(limited, used := long_email())
    assert deeds(limited, used) == deeds(limited, long_email())
    assert limited.texts(used) == 5


def test_asking_again_for_the_same_address_tells_nothing_of_others(limited: Limited) -> None:
    assert changed(limited, used := long_email(), 4) == changed(limited, long_email(), 0)
    assert limited.texts(used) == 5


def test_a_code_that_was_sent_stays_good_when_the_next_one_is_not(limited: Limited) -> None:
    email = account(limited.product)
    person = limited.visitor()
    ask(person, email)
    code = recovery_code(limited.product, email)
    limited.wait(61)
    use_up(limited, email, 4)
    person.get("/recovery/email?change")
    person.post("/recovery/email?change", email=email)
    person.get(HERE)
    assert person.post(HERE, code="00000000").status == 422
    assert person.post(HERE, code=code).location == "/recovery/password"
    assert person.get("/recovery/password").status == 200


def line(person: Person) -> str:
    found = re.search(r'class="delivery[^>]*>(.*?)</p>', person.get(HERE).html, re.DOTALL)
    return found[1].strip() if found else ""


def test_while_no_mail_goes_out_none_is_told_as_sent(limited: Limited) -> None:
    used, new = long_email(), long_email()
    use_up(limited, used)
    with mail_broken(limited.product):
        people = limited.visitor(), limited.visitor()
        ask(people[0], new)
        sleep(0.5)
        ask(people[1], used)
        sleep(ON_ITS_WAY + 1)
        assert line(people[1]) == line(people[0]) == str(WORDS[EMAIL.name].on_its_way)


def test_one_that_begins_without_the_short_memory_is_told_of_alike(limited: Limited) -> None:
    used, new = long_email(), long_email()
    use_up(limited, used)
    limited.valkey.stop()
    seen = []
    try:
        for email in (used, new):
            person = plain(limited.visitor())
            pages = [ask(person, email)]
            sleep(ON_ITS_WAY)
            pages += [person.get(HERE), person.post(f"{HERE}/resend"), person.get(HERE)]
            seen.append(answered(pages, email))
    finally:
        limited.bring_back()
    assert seen[0] == seen[1]


def test_both_are_locked_alike(limited: Limited) -> None:
    people = plain(limited.visitor()), plain(limited.visitor())
    twins = Twins(people, (account(limited.product), long_email()))
    twins.get("/recovery/email")
    for _ in range(3):
        twins.post("/recovery/email?change", email="CONTACT")
        twins.get("/recovery/email-code")
        for number in range(5):
            refused = twins.post("/recovery/email-code", code=f"{number:08}")
        limited.wait(61)
    assert refused.status == 429
    assert "Too many wrong codes for this address" in refused.alert


def test_it_takes_as_long_for_a_known_address(product: Product) -> None:
    person = Person(product)
    sql(product, KNOWN, known := f"known.{new_phone()[-8:]}.")

    def seconds(email: str) -> float:
        person.get("/recovery/email?change")
        return time_of(person, "/recovery/email", 303, email=email)

    assert told_apart(twin_addresses(range(100, 200), known), seconds) < BY_CHANCE
