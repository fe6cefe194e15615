"""Examples of mails and texts. All of them are given the same, and use what they need."""

from collections.abc import Iterator
from typing import Any

from app.dev.flow_examples import HOST, Example, Values, states
from app.domain.rollback import Fact
from app.web.overrides import PARTIALS

LETTERS = "messages/"
UNDO = "/account/undo/" + "a" * 64


def message_values() -> dict[str, Any]:
    base_url = "https://a.example.org"
    return {
        "code": "012345",
        "minutes": 10,
        "host": "a" * 28 + ".example.org",
        "base_url": base_url,
        "when": "3 May 2026 at 14:05",
        "device": "Firefox on Linux",
        "network": "203.0.113.0/24",
        "undo_link": f"{base_url}{UNDO}",
        "what": "email",
        "until": "11 May 2026 at 14:05",
        "due": "4 May 2026 at 14:05",
        "due_day": "4 May 2026",
        "count": "2",
        "outcome": "back",
        "taken_back": f"{Fact.PHONE_BACK} {Fact.PASSWORD_GONE}",
    }


DIFFERING: dict[str, dict[str, Values]] = {
    "change_undone": {
        "gone": {"outcome": "gone", "what": "phone", "taken_back": ""},
        "left": {"outcome": "left"},
    },
    "new_devices": {"one": {"count": "1"}, "large number": {"count": "12345"}},
    "email_changed": {"without a link": {"undo_link": ""}},
}


def messages() -> Iterator[Example]:
    normal = message_values()
    paths = sorted((PARTIALS / LETTERS).iterdir())
    letters = [each.name.split(".")[0] for each in paths if each.name.endswith(".subject.txt")]
    texts = {each.stem for each in paths if each.match("[!_]*.txt") and each.name.count(".") == 1}
    for path in paths:
        if path.match("_*.html"):
            yield Example(f"{LETTERS}{path.name}", "normal", normal)
    for name in letters:
        differing = DIFFERING.get(name, {})
        if name.endswith("_code"):
            differing = {"last minute": {"minutes": 1}, "short host": {"host": HOST}}
        yield from states(f"{LETTERS}{name}", normal, **differing)
    for name in sorted(texts - {*letters}):
        yield Example(f"{LETTERS}{name}.txt", "normal", normal)
