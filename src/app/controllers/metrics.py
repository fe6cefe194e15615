"""Metrics for Prometheus, as text (exposition format 0.0.4): what all workers of this server have
counted, and how things are now.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException

from app.domain.checks import Check, Status
from app.domain.delivery.spending import MILLIONTHS, STEPS
from app.domain.errors import Unavailable
from app.domain.health import worst
from app.domain.metrics import FAMILIES, Family, Series, Values, current_numbers
from app.domain.vitals import Waiting
from app.web.container import Container
from app.web.response import NO_STORE, HttpResponse

TEXT_TYPE = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Sample:
    """What is so now; None where it is not known. Those of one name stand together."""

    name: str
    help: str
    value: float | None
    labels: Mapping[str, str] = field(default_factory=dict)


def render_metrics(
    families: Iterable[Family], counted: Mapping[Series, Values], samples: Iterable[Sample]
) -> str:
    lines = [*_counted_lines(families, counted), *_sample_lines(samples)]
    return "".join(f"{line}\n" for line in lines)


def _counted_lines(families: Iterable[Family], counted: Mapping[Series, Values]) -> Iterator[str]:
    found: dict[str, list[tuple[tuple[str, ...], Values]]] = {}
    for (name, labels), values in counted.items():
        found.setdefault(name, []).append((labels, values))
    for family in families:
        yield from _head(family.name, family.help, family.kind)
        nothing = [] if family.labels else [((), (0.0,) * family.size)]
        for labels, values in sorted(found.get(family.name, nothing)):
            named = dict(zip(family.labels, labels, strict=True))
            if family.bounds:
                yield from _buckets(family, named, values)
            else:
                yield _line(family.name, named, values[0])


def _buckets(family: Family, labels: Mapping[str, str], values: Values) -> Iterator[str]:
    *counts, in_all = values
    so_far = 0.0
    for bound, count in zip((*map(_number, family.bounds), "+Inf"), counts, strict=True):
        so_far += count
        yield _line(f"{family.name}_bucket", {**labels, "le": bound}, so_far)
    yield _line(f"{family.name}_sum", labels, in_all)
    yield _line(f"{family.name}_count", labels, so_far)


def _sample_lines(samples: Iterable[Sample]) -> Iterator[str]:
    last = ""
    for sample in samples:
        if sample.name != last:
            yield from _head(sample.name, sample.help, "gauge")
            last = sample.name
        if sample.value is not None:
            yield _line(sample.name, sample.labels, sample.value)


def _head(name: str, help: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inner = ",".join(f'{label}="{text.translate(ESCAPED)}"' for label, text in labels.items())
    return f"{name}{{{inner}}} {_number(value)}" if inner else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


LIMIT = 1.0  # seconds that a store is waited for
LEVELS = {Status.PASS: 0.0, Status.WARN: 1.0, Status.FAIL: 2.0}


class MetricsController(Controller):
    path = "/metrics"
    include_in_schema = False

    @get()
    async def show_metrics(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """For whoever has the operators' token; for anybody else there is nothing here."""
        container = Container.from_request(request)
        if not container.operators.are_shown(request.headers.get("authorization", "")):
            raise NotFoundException
        samples = [sample async for sample in _look(container)]
        text = render_metrics(FAMILIES.values(), current_numbers().read_all(), samples)
        return HttpResponse(200, text.encode(), [TEXT_TYPE, NO_STORE])


async def _look(container: Container) -> AsyncIterator[Sample]:
    """What a store does not tell just now is left out."""
    for sample in [*await _health_samples(container), *_vital_samples(container)]:
        yield sample
    for sample in [*_price_samples(container), *_breaker_samples(container)]:
        yield sample
    with suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(LIMIT):
            async for sample in _budget_samples(container):
                yield sample


async def _health_samples(container: Container) -> list[Sample]:
    health = container.health
    checks = await health.check_all()
    ready = worst(await health.check_readiness()) is not Status.FAIL and not health.draining
    name, help = "latchkey_check_state", "0 for pass, 1 for warn, 2 for fail."
    return [
        Sample("latchkey_ready", "Whether it may get traffic.", ready),
        *(Sample(name, help, _level(each), {"check": each.name}) for each in checks),
    ]


def _level(check: Check) -> float | None:
    return LEVELS[check.status] if check.is_known else None


def _vital_samples(container: Container) -> Iterator[Sample]:
    """As the checks have just found them."""
    vitals, release = container.vitals, container.vitals.release
    labels = {"version": release.version, "revision": release.revision}
    yield Sample("latchkey_build_info", "What runs here.", 1, labels)
    numbers = current_numbers()
    running, wanted = numbers.count_processes(), numbers.workers
    yield Sample("latchkey_workers", "Processes that count together.", running)
    yield Sample("latchkey_workers_configured", "How many of them there should be.", wanted)
    help = "How far this machine's clock is ahead of the database's."
    yield Sample("latchkey_clock_offset_seconds", help, vitals.clock_offset)
    if vitals.limits_by:
        help = "Who counts what is limited."
        yield Sample("latchkey_limits_counted_by", help, 1, {"store": vitals.limits_by})
    yield from outbox_samples(vitals.waiting)


def outbox_samples(waiting: Sequence[Waiting] | None) -> Iterator[Sample]:
    """Also of those of which nothing waits; without a number where that is not known."""
    found = {(each.channel, each.kind): each for each in waiting or ()}
    kinds = [(channel, kind) for channel in ("sms", "email") for kind in ("code", "notice")]
    for name, help in (
        ("messages", "Messages that are not sent yet."),
        ("age_seconds", "For how long the oldest one has waited."),
        ("overdue_seconds", "How long ago one of them should have been tried."),
    ):
        for channel, kind in kinds:
            each = found.get((channel, kind), Waiting(channel, kind, 0, 0.0, 0.0))
            value = None if waiting is None else getattr(each, name.removesuffix("_seconds"))
            yield Sample(f"latchkey_outbox_{name}", help, value, {"channel": channel, "kind": kind})


def _price_samples(container: Container) -> Iterator[Sample]:
    current = container.prices.get_known()
    help = "Where the prices that are shown come from."
    yield Sample("latchkey_pricing_source", help, 1, {"source": current.source})
    age = (current.now - current.as_of).total_seconds() if current.as_of else None
    yield Sample("latchkey_pricing_age_seconds", "Since PostgreSQL last said so.", age)


def _breaker_samples(container: Container) -> Iterator[Sample]:
    dispatcher = container.dispatcher
    for channel, senders in (("sms", dispatcher.texts), ("email", dispatcher.mail)):
        for sender in senders.all:
            labels = {"channel": channel, "vendor": sender.name}
            help = "Whether this vendor is left alone for a while."
            yield Sample("latchkey_breaker_open", help, sender.breaker.is_open, labels)


async def _budget_samples(container: Container) -> AsyncIterator[Sample]:
    spent = await container.text_spending.look()
    used = {name: (await container.daily_caps.look(name)).percent for name in ("sms", "email")}
    if spent:
        labels = {"currency": spent.currency}
        help = "Cost of the texts and calls of today (UTC)."
        yield Sample("latchkey_text_cost_today", help, spent.spent / MILLIONTHS, labels)
        help = "What they may cost in a day."
        yield Sample("latchkey_text_budget_today", help, spent.budget / MILLIONTHS, labels)
    percents = {"money": spent.percent} if spent else {}
    percents |= {"texts": used["sms"], "mails": used["email"]}
    for budget, percent in percents.items():
        help = "Of a day's budget, 1 for all of it."
        yield Sample("latchkey_budget_used_ratio", help, percent / 100, {"budget": budget})
    for budget, percent in percents.items():
        reached = max((step for step in STEPS if percent >= step), default=0)
        help = "The highest share in percent that is told: 0, 50, 80 or 100."
        yield Sample("latchkey_budget_level", help, reached, {"budget": budget})
