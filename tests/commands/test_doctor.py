"""`latchkey doctor`: each thing that can be wrong is named, with its fix, and hides no other."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic, time
from typing import Any

import pytest
from click.testing import Result

from app.adapters.postgres import list_revisions, newest_revision
from app.commands.checks.database import _policy
from app.commands.checks.line import LIMIT, Line, look_within
from app.commands.checks.vendors import UNREACHED
from app.domain.checks import Status
from app.settings import Settings, read_settings
from tests.commands.running import PRODUCTION, typed
from tests.faults.staged import ask
from tests.standins import behaviour as acts
from tests.standins import fixtures
from tests.standins.openid import OpenIdStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.smtp import mail_server
from tests.standins.telnyx import TelnyxStandIn
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores
from tests.valkeys import running_valkey

twilio, telnyx = fixtures.twilio, fixtures.telnyx
sendgrid, openid = fixtures.sendgrid, fixtures.openid
NOWHERE = {
    "DATABASE_URL": "postgresql://latchkey@127.0.0.1:1/latchkey",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
Checks = dict[str, dict[str, Any]]
Look = Callable[..., Checks]


def checks_of(result: Result) -> Checks:
    """By name."""
    found = json.loads(result.output)
    fails = any(check["status"] == "fail" for check in found["checks"])
    assert result.exit_code == (1 if fails else 0), result.output
    return {check["name"]: check for check in found["checks"]}


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
def look(stores: Stores, url: str) -> Look:
    """With working stores, unless they are said to be others."""

    def looked(**env: str) -> Checks:
        own = {"DATABASE_URL": url, "REDIS_URL": f"{stores.redis_url}?db=2"}
        return checks_of(typed("doctor", "--json", **own | env))

    return looked


def troubles(found: Checks) -> dict[str, str]:
    return {name: check["status"] for name, check in found.items() if check["status"] != "pass"}


@pytest.fixture
def vendors(
    twilio: TwilioStandIn, sendgrid: SendGridStandIn, openid: OpenIdStandIn
) -> dict[str, str]:
    return {"OPS_TOKEN": "0f1e2d3c4b5a69788796", **twilio.environment, **sendgrid.environment,
           **openid.environment}  # fmt: skip


def test_where_all_is_well_it_says_so_of_each(look: Look, vendors: dict[str, str]) -> None:
    found = look(**vendors)
    assert troubles(found) == {}
    assert found["database"]["words"].startswith("PostgreSQL 1")
    assert found["redis"]["words"].startswith("Valkey ")
    assert found["migrations"]["words"] == f"none is missing, the newest is {newest_revision()}"
    assert found["twilio"]["words"] == "the account is active"
    assert found["sendgrid"]["words"] == "the key has the right mail.send"
    assert all(check["fix"] == "" for check in found.values())


def test_where_nothing_answers_every_line_is_there_in_time(
    look: Look,
    vendors: dict[str, str],
    twilio: TwilioStandIn,
    sendgrid: SendGridStandIn,
    openid: OpenIdStandIn,
) -> None:
    names = look(**vendors).keys()
    for each in (twilio, sendgrid):
        each.stop()
    openid.stop()
    began = monotonic()
    found = look(**vendors | NOWHERE, SMS_DAILY_LIMITS="5", PORT="none")
    assert monotonic() - began < LIMIT + 2
    assert names == found.keys()
    broken = {name for name, status in troubles(found).items() if status == "fail"}
    assert broken == {"settings", "database", "redis", "twilio", "sendgrid", "auth0"}
    assert all(found[name]["fix"] for name in broken)
    assert found["database"]["words"] == "connection refused"
    assert found["names"]["fix"] == "Write SMS_DAILY_LIMIT."
    assert found["twilio"]["fix"] == found["sendgrid"]["fix"] == UNREACHED


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (lambda it: setattr(it, "auth_token", "new"), "fail", "HTTP 401 Unauthorized: Authentic"),
        (lambda it: it.account.update(status="suspended"), "fail", "the account is suspended"),
        (lambda it: it.account.update(type="Trial"), "warn", "a trial account: it texts only"),
        (lambda it: it.script.always(acts.html_502()), "fail", "HTTP 502 Bad Gateway"),
        (lambda it: it.script.always(acts.html_200()), "fail", ""),
    ],
)
def test_what_twilio_says(
    look: Look,
    twilio: TwilioStandIn,
    change: Callable[[TwilioStandIn], None],
    status: str,
    words: str,
) -> None:
    env = twilio.environment
    change(twilio)
    found = look(**env)["twilio"]
    assert (found["status"], found["words"][: len(words)]) == (status, words)
    assert "TWILIO_AUTH_TOKEN" in found["fix"]


def test_a_key_of_sendgrid_that_may_not_send(look: Look, sendgrid: SendGridStandIn) -> None:
    sendgrid.scopes = ["alerts.read"]
    assert (
        look(**sendgrid.environment)["sendgrid"]["words"] == "the key has not the right mail.send"
    )
    wrong = look(**sendgrid.environment | {"SENDGRID_API_KEY": "SG.other"})["sendgrid"]
    assert (wrong["status"], wrong["words"]) == ("fail", "HTTP 401 Unauthorized")


def test_a_key_that_telnyx_does_not_know(look: Look, telnyx: TelnyxStandIn) -> None:
    env = telnyx.environment | {"SMS_SENDERS": "telnyx"}
    assert look(**env)["telnyx"]["words"] == "the key is known"
    wrong = look(**env | {"TELNYX_API_KEY": "KEYother"})["telnyx"]
    assert (wrong["status"], wrong["words"]) == ("fail", "HTTP 401 Unauthorized")


def test_an_issuer_without_its_last_slash_is_named(look: Look, openid: OpenIdStandIn) -> None:
    openid.document = {"issuer": openid.issuer.rstrip("/")}
    found = look(**openid.environment)["auth0"]
    assert (found["status"], found["words"].split(": ")[-1]) == ("fail", "the last slash differs")
    openid.document = {}
    short = openid.environment | {"AUTH0_ISSUER": openid.issuer.rstrip("/")}
    both = look(**short)
    assert "a slash at its end" in both["settings"]["words"]
    assert "the last slash differs" in both["auth0"]["words"]
    openid.document = {"issuer": "https://other.example/"}
    assert "that is another one" in look(**openid.environment)["auth0"]["words"]


def test_a_mail_server_that_does_not_take_us(look: Look) -> None:
    with mail_server() as server:
        assert look(**server.environment)["smtp"]["words"] == "it takes mails from us"
        server.next("CONNECT", "554 5.7.1 not you")
        found = look(**server.environment)["smtp"]
    assert found["status"] == "fail"
    assert "not you" in found["words"]


# The stores.


def test_a_database_without_tables_or_one_migration(look: Look, stores: Stores) -> None:
    empty = look(DATABASE_URL=stores.empty_database())
    assert empty["migrations"]["fix"] == empty["secret-key"]["fix"] == "Run latchkey migrate."
    url, missing = stores.new_database(), list_revisions()[-3]
    ask(url, "DELETE FROM schema_revisions WHERE revision = $1", missing)
    assert look(DATABASE_URL=url)["migrations"]["words"] == f"1 missing, from {missing} on"
    ask(url, "INSERT INTO schema_revisions VALUES ('2099'), ($1)", missing)
    assert look(DATABASE_URL=url)["migrations"]["words"] == "the database is newer: it has 2099"


def test_a_database_that_only_reads_or_lets_too_few_in(look: Look, stores: Stores) -> None:
    url = stores.new_database()
    name = url.split("?")[0].rsplit("/", 1)[1]
    ask(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    found = look(DATABASE_URL=url, WORKERS="64")
    assert found["database-writes"]["words"] == "default_transaction_read_only is on"
    assert found["database-connections"]["status"] == "fail"
    assert "lower WORKERS or DATABASE_POOL_SIZE" in found["database-connections"]["fix"]


@pytest.mark.parametrize(
    ("change", "name", "status"),
    [
        ({"clock": -90}, "clock", Status.FAIL),
        ({"clock": 30}, "clock", Status.WARN),
        ({"is_standby": True}, "database-writes", Status.FAIL),
        ({"used": 90}, "database-connections", Status.WARN),
        ({"is_tls": False}, "database-tls", Status.WARN),
    ],
)
def test_what_a_server_says_of_itself(change: dict[str, Any], name: str, status: Status) -> None:
    """`clock` is in seconds from now."""
    usual = {"is_standby": False, "is_read_only": False, "room": 97, "used": 3, "is_tls": True}
    clock = {"clock": time() + change.get("clock", 0)}
    lines = _policy(far(), usual | change | clock, time())  # type: ignore[arg-type]
    assert [(line.name, line.status) for line in lines if line.status is not Status.PASS] == [
        (name, status)
    ]


def far() -> Settings:
    return read_settings(
        {"ENVIRONMENT": "test", "DATABASE_URL": "postgresql://db.example.org/latchkey"}
    )


def test_keys_that_other_servers_lack(look: Look, stores: Stores) -> None:
    url = stores.new_database()
    assert typed("keys", "rotate", "--yes", DATABASE_URL=url).exit_code == 0
    add = """INSERT INTO processes (id, host, pid, secrets, signs_by)
             VALUES (gen_random_uuid(), 'web-1', 7, ARRAY['0a1b2c3d'], '0a1b2c3d')"""
    ask(url, add)
    found = look(DATABASE_URL=url, SECRET_KEY=PRODUCTION["SECRET_KEY"])
    assert (found["signing-keys"]["status"], found["secret-key"]["status"]) == ("fail", "fail")
    assert "servers sign by 0a1b2c3d" in found["secret-key"]["words"]
    ask(url, "UPDATE processes SET seen_at = seen_at - interval '1 minute'")
    assert look(DATABASE_URL=url)["secret-key"]["words"].endswith("; no server runs")


def test_without_secret_key_the_database_is_looked_at(look: Look, url: str) -> None:
    found = look(ENVIRONMENT="production", DATABASE_URL=url)
    assert found["database"]["words"].startswith("PostgreSQL 1")
    assert found["migrations"]["status"] == "pass"
    assert found["signing-keys"]["words"] == "not looked at: it waits for SECRET_KEY"
    assert found["secret-key"]["words"] == "SECRET_KEY is missing"


def test_a_redis_that_forgets_what_it_counts(look: Look) -> None:
    with running_valkey() as valkey:
        valkey.set_up(maxmemory_policy="allkeys-lru")
        found = look(REDIS_URL=valkey.url)
        assert found["redis-policy"]["words"] == "maxmemory-policy is allkeys-lru"
        assert "noeviction" in found["redis-policy"]["fix"]
        assert "may lose" in found["redis-persistence"]["words"]
        valkey.set_up(appendonly="yes")
        assert look(REDIS_URL=valkey.url)["redis-persistence"]["words"] == "appends to a log"


# Settings.


def test_how_a_clients_address_is_found_is_told_by_an_example(look: Look) -> None:
    away = {"TWILIO_API_URL": "http://127.0.0.1:1", "SENDGRID_API_URL": "http://127.0.0.1:1"}
    alone = look(**PRODUCTION | NOWHERE | away)["client-address"]
    assert (alone["status"], "TRUSTED_PROXIES" in alone["fix"]) == ("warn", True)
    behind = look(TRUSTED_PROXIES="10.0.0.0/8")["client-address"]
    assert behind["status"] == "pass"
    assert behind["words"].startswith(
        "a request from the proxy 10.0.0.0 with X-Forwarded-For: 198.51.100.7, 203.0.113.9 counts"
        " as 203.0.113.9"
    )


def test_every_limit_is_told_and_what_differs(look: Look, url: str, tmp_path: Path) -> None:
    file = tmp_path / "limits.toml"
    file.write_text("texts_per_number = { windows = [[3600, 3]] }\nraised_regions = { US = 9 }")
    told = typed("doctor", DATABASE_URL=url, LIMITS_FILE=str(file)).output
    assert "pass  limits: texts_per_number, raised_regions differ" in told
    assert "  texts_per_number: 3 in 3600 s (usually 5 in 3600 s, 10 in 86400 s, waits " in told
    assert "  raised_regions: US 9 a day (usually none)" in told
    assert "  mails_in_all: " in told
    file.write_text("nothing = 1")
    assert "nothing is no limit" in look(LIMITS_FILE=str(file))["limits"]["words"]


def test_without_any_setting_it_says_what_is_missing() -> None:
    told = typed("doctor", ENVIRONMENT="production")
    assert told.exit_code == 1
    assert "fail  settings: SECRET_KEY is missing" in told.output
    assert "fail  database: DATABASE_URL is missing. -> Set it" in told.output
    assert "fail  redis: REDIS_URL is missing. -> Set it" in told.output


async def test_what_hangs_or_breaks_is_a_line_of_its_own() -> None:
    async def hang() -> list[Line]:
        await asyncio.sleep(60)
        return []

    async def crash() -> list[Line]:
        raise RuntimeError("broken")

    [late] = await look_within("slow", "Wait.", hang, limit=0.02)
    [broken] = await look_within("broken", "Mend it.", crash)
    assert (late.status, late.words, late.fix) == ("fail", "no answer within 0 seconds", "Wait.")
    assert (broken.status, broken.words) == ("fail", "broken")
