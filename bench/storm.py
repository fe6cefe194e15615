"""A storm: people go on at two servers behind nginx, while one thing after the other fails or is
replaced. `python -m bench storm` prints what they noticed.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic, sleep

import uvloop
from tests.commands.running import latchkey
from tests.faults.outages import served_with
from tests.faults.staged import until
from tests.faults.test_rolling_restart import NEXT_RELEASE
from tests.product import GENEROUS, Product, free_port
from tests.proxies import nginx_of_ops, running_nginx
from tests.sentinels import SentinelSet, running_sentinels
from tests.shop import publish_first_in
from tests.standbys import Pair, running_pair

from app.adapters import migrations
from bench.storm_people import (
    Crowd,
    keep_reading_prices,
    keep_refreshing,
    keep_signing_in,
    keep_signing_up,
    sign_up,
)
from bench.table import Figure

CALM = 4.0  # seconds between two events
LIMITS = GENEROUS.replace("100000", "100000000")


class Server(Product):
    """Of two workers. It has started once it is ready."""

    def start(self, *options: str) -> "Server":
        super().start(*options)
        until(lambda: served_with(self, "/health/ready") == 200, 60)
        return self


@dataclass(frozen=True)
class Place:
    pair: Pair
    sentinels: SentinelSet
    servers: list[Server]
    folder: Path
    url: str

    @property
    def database_url(self) -> str:
        return self.pair.url_of("door")

    def kill_a_server(self) -> None:
        self.servers[0].kill()
        sleep(1)
        self.servers[0].start()

    def drain_a_server(self) -> None:
        assert self.servers[1].stop() == 0
        self.servers[1].start()

    def lose_redis(self) -> None:
        before = self.sentinels.primary
        with before.suspended():
            self.sentinels.wait_for_another(before.port)
            sleep(CALM)

    def lose_postgres(self) -> None:
        """Back once both servers are ready."""
        self.pair.primary.kill()
        self.pair.promote()
        for each in self.servers:
            until(lambda each=each: served_with(each, "/health/ready") == 200, 60)  # type: ignore[misc]

    def deploy(self) -> None:
        """As a release with a migration is: the schema first, then one server after the other."""
        copied, before = self.folder / "migrations", migrations.FOLDER
        shutil.copytree(before, copied)
        (copied / "versions" / "209912312359_add_next_release.py").write_text(
            NEXT_RELEASE.format(newest=migrations.newest_revision())
        )
        migrations.FOLDER = copied
        try:
            migrations.upgrade(self.database_url)
        finally:
            migrations.FOLDER = before
        self._restart_each()

    def rotate_keys(self) -> None:
        """`SECRET_KEY` in its first two steps, and what signs tokens."""
        old, new = self.servers[0].env["SECRET_KEY"], token_hex(32)
        for keys in (f"{old},{new}", f"{new},{old}"):
            self._restart_each(SECRET_KEY=keys)
        env = {
            name: self.servers[0].env[name] for name in ("DATABASE_URL", "SECRET_KEY", "REDIS_URL")
        }
        done = latchkey(self.folder, "keys", "rotate", "--yes", **env)
        assert done.returncode == 0, done.stderr

    def _restart_each(self, **env: str) -> None:
        for each in self.servers:
            assert each.stop() == 0
            each.env |= env
            each.start()


@contextmanager
def running_place() -> Iterator[Place]:
    with TemporaryDirectory(prefix="latchkey-storm-") as name, ExitStack() as stack:
        folder = Path(name)
        pair = stack.enter_context(running_pair(folder / "pair"))
        sentinels = stack.enter_context(running_sentinels())
        uvloop.run(publish_first_in(pair.new_database("door")))
        port = free_port()
        settings = {
            "BASE_URL": f"http://127.0.0.1:{port}",
            "SECRET_KEY": token_hex(32),
            "WORKERS": "2",
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "DRAIN_SECONDS": "4",
            "SMS_DAILY_BUDGET": "100000000 USD",
            "DATABASE_POOL_SIZE": "10",
        }
        servers = [
            Server(folder / each, pair.url_of("door"), sentinels.url, limits=LIMITS, **settings)
            for each in ("one", "two")
        ]
        for each in servers:
            stack.enter_context(each)
        (folder / "nginx").mkdir()
        place = nginx_of_ops(port, *(each.port for each in servers))
        stack.enter_context(running_nginx(folder / "nginx", place))
        yield Place(pair, sentinels, servers, folder, settings["BASE_URL"])


@contextmanager
def people_at(place: Place) -> Iterator[Crowd]:
    """Steadily, until the end."""
    crowd = Crowd(place.url, list(place.servers))
    members = [sign_up(crowd) for _ in range(4)]
    assert all(members), crowd.record.lost_flows
    works: list[Callable[[], None]] = [lambda: keep_signing_up(crowd)] * 4
    for email, visitor in (member for member in members if member):
        works += [
            lambda email=email: keep_signing_in(crowd, email),  # type: ignore[misc]
            lambda visitor=visitor: keep_refreshing(crowd, visitor),  # type: ignore[misc]
            lambda: keep_reading_prices(crowd),
        ]
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        crowd.ended.set()
        for thread in threads:
            thread.join()


def storm_figures() -> list[Figure]:
    """Of each event, the failures until the next one; then what nobody may notice."""
    with running_place() as place, people_at(place) as crowd:
        figures = [_weathered(crowd, *event) for event in _events(place)]
        causes = _causes_of(place.servers)
    record = crowd.record
    asked = ", ".join(f"{count} {what}" for what, count in sorted(record.requests.items()))
    return [
        *figures,
        Figure("requests", asked, causes, record.requests.total(), None, ""),
        Figure(
            "people sent back a step",
            ", ".join(f"{count} {each}" for each, count in record.sent_back.items()),
            "",
            record.sent_back.total(),
            None,
            "",
        ),
        _nothing("flows lost", len(record.lost_flows), ", ".join(record.lost_flows)),
        _nothing("people signed out", record.signed_out),
        _nothing("messages sent twice", crowd.doubled(), most=1),
    ]


def _causes_of(servers: Sequence[Server]) -> str:
    """Of what was answered with 503, as their logs have it."""
    texts = (line for each in servers for line in each.log.read_text().splitlines())
    lines = (json.loads(line) for line in texts if line.startswith("{"))
    found = Counter(str(line.get("reason")) for line in lines if line["event"] == "unavailable")
    return ", ".join(f"{count} {each}" for each, count in found.items())


def _events(place: Place) -> list[tuple[str, Callable[[], None], float | None]]:
    """With the failures that each may cause; those of PostgreSQL last as long as it is away."""
    return [
        ("nothing", lambda: sleep(CALM), 0),
        ("a server is killed and started", place.kill_a_server, 0),
        ("the other is drained and started", place.drain_a_server, 0),
        ("Redis fails over", place.lose_redis, 0),
        ("PostgreSQL fails over", place.lose_postgres, None),
        ("a deploy with a migration", place.deploy, 0),
        ("keys are rotated", place.rotate_keys, 0),
    ]


def _weathered(crowd: Crowd, name: str, cause: Callable[[], None], most: float | None) -> Figure:
    began = monotonic()
    cause()
    took = monotonic() - began
    sleep(CALM)
    failed = Counter(words for at, words in list(crowd.record.failures) if at >= began)
    words = ", ".join(f"{count} {each}" for each, count in failed.items())
    aside = f"({took:.1f} s)"
    return Figure(name, words, "", failed.total(), most, "failures", most=True, aside=aside)


def _nothing(name: str, found: int, words: str = "", most: float = 0) -> Figure:
    return Figure(name, words, "", found, most, "", most=True)
