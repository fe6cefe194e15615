"""What `/metrics` says, read as Prometheus reads it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from os import kill
from pathlib import Path
from typing import Any

import httpx

from tests.person import Person
from tests.product import NO_TLS, Product, free_port
from tests.test_house import ROOT

ALERTS = ROOT / "ops/prometheus/alerts.yml"
TOKEN = "ops-token-of-a-test"
BEARER = {"authorization": f"Bearer {TOKEN}"}
SCRAPING = """
global: {{scrape_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: latchkey
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Labels = dict[str, str]


class Scrape:
    """One answer of it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [
            (name, dict(LABEL.findall(labels or "")), float(value))
            for name, labels, value in map(_read, _lines(text))
        ]

    def sum(self, name: str, **labels: str) -> float:
        """Of all series of that name which have these labels."""
        return sum(
            value
            for found, theirs, value in self.samples
            if found == name and labels.items() <= theirs.items()
        )

    @property
    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples}


def scrape(product: Product) -> Scrape:
    answer = Person(product).get("/metrics", **BEARER)
    assert answer.status == 200
    return Scrape(answer.html)


def workers(product: Product) -> list[int]:
    """The processes that serve."""
    children = Path(f"/proc/{product.pid}/task/{product.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def end_worker(product: Product, signal: int) -> int:
    """Returns which one."""
    pid = workers(product)[0]
    kill(pid, signal)
    return pid


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.startswith("#"))


def _read(line: str) -> tuple[str, str, str]:
    found = LINE.fullmatch(line)
    assert found, line
    return found[1], found[2], found[3]


# The same by a real Prometheus.


@contextmanager
def prometheus(folder: Path, product: Product) -> Iterator[httpx.Client]:
    """A real one, which asks the product each second."""
    config, port = folder / "prometheus.yml", free_port()
    config.write_text(SCRAPING.format(rules=ALERTS, token=TOKEN, port=product.port))
    with (folder / "prometheus.log").open("wb") as log:
        running = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
            stdout=log, stderr=log,
        )  # fmt: skip
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", verify=NO_TLS) as client:
        try:
            yield client
        finally:
            running.kill()
            running.wait()


def query(client: httpx.Client, expression: str) -> list[Any]:
    try:
        answer = client.get("/query", params={"query": expression})
    except httpx.TransportError:  # it is not there yet
        return []
    if answer.status_code == 503:
        return []
    told = answer.json()
    assert told["status"] == "success", told
    return list(told["data"]["result"])


def value(client: httpx.Client, expression: str) -> float:
    return sum(float(each["value"][1]) for each in query(client, expression))
