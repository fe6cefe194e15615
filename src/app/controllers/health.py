"""Health, for load balancers, for people on call, and for whoever wonders."""

import hmac
from typing import Any

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath

from app.domain.health import Check, Status, worst
from app.web.answer import Answer, plain
from app.web.parts import Parts

# What to do about each, for whoever reads the page at night.
REMEDIES = {
    "postgres": "Check that PostgreSQL runs and DATABASE_URL leads to it.",
    "redis": "Check that Redis runs and REDIS_URL leads to it. People can go on meanwhile.",
    "migrations": "Run latchkey migrate.",
    "keys": "Run latchkey keys rotate, unless SECRET_KEY is not the one of the other servers.",
    "dispatcher": "Restart this process; messages wait in the database.",
    "twilio": "Look at Twilio's status page and at the last code. Texts are tried again.",
    "sendgrid": "Look at SendGrid's status page and at the last code. E-mail is tried again.",
    "pricing": "Run latchkey pricing show, then look at PostgreSQL. Prices show their date.",
    "auth0": "Look at Auth0's status page, then at AUTH0_ISSUER. People can use their phones.",
}
# What reads PostgreSQL has no other remedy while it is away.
READ_POSTGRES = ("migrations", "keys", "dispatcher", "twilio", "sendgrid", "pricing")
NO_STORE = (b"cache-control", b"no-store")


class HealthController(Controller):
    path = "/health"
    include_in_schema = False

    @get("/live")
    async def show_live(self) -> Answer:
        """Touches nothing: a process that can answer is alive."""
        answer = plain(200, "ok")
        answer.answer_headers.append(NO_STORE)
        return answer

    @get("/ready")
    async def show_ready(self, request: Request[Any, Any, Any]) -> Answer:
        """Whether to send people here: not while draining, nor without database or schema."""
        health = Parts.of(request).health
        checks = await health.ready()
        status = Status.FAIL if health.draining else worst(checks)
        return _as_json(request, status, checks)

    @get()
    async def show_health(self, request: Request[Any, Any, Any]) -> Answer:
        parts = Parts.of(request)
        checks = await parts.health.all()
        if not parts.visit(request).wants_html:
            return _as_json(request, worst(checks), checks)
        return _as_page(request, worst(checks), checks)

    @get("/{name:str}")
    async def show_one(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Answer:
        parts = Parts.of(request)
        if name not in parts.health.names:
            return _as_json(request, Status.FAIL, [], code=404)
        check = await parts.health.one(name)
        return _as_json(request, check.status, [check])


def _as_json(
    request: Request[Any, Any, Any], status: Status, checks: list[Check], code: int | None = None
) -> Answer:
    """health+json as in draft-inadarei-api-health-check-06; what failed is for operators."""
    told = _may_see_details(request)
    found = {f"{check.name}:state": [_fact(check, told=told)] for check in checks}
    body = msgspec.json.encode({"status": status, "checks": found})
    kind = (b"content-type", b"application/health+json")
    return Answer(code or _code(status), body, [kind, NO_STORE])


def _fact(check: Check, *, told: bool) -> dict[str, Any]:
    fact: dict[str, Any] = {"status": check.status, "time": check.at.isoformat()}
    if told:
        fact |= {"observedValue": round(check.milliseconds, 1), "observedUnit": "ms"}
    if told and check.note:
        fact["output"] = check.note
    return fact


def _as_page(request: Request[Any, Any, Any], status: Status, checks: list[Check]) -> Answer:
    parts, told = Parts.of(request), _may_see_details(request)
    away = any(check.name == "postgres" and check.status is Status.FAIL for check in checks)
    rows = [
        (check.name, check.status, check.note if told else "", _remedy(check, away=away))
        for check in checks
    ]
    return parts.pages.page(
        parts.visit(request),
        "health/health.html",
        {"status": status, "checks": rows},
        status=_code(status),
    )


def _remedy(check: Check, *, away: bool) -> str:
    """`away` says that PostgreSQL is."""
    if check.status is Status.PASS:
        return ""
    return "Waits for PostgreSQL." if away and check.name in READ_POSTGRES else REMEDIES[check.name]


def _code(status: Status) -> int:
    return 503 if status is Status.FAIL else 200


def _may_see_details(request: Request[Any, Any, Any]) -> bool:
    """With the operators' token; on a developer's own machine anybody."""
    parts = Parts.of(request)
    if not parts.ops_token:
        return not parts.production
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {parts.ops_token}".encode())
