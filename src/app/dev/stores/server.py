"""One store as a child process: started, watched, stopped and never left behind."""

import fcntl
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import ClassVar

from app.dev.stores.files import StoresNotStarted, appending, tail

LAUNCH = Path(__file__).with_name("launch.py")
# Seconds. Recovery after a crash is the slow case; a server that does not stop is killed.
START_TIMEOUT = 30.0
LEFTOVER_TIMEOUT = 15.0
STOP_TIMEOUT = 15.0
PAUSE = 0.02


class Server(ABC):
    """One server over one folder of data, reached through one socket.

    Every process of it holds `<name>.lock` open, so whoever gets that lock knows that no process of
    an earlier run is left, however that run ended.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, data: Path, sockets: Path, *, durable: bool = True) -> None:
        """`durable=False` is for tests; each server says what it may then lose."""
        self.data = data
        self.sockets = sockets
        self.durable = durable
        self.log = data / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What a client connects to."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether a client would be served now, by us or by the same server of another keeper."""

    @abstractmethod
    def prepare(self, lock: int) -> None:
        """Makes the data if there is none and clears away what a crash left."""

    @abstractmethod
    def spawn(self, lock: int) -> subprocess.Popen[bytes]:
        """Starts the program, through `launch`."""

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The main process, while it runs."""
        return self._process.pid if self._process and self.running() else None

    def start(self) -> None:
        """Returns once it answers. Raises `StoresNotStarted` with the end of its log."""
        if self.running():
            return
        lock = self._lock()
        try:
            self.prepare(lock)
            self._process = self.spawn(lock)
        finally:
            os.close(lock)
        deadline = monotonic() + START_TIMEOUT
        while not self.answers():
            if not self.running() or monotonic() > deadline:
                self.kill()
                raise self.failure()
            sleep(PAUSE)

    def stop(self) -> None:
        """Cleanly, also while suspended; killed when it takes too long."""
        if self._process is None:
            return
        self._process.send_signal(self.stop_signal)
        self.resume()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """What a power cut does."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def suspend(self) -> None:
        """Lets it hang: connections stay open and nobody answers, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def launch(
        self, command: list[str], lock: int, folder: Path | None = None, stdin: int | None = None
    ) -> subprocess.Popen[bytes]:
        """A program that ends with us. One that refuses to be root must own `folder`."""
        how = [str(os.getpid()), str(int(self.stop_signal)), str(folder or "")]
        with appending(self.log) as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCH), *how, *command],
                env=_environment(),
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                start_new_session=True,
            )

    def failure(self) -> StoresNotStarted:
        return StoresNotStarted(f"{self.name} did not start.\n{tail(self.log)}")

    def _lock(self) -> int:
        """A descriptor for the server to inherit; waits for what is left of an earlier run."""
        descriptor = os.open(self.data / f"{self.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = monotonic() + LEFTOVER_TIMEOUT
        while not got(descriptor):
            if monotonic() > deadline:
                os.close(descriptor)
                raise StoresNotStarted(f"{self.name} is still in use by an earlier run.")
            sleep(PAUSE)
        return descriptor

    def _signal(self, number: signal.Signals) -> None:
        main = self.pid  # looked at once: it may end at any moment
        if main is None:
            return
        pids = ""
        with suppress(OSError):
            pids = Path(f"/proc/{main}/task/{main}/children").read_text()
        for pid in (main, *map(int, pids.split())):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _environment() -> dict[str, str]:
    """Ours without what would change a server's mind: PGPORT, PGDATA, LANG and the like."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def got(descriptor: int) -> bool:
    """Takes the exclusive lock unless someone else has it. It ends with the last copy of the
    descriptor, so nobody has to release it after a crash."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
