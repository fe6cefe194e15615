"""Two servers behind nginx are killed, or restarted one after the other, and nobody notices."""

import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from time import sleep

import httpx
import pytest

from app.adapters import migrations
from tests.faults.staged import ask, locked, until
from tests.holder import Holder
from tests.person import PASSWORD
from tests.product import GENEROUS, NO_TLS, PATIENCE, Product, free_port
from tests.proxies import nginx_of_ops, running_nginx
from tests.stores import Stores

SIGNING_IN = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO sessions%'
"""
NEXT_RELEASE = """
from alembic import op

revision, down_revision = "209912312359", "{newest}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD COLUMN of_next_release text")
    op.execute("ALTER TABLE users ADD COLUMN of_next_release integer NOT NULL DEFAULT 0")
    op.execute("CREATE INDEX ix_users_of_next_release ON users (of_next_release)")
"""


@pytest.fixture(scope="module")
def pair(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Product]]:
    """Two servers on the same stores."""
    folder = tmp_path_factory.mktemp("pair")
    url, redis_url = stores.new_database(), f"{stores.redis_url}?db=1"
    with ExitStack() as opened:
        yield [
            opened.enter_context(TwoWorkers(folder / name, url, redis_url, limits=GENEROUS))
            for name in ("first", "second")
        ]


class TwoWorkers(Product):
    def start(self) -> "TwoWorkers":  # type: ignore[override]
        self.env |= {"WORKERS": "2", "TRUSTED_PROXIES": "127.0.0.1/32", "DRAIN_SECONDS": "2"}
        super().start()
        while httpx.get(f"{self.url}/health/ready", verify=NO_TLS).status_code != 200:
            sleep(0.05)
        return self


@contextmanager
def people_at(url: str, answers: "Counter[int | str]") -> Iterator[None]:
    """Who read and post all the time, on connections that they keep and on new ones."""
    ended = Event()
    threads = [Thread(target=_come, args=(url, answers, ended)) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(PATIENCE)


def _come(url: str, answers: "Counter[int | str]", ended: Event) -> None:
    while not ended.is_set():
        with httpx.Client(base_url=url, verify=NO_TLS, timeout=PATIENCE) as client:
            for _ in range(5):
                for method, path in (("GET", "/login"), ("POST", "/login/password")):
                    data = {"email": "ada@example.org"} if method == "POST" else None
                    try:
                        answers[client.request(method, path, data=data).status_code] += 1
                    except httpx.TransportError as error:
                        answers[repr(error)] += 1
                    sleep(0.05)


def test_a_form_under_way_at_a_server_that_is_killed_is_answered_by_the_other(
    pair: list[Product], tmp_path: Path
) -> None:
    port, url, person = free_port(), pair[0].env["DATABASE_URL"], Holder(pair[1])
    person.http.cookies.clear()
    person.get("/login/password")
    person.http.base_url = f"http://127.0.0.1:{port}"
    known = {"email": person.email, "password": PASSWORD}
    place = nginx_of_ops(port, *(each.port for each in pair))
    with running_nginx(tmp_path, place), ThreadPoolExecutor(1) as thread:
        with locked(url, "sessions"):
            # The first request of all is the first server's.
            sent = thread.submit(person.post, "/login/password", **known)
            until(lambda: ask(url, SIGNING_IN)[0]["count"] == 1)
            pair[0].kill()
        seen = sent.result()
    pair[0].start()
    assert (seen.status, seen.location) == (303, "/account")


def test_nothing_fails_while_both_are_replaced_and_the_database_is_migrated(
    pair: list[Product], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, answers = free_port(), Counter[int | str]()
    place = nginx_of_ops(port, *(each.port for each in pair))
    with running_nginx(tmp_path, place), people_at(f"http://127.0.0.1:{port}", answers):
        restart_one_after_the_other(pair)
        migrate_to_next_release(pair[0], tmp_path, monkeypatch)
        restart_one_after_the_other(pair)
    assert answers.keys() == {200, 403}, answers
    assert answers.total() > 100


def restart_one_after_the_other(pair: list[Product]) -> None:
    for each in pair:
        assert each.stop() == 0
        each.start()


def migrate_to_next_release(
    product: Product, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `latchkey migrate` of a release that adds columns and an index does."""
    copied, newest = folder / "migrations", migrations.newest_revision()
    shutil.copytree(migrations.FOLDER, copied)
    (copied / "versions" / "209912312359_add_next_release.py").write_text(
        NEXT_RELEASE.format(newest=newest)
    )
    monkeypatch.setattr(migrations, "FOLDER", copied)
    migrations.upgrade(product.env["DATABASE_URL"])
