"""Examples of mails and texts. All of them are given the same, and use what they need."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from app.dev.code_examples import HOST, Values
from app.dev.flow_examples import Example, states
from app.domain.credentials.device import describe_device
from app.domain.moments import clock, day_there
from app.domain.rollback import Fact
from app.web.overrides import PARTIALS

MESSAGES = "messages/"
UNDO = "/account/undo/" + "a" * 64
SENT = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)


def message_values() -> dict[str, Any]:
    base_url, due = "https://a.example.org", SENT + timedelta(days=1)
    return {
        "code": "012345",
        "minutes": 10,
        "host": "a" * 28 + ".example.org",
        "base_url": base_url,
        "when": clock(SENT),
        "device": str(describe_device("Firefox on Linux")),
        "network": "203.0.113.0/24",
        "undo_link": f"{base_url}{UNDO}",
        "what": "email",
        "until": clock(SENT + timedelta(days=8)),
        "due": clock(due),
        "due_day": day_there(due),
        "count": "2",
        "outcome": "back",
        "percent": "50",
        "spent": "100.40 USD",
        "budget": "200.00 USD",
        "taken_back": f"{Fact.PHONE_BACK} {Fact.PASSWORD_GONE}",
    }


DIFFERING: dict[str, dict[str, Values]] = {
    "change_undone": {
        "gone": {"outcome": "gone", "what": "phone", "taken_back": ""},
        "left": {"outcome": "left"},
    },
    "new_devices": {"one": {"count": "1"}, "large number": {"count": "12345"}},
    "texts_budget": {
        "running out": {"percent": "80", "spent": "161.15 USD"},
        "spent": {"percent": "100", "spent": "199.99 USD"},
    },
    "email_changed": {"without a link": {"undo_link": ""}},
}


def messages() -> Iterator[Example]:
    normal = message_values()
    paths = sorted((PARTIALS / MESSAGES).iterdir())
    mails = [each.name.split(".")[0] for each in paths if each.name.endswith(".subject.txt")]
    texts = {each.stem for each in paths if each.match("[!_]*.txt") and each.name.count(".") == 1}
    for path in paths:
        if path.match("_*.html"):
            yield Example(f"{MESSAGES}{path.name}", "normal", normal)
    for name in mails:
        differing = DIFFERING.get(name, {})
        if name.endswith("_code"):
            differing = {"last minute": {"minutes": 1}, "short host": {"host": HOST}}
        yield from states(f"{MESSAGES}{name}", normal, **differing)
    for name in sorted(texts - {*mails}):
        yield Example(f"{MESSAGES}{name}.txt", "normal", normal)
