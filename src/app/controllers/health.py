"""Health, for load balancers, for people on call, and for whoever wonders."""

from typing import Any

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath

from app.domain.health import Check, Health, Status, worst
from app.domain.keys import is_same
from app.web.container import Container
from app.web.response import HttpResponse, plain_text

# What to do about each, for whoever reads the page at night. A vendor's is its adapter's to say.
REMEDIES = {
    "postgres": "Check that PostgreSQL runs and DATABASE_URL leads to it.",
    "redis": "Check that Redis runs and REDIS_URL leads to it. People can go on meanwhile.",
    "migrations": "Run latchkey migrate.",
    "keys": "Run latchkey keys rotate, unless SECRET_KEY is not the one of the other servers.",
    "dispatcher": "Restart this process; messages wait in the database.",
    "texts": "See who asks for so many (audit events *:send_refused), then raise SMS_DAILY_LIMIT.",
    "mails": "See who asks for so many (audit events *:send_refused), then raise mails_in_all in"
    " LIMITS_FILE.",
    "pricing": "Run latchkey pricing show, then look at PostgreSQL. Prices show their date.",
    "proxies": "Name the proxy in TRUSTED_PROXIES: all who come through it count as one now.",
    "breached-passwords": "Look at PWNED_PASSWORDS_URL and BREACHED_PASSWORDS_FILE. The built-in"
    " list is in force meanwhile.",
}
NO_STORE = (b"cache-control", b"no-store")


class HealthController(Controller):
    path = "/health"
    include_in_schema = False

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
        checks = await health.check_readiness()
        status = Status.FAIL if health.draining else worst(checks)
        return _as_json(request, status, checks)

    @get()
    async def show_health(self, request: Request[Any, Any, Any]) -> HttpResponse:
        container = Container.from_request(request)
        checks = await container.health.check_all()
        if not container.get_context(request).info.accepts_html:
            return _as_json(request, worst(checks), checks)
        return _as_page(request, worst(checks), checks)

    @get("/{name:str}")
    async def show_one(self, request: Request[Any, Any, Any], name: FromPath[str]) -> HttpResponse:
        container = Container.from_request(request)
        if name not in container.health.names:
            return _as_json(request, Status.FAIL, [], code=404)
        check = await container.health.check_one(name)
        return _as_json(request, check.status, [check])


def _as_json(
    request: Request[Any, Any, Any], status: Status, checks: list[Check], code: int | None = None
) -> HttpResponse:
    """health+json as in draft-inadarei-api-health-check-06; what failed is for operators."""
    has_details = _can_see_details(request)
    found = {f"{check.name}:state": [_fact(check, has_details=has_details)] for check in checks}
    body = msgspec.json.encode({"status": status, "checks": found})
    kind = (b"content-type", b"application/health+json")
    return HttpResponse(code or _code(status), body, [kind, NO_STORE])


def _fact(check: Check, *, has_details: bool) -> dict[str, Any]:
    fact: dict[str, Any] = {"status": check.status, "time": check.at.isoformat()}
    if has_details:
        fact |= {"observedValue": round(check.milliseconds, 1), "observedUnit": "ms"}
    if has_details and check.note:
        fact["output"] = check.note
    return fact


def _as_page(request: Request[Any, Any, Any], status: Status, checks: list[Check]) -> HttpResponse:
    container, has_details = Container.from_request(request), _can_see_details(request)
    away = any(check.name == "postgres" and check.status is Status.FAIL for check in checks)
    rows = []
    for check in checks:
        note, remedy = (
            check.note if has_details else "",
            _remedy(container.health, check, away=away),
        )
        rows.append((check.name, check.status, note, remedy))
    return container.pages.render_page(
        container.get_context(request),
        "health/health.html",
        {"status": status, "checks": rows},
        status=_code(status),
    )


def _remedy(health: Health, check: Check, *, away: bool) -> str:
    """`away` says that PostgreSQL is: what reads it has no other remedy meanwhile."""
    if check.status is Status.PASS:
        return ""
    if away and check.name in health.read_database:
        return "Waits for PostgreSQL."
    return health.remedies.get(check.name) or REMEDIES[check.name]


def _code(status: Status) -> int:
    return 503 if status is Status.FAIL else 200


def _can_see_details(request: Request[Any, Any, Any]) -> bool:
    """With the operators' token; on a developer's own machine anybody."""
    container = Container.from_request(request)
    if not container.ops_token:
        return container.is_local
    given = request.headers.get("authorization", "")
    return is_same(given.encode(), f"Bearer {container.ops_token}".encode())
