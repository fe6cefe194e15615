"""A recovery while PostgreSQL or Redis is away: politely put off, or none the worse for it."""

from collections.abc import Iterator

import pytest

from tests.crowd import sql
from tests.faults.staged import AT_MOST, PAGE
from tests.faults.stand import someone
from tests.faults.test_stores import broken, polite
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, mails, recovery_code
from tests.stores import Stores

STEPS = ("email", "email-code", "password")
ACCOUNT = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
ATTEMPTS = "SELECT attempts, user_id FROM email_verifications WHERE email = $1"


@pytest.fixture(scope="module")
def served(own_stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("recovering")
    with Product(folder, own_stores.new_database(), f"{own_stores.redis_url}?db=4") as product:
        yield product


class Forgetful:
    """Someone at a step of a recovery, with the right thing in flight to enter there."""

    def __init__(self, served: Product, step: str) -> None:
        self.step, self.person = step, someone(served)
        self.phone, self.email = new_phone(), new_email()
        sql(served, ACCOUNT, self.phone, self.email)
        for earlier in STEPS[: STEPS.index(step)]:
            assert self.person.submit(f"/recovery/{earlier}", **self.answer(earlier)).status == 200
        self.person.get(f"/recovery/{step}")
        self.fields = self.answer(step)

    def answer(self, step: str) -> dict[str, str]:
        match step:
            case "email":
                return {"email": self.email}
            case "email-code":
                return {"code": recovery_code(self.person.product, self.email)}
        return {"password": NEW_PASSWORD}

    def enter(self) -> Seen:
        return self.person.post(f"/recovery/{self.step}", **self.fields)


@pytest.mark.parametrize("how", ["postgres stopped", "postgres suspended"])
def test_without_postgresql_nothing_is_done_and_nothing_is_lost(
    own_stores: Stores, served: Product, how: str
) -> None:
    people = [Forgetful(served, step) for step in STEPS]
    with broken(own_stores, served, how):
        entered = [one.enter() for one in people]
        assert [seen.status for seen in entered] == [503] * 3
        assert all(polite(seen) for seen in entered)
        assert entered[0].field("email") == people[0].email
        assert [one.person.get(f"/recovery/{one.step}").status for one in people[1:]] == [503] * 2
        assert max(one.person.slowest for one in people) < AT_MOST
    [proof] = sql(served, ATTEMPTS, people[1].email)
    assert (proof["attempts"], proof["user_id"]) == (0, None)
    for one, leads_to in zip(people, ("email-code", "password", "login"), strict=True):
        one.person.get(f"/recovery/{one.step}")
        assert leads_to in one.enter().location


def test_without_redis_a_recovery_runs_from_postgresql(own_stores: Stores, served: Product) -> None:
    with broken(own_stores, served, "valkey stopped"):
        someone = Forgetful(served, "password")
        done = someone.enter()
        assert (done.status, done.location) == (303, "/login/password")
        assert someone.person.slowest < PAGE
        mails(served, someone.phone, "password was changed", 1)


def test_killed_anywhere_a_recovery_goes_on_at_its_last_step(served: Product) -> None:
    people = [Forgetful(served, step) for step in STEPS]
    served.kill()
    served.start()
    for one in people:
        assert one.person.get(f"/recovery/{one.step}").status == 200
        assert one.enter().status == 303
    signed_in = Person(served).submit(
        "/login/password", email=people[-1].email, password=NEW_PASSWORD
    )
    assert signed_in.path == "/account"
