"""Health, for load balancers and for people on call; and in other words for whoever wonders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.domain.checks import Check, Status
from app.domain.errors import Refusal
from app.domain.health import Health, worst
from app.domain.operators import STAY
from app.domain.vitals import Vitals, compare_clocks
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.page import PERSONAL, PUBLIC, prerendered_response
from app.web.request_context import find_person
from app.web.response import NO_STORE, HttpResponse, plain_text, redirect_to
from app.web.server import Drain

# What to do about each, for whoever reads the page at night. A vendor's is its adapter's to say.
REMEDIES = {
    "postgres": "Check that PostgreSQL runs and DATABASE_URL leads to it.",
    "redis": "Check that Redis runs and REDIS_URL leads to it. People can go on meanwhile.",
    "migrations": "Run latchkey migrate.",
    "keys": "Run latchkey keys rotate, unless SECRET_KEY is not the one of the other servers.",
    "secret-key": "Give every server each key of SECRET_KEY before one of them puts it first.",
    "dispatcher": "Restart this process; messages wait in the database.",
    "texts": "See who asks for so many (audit events *:send_refused), then raise SMS_DAILY_LIMIT.",
    "sms-budget": "Run latchkey sms status, stop what is too much by latchkey sms stop, or raise"
    " SMS_DAILY_BUDGET.",
    "restore": "Follow docs/restore.md: sessions and passwords of before are back.",
    "mails": "See who asks for so many (audit events *:send_refused), then raise mails_in_all in"
    " LIMITS_FILE.",
    "pricing": "Run latchkey pricing show, then look at PostgreSQL. Prices show their date.",
    "brand": "Run latchkey brand check on BRAND_DIR, then restart. Ours is shown instead.",
    "proxies": "Name the proxy in TRUSTED_PROXIES: all who come through it count as one now.",
    "events": "Run latchkey events test SERVICE, then look at its receiver. Events wait meanwhile.",
    "test-numbers": "Take TEST_NUMBERS out once nobody needs them: their codes open accounts.",
    "outbox": "Look whether its vendor is well, then restart this process. Messages wait.",
    "clock": "Set the clocks of this machine and the database's by NTP: tokens are dated by them.",
    "partitions": "Run latchkey migrate, then look in the log for the work “partitions”. Nothing is"
    " lost meanwhile.",
    "hashing": "Wait, or add cores: who signs in by password is asked to come back in seconds.",
    "limits": "See redis. Nothing is without limits meanwhile.",
    "breached-passwords": "Look at PWNED_PASSWORDS_URL and BREACHED_PASSWORDS_FILE. The built-in"
    " list is in force meanwhile.",
}
SIGNS = {Status.PASS: ("+", "ok"), Status.WARN: ("!", "warns"), Status.FAIL: ("-", "failed")}
UNKNOWN = "unknown"  # the word for one that has not been found out
SEVEREST_FIRST = (Status.FAIL, Status.WARN, Status.PASS)


class HealthController(Controller):
    path = "/health"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/live")
    async def show_live(self) -> HttpResponse:
        """Touches nothing: a process that can answer is alive."""
        response = plain_text(200, "ok")
        response.raw_headers.append(NO_STORE)
        return response

    @get("/ready")
    async def show_ready(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Whether to send people here: not while draining, nor without database or schema."""
        health = Container.from_request(request).health
        drain: Drain = request.app.state.drain
        drain.note_probe()
        checks = await health.check_readiness()
        status = Status.FAIL if health.draining else worst(checks)
        return _as_asked(request, status, checks)

    @get()
    async def show_health(self, request: Request[Any, Any, Any]) -> HttpResponse:
        container = Container.from_request(request)
        checks = await container.health.check_all()
        if not container.get_context(request.scope).info.accepts_html:
            return _as_asked(request, worst(checks), checks, container.vitals.describe())
        return await _as_page(request)

    @post()
    async def submit_token(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """From now on this browser is shown the details."""
        container = Container.from_request(request)
        if not container.operators.exist:
            raise NotFoundException
        context = container.get_context(request.scope)
        form = await read_form(request, ("token",))
        async with errors_shown_on(partial(_as_page, request)):
            context.check_form(form.check)
            shown = await container.operators.enter(form["token"].strip(), context.origin)
        context.cookies.set("ops", shown, int(STAY.total_seconds()))
        return redirect_to("/health", context.cookies.to_set)

    @get("/{name:str}")
    async def show_one(self, request: Request[Any, Any, Any], name: FromPath[str]) -> HttpResponse:
        container = Container.from_request(request)
        if name not in container.health.names:
            return _as_json(request, Status.FAIL, [], code=404)
        check = await container.health.check_one(name)
        return _as_json(request, check.status, [check])


def _as_asked(
    request: Request[Any, Any, Any],
    status: Status,
    checks: list[Check],
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """With `?verbose` a line a check, for a terminal. `more` is for operators."""
    context = Container.from_request(request).get_context(request.scope)
    if "verbose" not in context.info.query_params:
        return _as_json(request, status, checks, more=more)
    has_details = _can_see_details(request)
    lines = [_line(check, has_details=has_details) for check in checks]
    response = plain_text(_code(status), "".join(f"{line}\n" for line in [*lines, status]))
    response.raw_headers.append(NO_STORE)
    return response


def _line(check: Check, *, has_details: bool) -> str:
    """`[+]` for what works, `[-]` for what does not, `[!]` for a warning, `[?]` for who knows."""
    if not check.is_known:
        return f"[?]{check.name} {check.note}"
    sign, word = SIGNS[check.status]
    note = f": {check.note}" if has_details and check.note else ""
    return f"[{sign}]{check.name} {word}{note}"


def _as_json(
    request: Request[Any, Any, Any],
    status: Status,
    checks: list[Check],
    code: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """health+json as in draft-inadarei-api-health-check-06; what failed, and `more`, is for
    operators.
    """
    has_details = _can_see_details(request)
    found = {f"{check.name}:state": [_fact(check, has_details=has_details)] for check in checks}
    shown = more if more and has_details else {}
    body = msgspec.json.encode({"status": status, **shown, "checks": found})
    kind = (b"content-type", b"application/health+json")
    return HttpResponse(code or _code(status), body, [kind, NO_STORE])


def _fact(check: Check, *, has_details: bool) -> dict[str, Any]:
    fact: dict[str, Any] = {"status": check.status, "time": check.at.isoformat()}
    if has_details:
        fact |= {"observedValue": round(check.milliseconds, 1), "observedUnit": "ms"}
    if check.note and (has_details or not check.is_known):
        fact["output"] = check.note
    return fact


async def _as_page(request: Request[Any, Any, Any], refusal: Refusal | None = None) -> HttpResponse:
    """What is worst first."""
    container, has_details = Container.from_request(request), _can_see_details(request)
    checks = await container.health.check_all()
    status = worst(checks)
    values = {
        "status": status,
        "checks": [
            {
                "name": check.name,
                "status": check.status,
                "word": check.status if check.is_known else UNKNOWN,
                "note": check.note if has_details else "",
                "remedy": _remedy(container.health, check) if has_details else "",
            }
            for check in sorted(checks, key=_severity)
        ],
        "checked_at": min(check.at for check in checks),
        "server": _describe_server(container.vitals) if has_details else [],
        "has_details": has_details,
        "asks_for_token": container.operators.exist and not has_details,
    }
    code = None if refusal else _code(status)
    context = container.get_context(request.scope)
    return container.pages.render_page(context, "health/health.html", values, refusal, code)


def _describe_server(vitals: Vitals) -> list[tuple[str, str]]:
    """What it is that is asked here, a line each."""
    found = vitals.describe()
    keys, outbox, offset = found["keys"], found["outbox"], found["clock"]["offset"]
    clock = "unknown" if offset is None else compare_clocks(offset, digits=3)
    queue = f"{outbox['messages']} to be sent, the oldest for {outbox['age'] or 0:.0f} s"
    return [
        ("Version", f"{found['version']}, schema {found['revision']}"),
        ("Signing keys", ", ".join(keys["signing"]) or "none"),
        ("SECRET_KEY", ", ".join(keys["secret"])),
        ("Clock", clock),
        ("Outbox", "unknown" if outbox["messages"] is None else queue),
        ("Hash queue", str(found["hash_queue"])),
        ("Limits are counted by", found["limits"] or "unknown"),
    ]


def _severity(check: Check) -> tuple[int, bool]:
    """The least of what is worst; what nobody knows comes after what warns."""
    return SEVEREST_FIRST.index(check.status), not check.is_known


def _remedy(health: Health, check: Check) -> str:
    """What nobody knows has none of its own."""
    if check.status is Status.PASS or not check.is_known:
        return ""
    return health.remedies.get(check.name) or REMEDIES[check.name]


def _code(status: Status) -> int:
    return 503 if status is Status.FAIL else 200


def _can_see_details(request: Request[Any, Any, Any]) -> bool:
    """With the operators' token, or where it was entered; on a developer's own machine anybody."""
    container = Container.from_request(request)
    operators = container.operators
    if not operators.exist:
        return container.is_local
    if operators.are_shown(request.headers.get("authorization", "")):
        return True
    return operators.knows_pass(container.get_context(request.scope).cookies.read("ops") or "")


# The same for people: what works, in their words, and what else they can do.


STATUS_PAGE = "status/status.html"
CACHED = [*PUBLIC, (b"cache-control", b"public, max-age=15")]


class StatusController(Controller):
    path = "/status"
    include_in_schema = False

    @get()
    async def show_status(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Always 200: the page itself is well."""
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        areas, now = await container.health.look_at_areas(), datetime.now(UTC)
        values = {"areas": areas, "status": worst(areas), "checked_at": now}
        if context.session.exist or context.remembered.notice:
            await find_person(context, container.sessions, container.people)
            return container.pages.render_page(context, STATUS_PAGE, values, caching=PERSONAL)
        page = container.pages.prerender(context.info, STATUS_PAGE, values)
        return prerendered_response(context.info.accepts_gzip, page, b"", CACHED)
