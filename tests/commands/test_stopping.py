"""SIGTERM at any moment, and how long connections are kept: both as an operator sets them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep

import pytest

from tests.commands.running import serving
from tests.faults.staged import until
from tests.product import PYTHONPATH, START_TIMEOUT, Product
from tests.proxies import is_open
from tests.stores import Stores
from tests.web.raw_http import connect, request, seconds_until_closed

pytestmark = pytest.mark.usefixtures("from_nothing")
FORM = ["content-type: application/x-www-form-urlencoded"]
SIGTERM_BIT = 1 << (signal.SIGTERM - 1)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A database that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        yield listening


def has_a_handler(process: Popen[bytes]) -> bool:
    """Whether it has said what SIGTERM does to it; before that the kernel ends it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) & SIGTERM_BIT)


def ended(process: Popen[bytes]) -> tuple[int, bool]:
    """The exit code after SIGTERM, and whether that was at once."""
    begun = monotonic()
    process.terminate()
    try:
        code = process.wait(timeout=20)
    finally:
        process.kill()
    return code, monotonic() - begun < 5.0


@pytest.mark.parametrize("after", [0.0, 0.2, 0.6])
def test_sigterm_while_the_server_is_loaded(tmp_path: Path, stores: Stores, after: float) -> None:
    with serving(tmp_path, stores.new_database(), f"{stores.redis_url}?db=7") as process:
        until(lambda: has_a_handler(process), START_TIMEOUT)
        sleep(after)
        assert ended(process) == (0, True)


def test_sigterm_while_the_stores_are_waited_for(tmp_path: Path, silent: socket.socket) -> None:
    url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
    with serving(tmp_path, url, "redis://127.0.0.1:1/0") as process, silent.accept()[0]:
        assert ended(process) == (0, True)


IN_A_DESTRUCTOR = """
import signal, sys
from app.commands.workers import end_on_signal

class Ending:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

signal.signal(signal.SIGTERM, end_on_signal)
Ending()
sys.exit(3)
"""


def test_sigterm_within_a_destructor_is_not_lost() -> None:
    """Where Python ignores every exception: the collection of garbage before workers are made."""
    ran = subprocess.run(
        [sys.executable, "-c", IN_A_DESTRUCTOR], env={"PYTHONPATH": PYTHONPATH}, timeout=30
    )
    assert ran.returncode == 0


def test_sigterm_while_workers_start(tmp_path: Path, stores: Stores) -> None:
    with serving(
        tmp_path, stores.new_database(), f"{stores.redis_url}?db=7", "--workers", "2"
    ) as process:
        until(lambda: has_a_handler(process), START_TIMEOUT)
        sleep(1.0)
        assert ended(process)[0] == 0


def test_no_worker_outlives_the_process_that_watches(
    another_product: Callable[..., Product],
) -> None:
    product = another_product("--workers", "2", DRAIN_SECONDS="60")
    os.kill(product.pid, signal.SIGKILL)
    until(lambda: not is_open(product.port), 10)


def test_a_stop_waits_no_longer_than_was_set(another_product: Callable[..., Product]) -> None:
    product = another_product(DRAIN_SECONDS="1")
    with connect(product) as connection:
        connection.sendall(request("/signup/phone", *FORM, "content-length: 9", method="POST"))
        sleep(0.2)
        begun = monotonic()
        assert product.stop() == 0
    assert monotonic() - begun < 4.5, "it would have had five seconds for its body"


def test_an_idle_connection_is_kept_as_long_as_was_set(
    another_product: Callable[..., Product],
) -> None:
    product = another_product(KEEP_ALIVE="2")
    with connect(product) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert 1.5 < seconds_until_closed(connection) < 9.0
