"""Metrics, as Prometheus asks for them: of two workers, one of which is killed."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from app.controllers.metrics import outbox_samples, render_metrics
from tests.crowd import wrong
from tests.faults.staged import until
from tests.metrics import (
    ALERTS,
    BEARER,
    TOKEN,
    end_worker,
    prometheus,
    query,
    scrape,
    value,
    workers,
)
from tests.person import Person, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores
from tests.test_house import ROOT

DASHBOARD = ROOT / "ops/grafana/latchkey.json"
ENDS = {"histogram": ("_bucket", "_sum", "_count")}
HISTOGRAM = re.compile("_(bucket|sum|count)$")
NAME = re.compile(r"\blatchkey_\w+")
MOST_SERIES = 6000  # lines of one scrape, with all that these tests have asked for
FUNNEL = (
    "signup:code_sent", "signup:phone_proved", "signup:email_proved", "signup:completed",
    "session:opened",
)  # fmt: skip


@pytest.fixture(scope="module")
def counted(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two workers."""
    folder, url = tmp_path_factory.mktemp("counted"), stores.new_database()
    redis_url = f"{stores.redis_url}?db=5"
    product = Product(folder, url, redis_url, limits=GENEROUS, OPS_TOKEN=TOKEN, WORKERS="2")
    with product as running:
        yield running


def test_without_the_token_there_are_no_metrics(counted: Product, product: Product) -> None:
    for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
        assert Person(counted).get("/metrics", **given).status == 404
    assert Person(product).get("/metrics", **BEARER).status == 404
    assert Person(product).get("/metrics", authorization="Bearer").status == 404


def test_one_scrape_has_what_both_workers_counted(counted: Product) -> None:
    before = scrape(counted).sum("latchkey_requests_total", route="/login", status="200")
    for _ in range(20):
        Person(counted).get("/login")
    found = scrape(counted)
    assert found.sum("latchkey_requests_total", route="/login", status="200") == before + 20
    assert found.sum("latchkey_request_seconds_count", route="/login") == before + 20
    assert found.sum("latchkey_workers") == found.sum("latchkey_workers_configured") == 2


def test_what_is_not_known_of_the_outbox_is_left_out_and_not_told_as_nothing() -> None:
    known = render_metrics([], {}, outbox_samples([]))
    assert 'latchkey_outbox_overdue_seconds{channel="sms",kind="code"} 0\n' in known
    assert "{" not in render_metrics([], {}, outbox_samples(None))


def test_what_a_killed_worker_counted_stays_and_its_successor_goes_on(counted: Product) -> None:
    before = scrape(counted).sum("latchkey_requests_total", route="/login")
    killed = end_worker(counted, signal.SIGKILL)
    until(lambda: killed not in workers(counted), 20)
    until(lambda: scrape(counted).sum("latchkey_workers") == 2, 20)
    assert scrape(counted).sum("latchkey_requests_total", route="/login") == before
    Person(counted).get("/login")
    assert scrape(counted).sum("latchkey_requests_total", route="/login") == before + 1


def test_each_step_of_a_sign_up_is_counted(counted: Product) -> None:
    before, person = scrape(counted), Person(counted)
    phone, email = new_phone(), new_email()
    person.give_phone(phone)
    person.submit("/signup/phone-code", code=wrong(counted.code_for(phone)))
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().path == "/signup/done"
    now = scrape(counted)

    def more(name: str, **labels: str) -> float:
        return now.sum(name, **labels) - before.sum(name, **labels)

    counts = {event: more("latchkey_events_total", event=event) for event in FUNNEL}
    assert counts == dict.fromkeys(FUNNEL, 1) | {
        "signup:code_sent": 2
    }  # to the number, and to the address
    assert more("latchkey_refusals_total", code="wrong_code") == 1
    assert more("latchkey_codes_proved_total", channel="sms", guesses="2") == 1
    assert more("latchkey_code_seconds_count", channel="email") == 1
    assert more("latchkey_sends_total", channel="sms", region="AU", outcome="sent") == 1
    assert more("latchkey_sessions_opened_total") == 1
    assert more("latchkey_hash_wait_seconds_count") == 1
    assert more("latchkey_text_cost_today", currency="USD") > 0


def test_no_number_address_or_path_is_a_label(counted: Product) -> None:
    person, phone, email = Person(counted), new_phone(), new_email()
    person.sign_up(phone, email)
    for number in range(30):
        person.get(f"/nowhere/{number}")
        person.get(f"/health/{number}")
        person.get(f"/static/{number}.css")
    found = scrape(counted)
    for hidden in (phone, phone[4:], email, "nowhere", "css", "127.0.0.1"):
        assert hidden not in found.text
    assert found.sum("latchkey_requests_total", route="/health/{name}", status="404") == 30
    assert found.sum("latchkey_requests_total", route="none", status="404") >= 30
    assert len(found.samples) < MOST_SERIES


def test_promtool_finds_nothing_wrong_with_it(counted: Product) -> None:
    told = subprocess.run(
        ["promtool", "check", "metrics"],
        input=scrape(counted).text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


@pytest.fixture(scope="module")
def watching(counted: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A Prometheus that has asked once."""
    with prometheus(tmp_path_factory.mktemp("prometheus"), counted) as client:
        until(lambda: value(client, "up") == 1)
        yield client


def test_a_real_prometheus_has_the_sums_of_both_workers(
    counted: Product, watching: httpx.Client
) -> None:
    logins = 'sum(latchkey_requests_total{route="/login"})'
    Person(counted).get("/login")
    here = scrape(counted).sum("latchkey_requests_total", route="/login")
    until(lambda: value(watching, logins) == here)
    assert (value(watching, "latchkey_workers"), value(watching, "latchkey_ready")) == (2, 1)
    [group] = watching.get("/rules").json()["data"]["groups"]
    assert len(group["rules"]) == ALERTS.read_text().count("- alert: ")


def expressions() -> list[str]:
    """Of the dashboard, with a time in the place of Grafana's own."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    targets = [target for panel in panels for target in panel.get("targets", ())]
    return [target["expr"].replace("$__rate_interval", "1m") for target in targets]


def test_dashboard_and_alerts_ask_only_for_what_there_is(watching: httpx.Client) -> None:
    """Of all that a server tells of, seen or not yet, Prometheus has the kind."""
    told = watching.get("/metadata").json()["data"]
    ours = {name: kinds[0]["type"] for name, kinds in told.items() if NAME.match(name)}
    known = {f"{name}{end}" for name, kind in ours.items() for end in ENDS.get(kind, ("",))}
    asked = {name for text in (*expressions(), ALERTS.read_text()) for name in NAME.findall(text)}
    assert asked <= known
    assert {re.sub(HISTOGRAM, "", name) for name in asked} == set(ours), "all is shown somewhere"
    for expression in expressions():
        query(watching, expression)
