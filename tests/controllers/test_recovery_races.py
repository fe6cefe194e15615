"""Many finish one recovery at once: two processes, real stores, and one new password."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crowd import answers, at_once, post_at_once, sql
from tests.faults.staged import held, until, waiting
from tests.holder import PASSWORD, Holder
from tests.person import Person
from tests.product import GENEROUS, Product
from tests.recovering import NEW_PASSWORD, at_code, at_password, mails, recovery_code, sign_in
from tests.stores import Stores

PASSWORDS = [f"{count} quiet herons paddle" for count in ("three", "eight")]
COUNT = """
SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.user_id
WHERE u.email = $1 AND e.event = 'recovery:completed'
"""
PROVED = """
SELECT count(*) FROM audit_events WHERE event = 'recovery:email_proved' AND flow_id IN
  (SELECT flow_id FROM email_verifications WHERE email = $1)
"""
LIVE = """
SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id
WHERE u.email = $1 AND s.revoked_at IS NULL
"""
# What a recovery does to the row of the person, held open before its commit.
RESET = """
SELECT 1 FROM users WHERE email = '{email}' FOR UPDATE;
UPDATE users SET password_hash = NULL, password_changed_at = clock_timestamp()
WHERE email = '{email}'
"""


@pytest.fixture(scope="module")
def busy(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two processes over one pair of stores."""
    folder, redis = tmp_path_factory.mktemp("busy"), f"{stores.redis_url}?db=2"
    product = Product(folder, stores.new_database(), redis, limits=GENEROUS)
    yield product.start("--workers", "2")
    product.close()


def count(product: Product, statement: str, email: str) -> int:
    return int(sql(product, statement, email)[0]["count"])


@pytest.mark.parametrize("times", range(3))
def test_of_two_finishing_forms_one_wins(busy: Product, times: int) -> None:
    owner = Holder(busy)
    person = at_password(busy, owner.email)
    given = post_at_once(person, "/recovery/password", 1, *({"password": p} for p in PASSWORDS))
    assert answers(given) == {"303 /login/password": 2}
    won = [n for n in (0, 1) if "notice=password-reset;" in str(given[n].headers)]
    assert len(won) == 1
    signed_in = [sign_in(busy, owner.email, p).status == 200 for p in PASSWORDS]
    assert signed_in == [n in won for n in (0, 1)]
    assert count(busy, COUNT, owner.email) == 1
    assert len(mails(busy, owner.phone, "password was changed", 1)) == 1


def test_sixteen_same_finishing_forms_are_answered_alike(busy: Product) -> None:
    owner = Holder(busy)
    person = at_password(busy, owner.email)
    given = post_at_once(person, "/recovery/password", 16, password=NEW_PASSWORD)
    assert answers(given) == {"303 /login/password": 16}
    assert all("notice=password-reset;" in str(answer.headers) for answer in given)
    assert count(busy, COUNT, owner.email) == 1
    assert sign_in(busy, owner.email, NEW_PASSWORD).path == "/account"


def test_of_two_recoveries_of_one_account_at_once_one_wins(busy: Product) -> None:
    owner = Holder(busy)
    people = [at_password(busy, owner.email, nth) for nth in (1, 2)]
    forms = [
        (person, "/recovery/password", {"csrf_token": person.token(), "password": password})
        for person, password in zip(people, PASSWORDS, strict=True)
    ]
    assert answers(at_once(forms))["303 /login/password"] >= 1
    assert sorted(sign_in(busy, owner.email, p).status for p in PASSWORDS) == [200, 422]
    assert count(busy, COUNT, owner.email) == 1


def test_the_right_code_sixteen_times_at_once_counts_once(busy: Product) -> None:
    owner = Holder(busy)
    person = at_code(busy, owner.email)
    code = recovery_code(busy, owner.email)
    given = post_at_once(person, "/recovery/email-code", 16, code=code)
    assert answers(given) == {"303 /recovery/password": 16}
    assert count(busy, PROVED, owner.email) == 1


def test_ten_same_forms_at_once_send_one_mail(busy: Product) -> None:
    owner, person = Holder(busy), Person(busy)
    person.get("/recovery/email")
    given = post_at_once(person, "/recovery/email", 10, email=owner.email)
    assert answers(given) == {"303 /recovery/email-code": 10}
    mails(busy, owner.email, "choose a new password", 1)
    sent = "SELECT count(*) FROM deliveries WHERE destination = $1 AND template = 'recovery_code'"
    assert count(busy, sent, owner.email) == 1


def test_sign_ins_with_the_old_password_leave_no_session_behind(busy: Product) -> None:
    """Raced against the reset: whatever they got is ended, or they got nothing."""
    owner = Holder(busy)
    person, visitors = at_password(busy, owner.email), [Person(busy) for _ in range(12)]
    old = {"email": owner.email, "password": PASSWORD}
    forms = [(v, "/login/password", {"csrf_token": v.token(), **old}) for v in visitors]
    reset = {"csrf_token": person.token(), "password": NEW_PASSWORD}
    forms.insert(4, (person, "/recovery/password", reset))
    assert answers(at_once(forms))["303 /login/password"] == 1
    assert count(busy, LIVE, owner.email) == 0


def test_a_password_that_is_replaced_while_it_is_looked_at_opens_nothing(busy: Product) -> None:
    owner = Holder(busy)
    with ThreadPoolExecutor() as threads:
        with held(busy.env["DATABASE_URL"], RESET.format(email=owner.email)):
            attempt = threads.submit(sign_in, busy, owner.email, PASSWORD)
            until(lambda: waiting(busy.env["DATABASE_URL"]) > 0)
        assert attempt.result().status == 422
    assert count(busy, LIVE, owner.email) == 1  # that of the sign-up, which nobody ended
