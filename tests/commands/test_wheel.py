"""The wheel: it holds all, and serves from an empty folder that nobody can write to."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep

import httpx
import pytest

from app.adapters.postgres import newest_revision
from tests.commands.running import PRODUCTION
from tests.installed import ROOT, build_wheel, confined, files_in, install
from tests.ops import OPS, environment_file, unit, words_of
from tests.pgbouncer import PgBouncer
from tests.product import NO_TLS, START_TIMEOUT, free_port
from tests.stores import Stores
from tests.valkeys import Valkey, running_valkey

SERVER = "latchkey@.service"
# What a checkout has beside the package, and a wheel inside it.
BESIDE = ("static", "locales", "migrations")
# As of an installation: nobody writes what was compiled later.
COMPILE = "import app.main, app.adapters.migrations"


@dataclass(frozen=True)
class Installed:
    wheel: Path
    programs: Path
    empty: Path  # the folder it is run in

    def command(self, *words: str) -> list[str]:
        return [*confined(), str(self.programs / "latchkey"), *words]

    def run(self, *words: str, **env: str) -> str:
        """What it says on a good end."""
        done = subprocess.run(
            self.command(*words), cwd=self.empty, env=clean(env), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serving(self, log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        """Asks it to stop at the end. What it has logged is told with a failure."""
        command, given = self.command(*started_by(SERVER)), clean(env)
        with (
            log.open("w") as out,
            subprocess.Popen(command, cwd=self.empty, env=given, stdout=out, stderr=out) as server,
        ):
            try:
                yield server
            except BaseException as error:
                error.add_note(log.read_text()[-4000:])
                raise
            finally:
                server.terminate()


def clean(env: dict[str, str]) -> dict[str, str]:
    """HOME is one that nobody but root may read."""
    return {"PATH": os.environ["PATH"], "HOME": "/root"} | env


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """In a folder that everybody may look into: those of the tests are ours alone."""
    folder = Path(mkdtemp(prefix="latchkey-installed-"))
    folder.chmod(0o755)
    try:
        wheel = build_wheel(folder)
        programs = install(wheel, folder / "venv")
        subprocess.run([programs / "python", "-c", COMPILE], check=True, cwd=folder)
        (folder / "empty").mkdir(mode=0o555)
        yield Installed(wheel, programs, folder / "empty")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def database_url(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database, reached by a port: our sockets are ours alone."""
    folder = tmp_path_factory.mktemp("port")
    server = PgBouncer(folder, stores.postgres.sockets, "session", "statement_timeout")
    server.start()
    yield server.url_of(stores.empty_database())
    server.stop()


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with running_valkey() as running:
        yield running


def test_the_wheel_holds_whatever_the_product_reads(installed: Installed) -> None:
    held = files_in(installed.wheel)
    wanted = {f"app/{name}" for name in names_below(ROOT / "src" / "app")}
    for folder in BESIDE:
        wanted |= {f"app/{folder}/{name}" for name in names_below(ROOT / folder)}
    assert {"app/static/site.css", "app/migrations/env.py", "app/locales/de/messages.po"} <= wanted
    assert wanted - held == set()
    assert not any(name.startswith(("tests/", "src/")) for name in held)


def names_below(folder: Path) -> set[str]:
    """Of the files that belong to the project; `make words` leaves a template of catalogues."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pot"
    }


def test_it_migrates_and_serves_as_nobody_from_a_folder_that_is_empty_and_read_only(
    installed: Installed, database_url: str, valkey: Valkey, tmp_path: Path
) -> None:
    port = free_port()
    env = in_unit(port) | PRODUCTION | {
        "DATABASE_URL": database_url,
        "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/0",
        "TWILIO_API_URL": "http://127.0.0.1:1",
        "SENDGRID_API_URL": "http://127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    }  # fmt: skip
    assert newest_revision() in installed.run(*started_by("latchkey-migrate.service"), **env)
    with installed.serving(tmp_path / "log", env) as server:
        look_around(port, server)
    assert server.wait(30) == 0
    assert '"event":"traces are not collected"' in (tmp_path / "log").read_text()


def in_unit(port: int) -> dict[str, str]:
    """The environment that systemd gives it, with the file as it comes."""
    lines = " ".join(words_of(unit(SERVER), "Environment")).replace("%i", str(port))
    given = dict(word.split("=", 1) for word in lines.split())
    return given | environment_file(OPS / "systemd" / "latchkey.env")


def started_by(name: str) -> list[str]:
    [line] = words_of(unit(name), "ExecStart")
    program, *words = line.split()
    assert program == "/opt/latchkey/bin/latchkey"
    return words


def look_around(port: int, server: subprocess.Popen[bytes]) -> None:
    """A page in another language, its style sheet, and whether all is there."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", verify=NO_TLS) as client:
        wait_until_ready(client, server)
        page = client.get("/signup", headers={"accept-language": "de"}, follow_redirects=True)
        assert 'lang="de"' in page.text
        style = page.text.partition('href="/static/')[2].partition('"')[0]
        assert client.get(f"/static/{style}").headers["content-type"].startswith("text/css")


def wait_until_ready(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + START_TIMEOUT
    while True:
        assert server.poll() is None, "it did not start"
        assert monotonic() < deadline, "it did not get ready"
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        sleep(0.05)
