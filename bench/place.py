"""Where it is measured: embedded stores as `latchkey dev` runs them, the product, the bare side."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time

from redis import Redis
from tests.product import GENEROUS, free_port

from app.adapters.migrations import upgrade
from app.dev.stores import embedded_stores
from app.domain.delivery.refill import SETTLED

# As the world sees a real one: with HSTS and `__Host-` cookies. On loopback, where nothing is sent.
BASE_URL = "https://localhost"
YESTERDAY = 25 * 3600 * 1000  # ms
MOST_REFILLING = 120.0  # seconds
ROOT = Path(__file__).parents[1]
SERVICED = {
    "SERVICES": str(ROOT / "examples/services.toml"), "TRUSTED_PROXIES": "127.0.0.1/32",
}  # fmt: skip
ACME = {"BRAND_DIR": str(ROOT / "examples/brand-acme"), "BRAND_NAME": "Acme"}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBER": "+12025550100",
}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Of its workers, too."""
        return sum(map(cpu_seconds, [self.pid, *children_of(self.pid)]))


@dataclass(frozen=True, slots=True)
class Place:
    """Both sides, running on the same stores, one worker each."""

    product: Server
    bare: Server
    database_url: str
    memory: Redis
    folder: Path
    env: dict[str, str]  # of the product

    def memory_counts_since(self, milliseconds_ago: int) -> None:
        """As after so long of running; 0 is right after a start with an empty memory."""
        self.memory.set("{latchkey}:counting_since", int(time() * 1000) - milliseconds_ago)

    def refill_memory(self) -> None:
        """It was emptied, and was told again what was sent."""
        self.memory.flushall()
        self.memory_counts_since(int(SETTLED * 1000))
        deadline = monotonic() + MOST_REFILLING
        while not self.memory.exists("{latchkey}:refilled"):
            if monotonic() > deadline:
                raise TimeoutError("Redis was not told again what was sent")
            sleep(0.1)


def children_of(pid: int) -> list[int]:
    """None where there is no /proc to ask."""
    try:
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:
        return []


def cpu_seconds(pid: int) -> float:
    """What a process has used so far; NaN where there is no /proc to ask."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / TICKS


def postgres_cpu_seconds(stores: Path) -> float:
    """Of all processes of an embedded PostgreSQL, those that have ended included."""
    postmaster = int(next(stores.glob("postgres*/postmaster.pid")).read_text().split()[0])
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / TICKS
    return ended + sum(map(cpu_seconds, [postmaster, *children_of(postmaster)]))


@contextmanager
def running_place(**settings: str) -> Iterator[Place]:
    """The product has these settings besides its own."""
    with TemporaryDirectory(prefix="latchkey-bench-") as name:
        folder = Path(name)
        limits = folder / "limits.toml"
        limits.write_text(GENEROUS.replace("100000", "100000000"))
        with embedded_stores(folder / "stores") as urls:
            upgrade(urls.database_url)
            env = {
                "ENVIRONMENT": "test",
                "BASE_URL": BASE_URL,
                "DATABASE_URL": urls.database_url,
                "REDIS_URL": urls.redis_url,
                "LIMITS_FILE": str(limits),
                "SMS_DAILY_BUDGET": "100000000 USD",
            }
            with (
                _serving(folder, env | settings, "app.cli", "serve") as product,
                _serving(folder, env, "bench.bare") as bare,
                Redis.from_url(urls.redis_url) as memory,
            ):
                yield Place(product, bare, urls.database_url, memory, folder, env | settings)


@contextmanager
def running_untold(place: Place) -> Iterator[Server]:
    """The product on the same stores, which tells of no request."""
    with _serving(place.folder, place.env, "bench.untold") as untold:
        yield untold


@contextmanager
def running_again(place: Place) -> Iterator[Server]:
    """The same product once more on the same stores."""
    with _serving(place.folder, place.env, "app.cli", "serve") as product:
        yield product


@contextmanager
def running_workers(place: Place, count: int) -> Iterator[tuple[Server, Server]]:
    """The product and the bare side again on the same stores, with so many workers each."""
    workers = {"WORKERS": str(count)}
    with (
        _serving(place.folder, place.env | workers, "app.cli", "serve") as product,
        _serving(place.folder, place.env | workers, "bench.bare") as bare,
    ):
        yield product, bare


@contextmanager
def running_traced(place: Place, collector: str) -> Iterator[Server]:
    """The product on the same stores, which hands a trace of each request over there."""
    env = place.env | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector}
    with _serving(place.folder, env, "app.cli", "serve") as traced:
        yield traced


@contextmanager
def running_vendor(folder: Path) -> Iterator[str]:
    """The address of one that takes each text at once."""
    with _serving(folder, {}, "bench.vendor") as vendor:
        yield f"http://127.0.0.1:{vendor.port}"


@contextmanager
def _serving(folder: Path, env: dict[str, str], *module: str) -> Iterator[Server]:
    """Started in `folder`, where it keeps its log and outbox."""
    port = free_port()
    with (folder / f"{module[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PORT": str(port)} | env,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(port, "/health/live", 60)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, path: str, most: float) -> float:
    """Seconds until it is answered with 200. Raises `TimeoutError` after `most`."""
    started = monotonic()
    while monotonic() < started + most:
        with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as client:
            client.request("GET", path)
            if client.getresponse().status == 200:
                return monotonic() - started
        sleep(0.02)
    raise TimeoutError(f"{path} was not answered within {most} s")
