"""PostgreSQL and Redis stopped, hanging, flushed: what people see, and that nothing is lost by it.

On stores of their own, with the limits that are really in force.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import httpx
import pytest

from app.domain.checks import UNKNOWN
from tests.faults.outages import broken, served_with
from tests.faults.staged import AT_MOST, PAGE, Clocked, until
from tests.faults.stand import STEPS, Stand, someone
from tests.person import Seen, new_email, new_phone
from tests.product import NO_TLS, PATIENCE, Product
from tests.stores import Stores

TOKEN = "token-of-the-operators"
OPERATORS = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def served(own_stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with Product(
        tmp_path_factory.mktemp("served"),
        own_stores.new_database(),
        f"{own_stores.redis_url}?db=0",
        OPS_TOKEN=TOKEN,
    ) as product:
        yield product


def test_flushed_at_every_step_the_sign_up_goes_on(own_stores: Stores, served: Product) -> None:
    phone, email, person = new_phone(), new_email(), someone(served)
    steps = (
        lambda: person.give_phone(phone),
        lambda: person.give_phone_code(phone),
        lambda: person.give_email(email),
        lambda: person.give_email_code(email),
        lambda: person.give_password(),
    )
    for step in steps:
        done = step()
        own_stores.valkey_flush(0)
    assert (done.status, done.path) == (200, "/signup/done")
    assert (len(served.messages(phone)), len(served.messages(email))) == (1, 1)


def test_flushed_counters_start_nowhere_near_zero(own_stores: Stores, served: Product) -> None:
    phone, person = new_phone(), someone(served)
    person.give_phone(phone)
    own_stores.valkey_flush(0)
    again = person.submit("/signup/phone-code/resend")
    assert (again.status, int(again.response.headers["retry-after"]) <= 30) == (429, True)


@pytest.mark.parametrize("how", ["valkey stopped", "valkey suspended"])
def test_without_redis_the_whole_sign_up_runs_from_postgresql(
    own_stores: Stores, served: Product, how: str
) -> None:
    person, phone = someone(served), new_phone()
    with broken(own_stores, served, how):
        done = person.sign_up(phone, new_email())
        assert (done.status, done.path) == (200, "/signup/done")
        assert person.slowest < PAGE
        until(lambda: health(served, "redis") == "warn")  # an answer is kept for 2 s
        assert served_with(served, "/health/ready") == 200
        too_soon(someone(served), phone)
    assert len(served.messages(phone)) == 1


def test_without_redis_sends_are_never_unlimited(own_stores: Stores, served: Product) -> None:
    person = someone(served)
    with broken(own_stores, served, "valkey stopped"):
        answers = []
        for _ in range(12):
            person.http.cookies.clear()
            answers.append(person.submit("/signup/phone", phone=new_phone()).status)
    assert answers == [200] * 10 + [429] * 2


def too_soon(person: Clocked, phone: str) -> None:
    """The number was texted by someone just now."""
    seen = person.submit("/signup/phone", phone=phone)
    assert (seen.status, seen.field("phone")) == (429, phone)


def at_once(stands: list[Stand], what: Callable[[Stand], Seen]) -> list[Seen]:
    with ThreadPoolExecutor(len(stands)) as threads:
        return list(threads.map(what, stands))


# What happens, the steps whose page can still be shown with what was typed into it (passwords never
# are), and those that can be opened: Redis knows what a code page is about, but not of the code.
OUTAGES = [
    ("postgres suspended", {"phone", "phone-code", "email", "email-code"}, [503, 200, 503, 200]),
    ("postgres stopped", {"phone", "phone-code", "email", "email-code"}, [503, 200, 503, 200]),
    ("postgres and valkey stopped", {"phone", "email"}, [503, 503, 503, 503]),
]


@pytest.mark.parametrize(("how", "still_typed", "opened"), OUTAGES)
def test_without_postgresql_nothing_is_done_and_nothing_is_lost(
    own_stores: Stores, served: Product, how: str, still_typed: set[str], opened: list[int]
) -> None:
    until(lambda: health(served, "redis") == "pass")  # after the test before: it keeps what follows
    stands = [Stand(served, step) for step in STEPS]
    at_once(stands, Stand.look)
    with broken(own_stores, served, how):
        entered = at_once(stands, Stand.enter)
        assert [seen.status for seen in entered] == [503] * 5
        assert all(polite(seen) for seen in entered)
        assert kept(entered, stands) == still_typed
        assert [seen.status for seen in at_once(stands[1:], Stand.look)] == opened
        assert max(stand.person.slowest for stand in stands) < AT_MOST
        until(lambda: told_to_operators(served) == (200, 503, 503))
        blamed = {each for name in STORES if name in how for each in STORES[name]}
        until(lambda: list_blamed(served) == blamed)
    at_once(stands, Stand.look)
    assert [seen.status for seen in at_once(stands, Stand.enter)] == [303] * 5


STORES = {"postgres": {"postgres"}, "valkey": {"redis", "limits"}}


def list_blamed(served: Product) -> set[str]:
    """Whom health tells of, but for what it says it cannot know; that it says to everybody."""
    url = f"{served.url}/health"
    operators, anybody = (
        httpx.get(url, headers=headers, timeout=PATIENCE, verify=NO_TLS).json()["checks"]
        for headers in (OPERATORS, {})
    )
    unwell = {name for name, [check] in operators.items() if check["status"] != "pass"}
    unknown = {name for name in unwell if operators[name][0]["output"] == UNKNOWN}
    assert {name for name, [check] in anybody.items() if "output" in check} == unknown
    assert {"twilio:state", "sendgrid:state", "migrations:state"} <= unknown
    return {name.removesuffix(":state") for name in unwell - unknown}


def polite(seen: Seen) -> bool:
    """It says when to come back and takes nothing away."""
    headers = seen.response.headers
    told = "Nothing was lost" in seen.html
    return told and "retry-after" in headers and "set-cookie" not in headers


def kept(entered: list[Seen], stands: list[Stand]) -> set[str]:
    """The steps whose page still shows what was typed."""
    pairs = zip(entered, stands, strict=True)
    return {
        stand.step for seen, stand in pairs
        if all(seen.field(name) == value for name, value in stand.fields.items())
    }  # fmt: skip


def told_to_operators(served: Product) -> tuple[int, int, int]:
    return tuple(served_with(served, f"/health{path}") for path in ("/live", "/ready", ""))


def health(served: Product, name: str) -> str:
    return httpx.get(f"{served.url}/health/{name}", timeout=PATIENCE, verify=NO_TLS).json()[
        "status"
    ]


def test_health_answers_within_a_second_while_both_stores_hang(
    own_stores: Stores, served: Product
) -> None:
    """And tells operators by whom limits are counted meanwhile."""
    took = list[float]()
    with broken(own_stores, served, "postgres and valkey suspended"):
        until(lambda: served_with(served, "/health/ready") == 503)
        while not took or (min(took) > 1.0 and len(took) < 3):  # the machine may be busy
            began = monotonic()
            answer = httpx.get(f"{served.url}/health", headers=OPERATORS, timeout=10, verify=NO_TLS)
            took.append(monotonic() - began)
    told = answer.json()
    assert min(took) <= 1.0
    assert (answer.status_code, told["status"], told["limits"]) == (503, "fail", "postgresql")
    assert told["checks"]["redis:state"][0]["status"] == "warn"
    assert told["clock"]["offset"] is None
