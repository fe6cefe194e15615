"""docs/api.md, line by line: each command is run, each answer is as it stands there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from app.commands.seed import EMAIL, PHONE
from tests.person import new_email, new_phone
from tests.product import PATIENCE, Product

DOCUMENT = Path(__file__).parents[3] / "docs/api.md"
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CONTACTS = {
    "+46 70 174 06 05": new_phone(),
    "+46 70 174 06 06": new_phone(),
    "ada@example.com": new_email(),
    "8f14e45f": os.urandom(4).hex(),
}
SAID = (
    "code", "status", "type", "title", "detail", "field", "step", "missing", "existing",
    "token_type",
)  # fmt: skip


def test_its_people_are_not_the_one_that_a_fresh_start_has() -> None:
    assert {PHONE, EMAIL} & {contact.replace(" ", "") for contact in CONTACTS} == set()


class Reader:
    """Somebody who follows the page, and keeps what its names in capitals stand for."""

    def __init__(self, product: Product) -> None:
        self.product, self.names, self._had = product, dict[str, str](), 0

    def run(self, command: str) -> Any:
        """What it answers, as JSON; None for nothing."""
        self.names["BASE_URL"] = self.product.url
        for written, own in CONTACTS.items():
            command = command.replace(written, own)
        if "$CODE" in command:
            self.names["CODE"] = self._newest_code()
        environment = {"PATH": os.environ["PATH"], **self.names}
        ran = subprocess.run(
            ["bash", "-euc", command], env=environment, capture_output=True, check=True
        )
        answer = json.loads(ran.stdout) if ran.stdout else None
        self.names |= {name.upper(): text for name, text in texts(answer)}
        return answer

    def _newest_code(self) -> str:
        """Of what was asked for last, once it is sent."""
        deadline = monotonic() + PATIENCE
        while len(codes := self._codes()) == self._had:
            assert monotonic() < deadline, "no code was sent"
            sleep(0.02)
        self._had = len(codes)
        return codes[0]

    def _codes(self) -> list[str]:
        sent = self.product.outbox.list_recent()
        return [one.code for one in sent if one.code and one.to in CONTACTS.values()]


def texts(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, str):
                yield name, value
            yield from texts(value)


def alike(shown: Any, given: Any) -> bool:
    """The same names with values of the same type; and the same values of `SAID`."""
    if isinstance(shown, dict):
        return shown.keys() == given.keys() and all(
            shown[name] == given[name] if name in SAID else alike(shown[name], given[name])
            for name in shown
        )
    if isinstance(shown, list):
        return isinstance(given, list) and all(alike(shown[0], each) for each in given)
    return type(shown) is type(given)


def test_every_command_of_the_page_works_and_is_answered_as_shown(product: Product) -> None:
    reader, answer, compared = Reader(product), None, 0
    for kind, text in BLOCK.findall(DOCUMENT.read_text()):
        if kind == "sh" and text.startswith("curl"):
            answer = reader.run(text)
        elif kind == "json":
            assert alike(json.loads(text), answer), (text, answer)
            compared += 1
    assert compared > 8
