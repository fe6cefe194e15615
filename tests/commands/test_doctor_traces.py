"""What `latchkey doctor` says of traces."""

import pytest

from app.commands.checks.line import Line
from app.commands.checks.vendors import check_traces
from app.settings import read_settings
from tests.commands.running import PRODUCTION
from tests.standins.collector import CollectorStandIn
from tests.standins.http_server import Reply


async def looked(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Line:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    given = PRODUCTION | {"DATABASE_URL": "postgresql://somewhere/latchkey"} | env
    [line] = await check_traces(read_settings(given))
    return line


async def test_they_are_taken_or_it_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    none = await looked({}, monkeypatch)
    assert (none.status, none.words[:18]) == ("pass", "none are collected")
    with CollectorStandIn() as collector:
        env = collector.environment
        assert (await looked(env, monkeypatch)).status == "pass"
        collector.usual = Reply(401)
        refused = await looked(env, monkeypatch)
        assert (refused.status, "HTTP 401" in refused.words) == ("warn", True)
        collector.stop()
        away = await looked(env, monkeypatch)
        assert away.words == "the collector takes none: connection refused"
    assert (await looked({"OTEL_SDK_DISABLED": "true"} | env, monkeypatch)).status == "pass"
