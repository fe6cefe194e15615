"""Health, as load balancers, people on call and browsers ask for it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import pytest
import redis

from app.adapters.postgres import list_revisions, newest_revision
from app.domain.checks import UNKNOWN, Status
from app.domain.health import Area, AreaState
from app.domain.keys import fingerprint_of, keys_for
from app.domain.operators import Operators
from app.main import STATIC
from app.settings import DEVELOPMENT_KEY
from app.web.assets import Assets
from app.web.templates import Templates
from tests.crowd import sql
from tests.faults.staged import until
from tests.person import Person
from tests.product import Product
from tests.stores import Stores

DEPENDENCIES = ("postgres", "redis", "migrations", "keys", "dispatcher", "twilio", "sendgrid",
                "texts", "mails", "pricing", "auth0", "sms-budget", "outbox", "clock", "hashing",
                "limits", "partitions", "secret-key", "restore")  # fmt: skip
READY = ("postgres", "migrations", "keys")
# Each on the page: its name, and what is said of it.
TOKEN = "ops-token-of-a-test"
BEARER = {"authorization": f"Bearer {TOKEN}"}
FAR = 4_000_000_000  # seconds since 1970
FEW_GUESSES = "wrong_passwords_per_address = { windows = [[900, 3]] }"
CHECK = r"<li>\n<h2>([\w-]+): (.*?)</li>"


@pytest.fixture(scope="module")
def guarded(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One whose details are for operators."""
    folder, url = tmp_path_factory.mktemp("guarded"), stores.new_database()
    with (
        Product(
            folder, url, f"{stores.redis_url}?db=3", limits=FEW_GUESSES, OPS_TOKEN=TOKEN
        ) as one,
        redis.Redis.from_url(f"{stores.redis_url}?db=3") as memory,
    ):
        memory.set("{latchkey}:counting_since", 0)  # as on any day but its first
        yield one


def test_a_living_process_says_ok(product: Product) -> None:
    live = Person(product).get("/health/live")
    assert (live.status, live.html) == (200, "ok")
    assert live.response.headers["cache-control"] == "no-store"


def test_a_migrated_product_is_ready(product: Product) -> None:
    ready = Person(product).get("/health/ready")
    assert ready.status == 200
    checks = {"postgres:state", "migrations:state", "keys:state"}
    assert set(ready.response.json()["checks"]) == checks


def test_a_migration_that_was_left_out_is_told_and_keeps_it_from_being_ready(
    guarded: Product,
) -> None:
    """One that came in below the newest, which Alembic alone does not notice."""
    [*_, older, _] = list_revisions()
    sql(guarded, "DELETE FROM schema_revisions WHERE revision = $1", older)
    try:
        until(lambda: Person(guarded).get("/health/ready").status == 503, 10)
        told = Person(guarded).get("/health/migrations", **BEARER).response.json()
    finally:
        sql(guarded, "INSERT INTO schema_revisions (revision) VALUES ($1)", older)
    assert older in told["checks"]["migrations:state"][0]["output"]
    until(lambda: Person(guarded).get("/health/ready").status == 200, 10)


def test_health_has_one_entry_a_dependency(product: Product) -> None:
    health = Person(product).get("/health", accept="application/json")
    assert health.response.headers["content-type"] == "application/health+json"
    body = health.response.json()
    assert body["status"] in ("pass", "warn")
    assert set(body["checks"]) == {f"{name}:state" for name in DEPENDENCIES}


def test_the_page_names_each_dependency_once_the_worst_first(guarded: Product) -> None:
    html = Person(guarded).get("/health", accept="text/html", **BEARER).html
    found = re.findall(CHECK, html, re.DOTALL)
    assert sorted(name for name, _ in found) == sorted(DEPENDENCIES)
    assert found[0][0] == "pricing"  # no prices are published here
    assert not re.search(r"<(p|h2)[^>]*>\s*</\1>", html)
    assert re.search(r"Checked at <time[^>]*>\d\d:\d\d:\d\d UTC</time>", html)


def test_without_postgresql_it_alone_is_blamed(
    another_product: Callable[..., Product],
) -> None:
    product = another_product(DATABASE_URL="postgresql://nobody@/nowhere?host=/nowhere")
    html = Person(product).get("/health", accept="text/html").html
    checks = re.findall(CHECK, html, re.DOTALL)
    [first, *_] = checks
    found = {name: re.search(r'<p class="fine">(.*?)</p>', rest) for name, rest in checks}
    remedies = {name: remedy[1] for name, remedy in found.items() if remedy}
    remedy = "Check that PostgreSQL runs and DATABASE_URL leads to it."
    assert (first[0], remedies) == ("postgres", {"postgres": remedy})
    unknown = {name for name, rest in checks if f"unknown</span></h2>\n<p>{UNKNOWN}</p>" in rest}
    assert {"migrations", "keys", "twilio", "sendgrid", "mails", "pricing"} <= unknown
    verbose = Person(product).get("/health?verbose", accept="*/*").html.splitlines()
    assert {f"[?]{name} {UNKNOWN}" for name in unknown} <= {*verbose}
    assert "no prices are published" not in html
    page = Person(product).get("/status")
    assert (page.status, page.heading) == (200, "We’re having trouble right now")
    assert page.html.count("come back in a few minutes") == 1
    assert "you can sign in" not in page.html  # by no other way either
    assert not re.search("(?i)postgres|redis|latchkey migrate|DATABASE_URL", page.html)


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_one_dependency_can_be_asked_for(product: Product, name: str) -> None:
    one = Person(product).get(f"/health/{name}")
    assert one.status == 200
    assert list(one.response.json()["checks"]) == [f"{name}:state"]


def test_an_unknown_dependency_is_not_found(product: Product) -> None:
    assert Person(product).get("/health/nonsense").status == 404


def test_details_are_for_whoever_has_the_token(guarded: Product) -> None:
    stranger = Person(guarded).get("/health/postgres").response.json()
    operator = Person(guarded).get("/health/postgres", **BEARER).response.json()
    assert "observedValue" not in stranger["checks"]["postgres:state"][0]
    assert operator["checks"]["postgres:state"][0]["observedUnit"] == "ms"


def test_operators_are_told_what_runs_here(guarded: Product) -> None:
    """And nobody else is."""
    told = Person(guarded).get("/health", accept="application/json", **BEARER).response.json()
    assert (told["version"], told["revision"]) == (version("latchkey"), newest_revision())
    assert told["keys"]["secret"] == [fingerprint_of(DEVELOPMENT_KEY)]
    [signing] = Person(guarded).get("/.well-known/jwks.json").response.json()["keys"]
    assert told["keys"]["signing"] == [signing["kid"]]
    assert abs(told["clock"]["offset"]) < 1
    assert (told["outbox"]["messages"], told["hash_queue"], told["limits"]) == (0, 0, "redis")
    stranger = Person(guarded).get("/health", accept="application/json").response.json()
    assert stranger.keys() == {"status", "checks"}
    page = Person(guarded).get("/health", accept="text/html", **BEARER).html
    for shown in (told["revision"], signing["kid"], told["keys"]["secret"][0]):
        assert shown in page
    assert "This server" not in Person(guarded).get("/health", accept="text/html").html


def test_verbose_is_a_line_a_check(guarded: Product) -> None:
    asked = Person(guarded).get("/health?verbose", accept="*/*")
    assert asked.response.headers["content-type"].startswith("text/plain")
    *lines, status = asked.html.splitlines()
    found = [re.fullmatch(r"\[[+!-]\]([\w-]+) (ok|warns|failed)", line) for line in lines]
    assert sorted(line[1] for line in found if line) == sorted(DEPENDENCIES)
    assert ("[!]pricing warns" in lines, status in ("warn", "fail")) == (True, True)
    told = Person(guarded).get("/health?verbose", accept="*/*", **BEARER).html
    assert "[!]pricing warns: no prices are published" in told
    ready = [*(f"[+]{name} ok" for name in READY), "pass"]
    until(lambda: Person(guarded).get("/health/ready?verbose").html.splitlines() == ready)


def details(person: Person) -> bool:
    html = person.get("/health", accept="text/html").html
    note, remedy = "0 sent and 0 failed" in html, "latchkey pricing show" in html
    assert note is remedy
    return note


def test_a_browser_is_shown_them_once_the_token_was_entered(guarded: Product) -> None:
    person = Person(guarded)
    assert not details(person)
    wrong = person.post("/health", token="guess")
    assert (wrong.status, "That isn’t the ops token" in wrong.alert) == (422, True)
    assert person.post("/health", token="x" * 17_000).status == 413
    assert not details(person)
    entered = person.post("/health", token=TOKEN)
    assert (entered.status, entered.location) == (303, "/health")
    [cookie] = [c for c in entered.response.headers.get_list("set-cookie") if c.startswith("ops=")]
    assert "HttpOnly; SameSite=Lax" in cookie
    assert "Max-Age=43200" in cookie
    assert TOKEN not in cookie
    assert details(person)
    assert not details(Person(guarded))


def made_by(token: str, until: int) -> str:
    """What a server with that token would have given a browser."""
    operators = Operators(token, keys_for("operators", (DEVELOPMENT_KEY,)), None, None)  # type: ignore[arg-type]
    return operators.issue_pass(until)


@pytest.mark.parametrize(
    ("shown", "opens"),
    [
        (made_by(TOKEN, FAR), True),
        (made_by(TOKEN, 1), False),
        (made_by("the token before", FAR), False),
        (made_by(TOKEN, 1).replace("1.", f"{FAR}.", 1), False),
        (f"{FAR}.", False),
        ("x.zz", False),
    ],
    ids=["ours", "over", "of another token", "prolonged", "unsigned", "nonsense"],
)
def test_a_pass_is_ours_and_ends(guarded: Product, shown: str, opens: bool) -> None:
    person = Person(guarded)
    person.http.cookies.set("ops", shown)
    assert details(person) is opens


def test_wrong_tokens_are_counted_and_right_ones_are_not(guarded: Product) -> None:
    person = Person(guarded, "127.0.0.9")
    person.get("/health", accept="text/html")
    statuses = []
    for token in (TOKEN, "1", TOKEN, "2", TOKEN, "3", TOKEN):
        statuses.append(person.post("/health", token=token).status)
        person.http.cookies.delete("ops") if token == TOKEN and statuses[-1] == 303 else None
        person.get("/health", accept="text/html")
    assert statuses == [303, 422, 303, 422, 303, 422, 429]
    assert person.http.post("/health", data={"token": TOKEN}).status_code == 403


def test_without_a_token_to_enter_there_is_no_form(product: Product) -> None:
    person = Person(product)
    assert 'name="token"' not in person.get("/health", accept="text/html").html
    assert person.post("/health", token="").status == 404


def test_people_are_told_what_works(product: Product) -> None:
    page = Person(product).get("/status")
    assert (page.status, page.heading) == (200, "Everything is working")
    assert page.html.count(">Working</span>") == 4
    assert re.search(r">Working</span> <span[^>]*>for (less than a|\d+) minute", page.html)
    assert re.search(r'Checked <time datetime="[^"]+\+00:00">just now</time>', page.html)
    assert page.response.headers["cache-control"] == "public, max-age=15"
    assert "set-cookie" not in page.response.headers
    assert 'href="/status"' in Person(product).get("/").html


@pytest.mark.parametrize(
    ("area", "advice"),
    [
        (Area.TEXTS, "sign in with your e-mail and password"),
        (Area.MAILS, "sign in with your phone or your password"),
        (Area.PROVIDER, "Use your phone, or your e-mail and password"),
    ],
)
def test_people_are_told_what_they_can_do_meanwhile(area: Area, advice: str) -> None:
    now = datetime.now(UTC)
    account = AreaState(Area.ACCOUNT, Status.PASS, now)
    areas = [account, AreaState(area, Status.WARN, now - timedelta(minutes=3))]
    pages = Templates(Assets(STATIC, live=False), live=False)
    html = pages.get("status/status.html").render(
        {
            "shell": "_shell/fragment.html",
            "notice": None,
            "areas": areas,
            "status": Status.WARN,
            "checked_at": now,
        }
    )
    assert "Most things are working" in html
    assert advice in html.replace("\N{WORD JOINER}", "")
    assert "for 3 minutes" in html
