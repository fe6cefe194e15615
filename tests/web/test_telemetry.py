"""Lines of the log, as programs read them: what comes first in each, and nothing besides."""

import json
import re
import subprocess
import sys

import pytest

from tests.product import SOURCE

ACCESS = '"level":"info","logger":"app.access","event":"request"'
SOME = '"level":"info","logger":"app.some","event":"one of 2"'
LOGGED = """
import logging, sys
from app.domain.audit import current_request
from app.domain.tracing import current_trace
from app.web.telemetry import log_request, set_up_logging
set_up_logging(*sys.argv[1:])
log_request({"method": "GET", "status": 200, "request_id": "a1"})
current_request.set("b2")
current_trace.set("c3")
log_request({"status": 404, "request_id": "b2"})
logging.getLogger("app.some").info("%s of %d", "one", 2, extra={"fact": "a\\nb", "none": None})
logging.getLogger("uvicorn.error").warning("Shown", extra={"color_message": "\\x1b[1mShown"})
try:
    int("secret")
except ValueError:
    logging.getLogger("app.errors").exception("crash")
sys.stdout.close()
log_request({"status": 200})
"""


def lines(*settings: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOGGED, *settings],
        capture_output=True, text=True, env={"PYTHONPATH": str(SOURCE)}, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_line_is_one_object_with_its_facts_in_order() -> None:
    at = re.compile(r'^\{"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00",')
    told = lines("INFO", "json")
    assert all(at.match(line) for line in told)
    rest = [at.sub("{", line) for line in told]
    ids = '"request_id":"b2","trace_id":"c3"'
    assert rest[:4] == [
        f'{{{ACCESS},"method":"GET","status":200,"request_id":"a1"}}',
        f'{{{ACCESS},"status":404,{ids}}}',
        f'{{{SOME},{ids},"fact":"a\\nb","none":null}}',
        f'{{"level":"warning","logger":"uvicorn.error","event":"Shown",{ids}}}',
    ]
    crash = json.loads(rest[4])
    assert (crash.pop("exception"), crash.pop("where")) == ("ValueError", ["<string>:14"])
    assert crash.keys() == {"level", "logger", "event", "request_id", "trace_id"}
    assert len(rest) == 5


def test_for_a_person_it_is_short_and_a_crash_is_whole() -> None:
    told = lines("INFO", "console")
    assert told[0][9:] == "info    request method=GET status=200"
    assert told[2][9:] == "info    one of 2 fact=a"
    assert told[-1] == "ValueError: invalid literal for int() with base 10: 'secret'"


@pytest.mark.parametrize(("level", "many"), [("WARNING", 2), ("ERROR", 1)])
def test_less_is_told_where_less_is_wanted(level: str, many: int) -> None:
    assert len(lines(level, "json")) == many
