"""Traces, as a collector gets them: what a request and a message spent their time on."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.faults.conftest import between_vendors
from tests.faults.staged import Staged, until
from tests.person import Person, new_phone
from tests.standins.collector import CollectedSpan, CollectorStandIn
from tests.stores import Stores

# Of a proxy, or of whoever says so.
THEIRS, THEIR_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SCRIPT = "EVALSHA redis_count.lua"
TRACEPARENT = f"00-{THEIRS}-{THEIR_SPAN}-01"


@pytest.fixture(scope="module")
def traced(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory, collector: CollectorStandIn
) -> Iterator[Staged]:
    """Behind a proxy on 127.0.0.1."""
    env = {**collector.environment, "TRUSTED_PROXIES": "127.0.0.1/32"}
    with between_vendors(tmp_path_factory.mktemp("traced"), stores, **env) as product:
        yield product.start()


@pytest.fixture
def fresh(stores: Stores, tmp_path: Path, collector: CollectorStandIn) -> Iterator[Staged]:
    """One that nobody has started, and that hands nothing over by itself."""
    env = {**collector.environment, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
    with between_vendors(tmp_path, stores, **env) as product:
        yield product


def lines(product: Staged, **facts: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in product.log.read_text().splitlines()]
    return [each for each in found if facts.items() <= each.items()]


def posted_phone(traced: Staged, collector: CollectorStandIn, phone: str) -> CollectedSpan:
    person = Person(traced)
    person.get("/signup/phone")
    seen = person.post("/signup/phone", phone=phone)
    asked = seen.response.headers["x-request-id"]
    return collector.find("POST /signup/phone", **{"latchkey.request_id": asked})


def test_a_step_is_a_span_with_its_statements_and_commands(
    traced: Staged, collector: CollectorStandIn
) -> None:
    # On a busy machine Redis may just be left alone.
    until(lambda: collector.has_part(posted_phone(traced, collector, new_phone()), SCRIPT))
    step = collector.find("POST /signup/phone")
    assert (step.kind, step.parent, step.failed) == ("server", "", False)
    assert step.facts["http.route"] == "/signup/phone"
    assert step.facts["http.response.status_code"] == 303
    assert step.resource["service.name"] == "latchkey"
    parts = collector.parts_of(step, "BEGIN", "COMMIT")
    assert {part.kind for part in parts} == {"client"}
    by_system = {(part.facts["db.system.name"], part.name) for part in parts}
    assert ("redis", SCRIPT) in by_system
    assert ("postgresql", "phone.start_code") in by_system
    assert all(0 <= part.seconds <= step.seconds for part in parts)
    [told] = lines(traced, event="request", request_id=step.facts["latchkey.request_id"])
    assert told["trace_id"] == step.trace


def test_a_message_is_linked_to_whoever_queued_it_and_its_vendor_hears_of_no_trace(
    traced: Staged, collector: CollectorStandIn
) -> None:
    phone = new_phone()
    step = posted_phone(traced, collector, phone)
    asked = step.facts["latchkey.request_id"]
    sent = collector.find("send sms", **{"latchkey.request_id": asked})
    assert (sent.kind, sent.links) == ("consumer", [(step.trace, step.id)])
    assert sent.facts["latchkey.template"] == "phone_code"
    [call] = [p for p in collector.parts_of(sent, "POST 127.0.0.1") if p.name[:4] == "POST"]
    assert call.facts["http.response.status_code"] == 201
    assert lines(traced, event="message handed over", trace_id=sent.trace)
    assert traced.twilio.headers & {"traceparent", "tracestate", "baggage"} == set()
    assert traced.twilio.headers


def test_a_refusal_is_named_and_a_page_that_is_not_there_has_no_route(
    traced: Staged, collector: CollectorStandIn
) -> None:
    person = Person(traced)
    person.submit("/signup/phone", phone="12")
    person.get("/nowhere/a-secret")
    refused = collector.find("POST /signup/phone", **{"http.response.status_code": 422})
    assert refused.facts["latchkey.refusal"]
    lost = collector.find("GET", **{"http.response.status_code": 404})
    assert "http.route" not in lost.facts


def test_only_a_proxy_of_ours_says_which_trace_a_request_belongs_to(
    traced: Staged, collector: CollectorStandIn
) -> None:
    def asked_from(address: str) -> CollectedSpan:
        seen = Person(traced, address).get("/login", traceparent=TRACEPARENT)
        asked = seen.response.headers["x-request-id"]
        return collector.find("GET /login", **{"latchkey.request_id": asked})

    through = asked_from("127.0.0.1")
    assert (through.trace, through.parent) == (THEIRS, THEIR_SPAN)
    own = asked_from("127.0.0.2")
    assert own.parent == ""
    assert own.trace != THEIRS


def test_what_machines_poll_is_in_no_trace(traced: Staged, collector: CollectorStandIn) -> None:
    Person(traced).get("/health/ready")
    Person(traced).get("/status")
    collector.find("GET /status")
    assert not [s for s in collector.spans if "health" in s.facts.get("http.route", "")]
    # Nor what is looked at again and again by itself.
    assert {"outbox.claim_due"} & {s.name for s in collector.spans} == set()


def test_a_collector_that_is_away_is_told_once_and_slows_nobody(
    traced: Staged, collector: CollectorStandIn
) -> None:
    collector.stop()
    person = Person(traced)
    away = {"event": "The collector of traces is unavailable", "reason": "connection refused"}
    began = monotonic()
    until(lambda: person.get("/signup/phone").status == 200 and bool(lines(traced, **away)))
    assert monotonic() - began < 10
    person.give_phone(new_phone())
    collector.start()
    until(lambda: bool(lines(traced, event="The collector of traces answers again")))
    assert len(lines(traced, **away)) == 1


@pytest.mark.parametrize("hangs", [False, True])
def test_a_stop_hands_over_what_workers_have_and_waits_for_no_collector_that_hangs(
    fresh: Staged, collector: CollectorStandIn, hangs: bool
) -> None:
    fresh.env |= {"OTEL_EXPORTER_OTLP_TIMEOUT": "60", "DRAIN_SECONDS": "4" if hangs else "20"}
    fresh.start("--workers", "2")
    parent, before, usual = fresh.pid, len(collector.spans), collector.usual
    for _ in range(10):
        Person(fresh).get("/signup/phone")
    assert collector.spans[before:] == []
    if hangs:
        collector.hang()
    began = monotonic()
    assert fresh.stop() == 0
    collector.usual = usual
    assert monotonic() - began < 8 or not hangs
    left = [each for each in collector.spans[before:] if each.name == "GET /signup/phone"]
    assert len(left) == (0 if hangs else 10)
    assert parent not in {each.resource["process.pid"] for each in left}
