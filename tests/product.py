"""The product as people meet it: `latchkey serve` in a process of its own, over HTTP."""

import atexit
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Self

import httpx

from app.dev.outbox import LocalMessage, Outbox
from tests.copies import Copy, Original
from tests.guard.loopback import TOLD

SOURCE = Path(__file__).parents[1] / "src"
GUARD = Path(__file__).parent / "guard"
# The tree these tests stand in, wherever else the package may be installed from; and before it,
# what keeps a process from reaching beyond this machine.
PYTHONPATH = f"{GUARD}:{SOURCE}"
START_TIMEOUT = 60.0  # seconds; alone it takes two or three
# Seconds for what happens in a moment, on a machine that is busy with all the rest: not for ever.
PATIENCE = 30.0
# All is plain http here, and each client of its own would read the machine's certificates (40 ms).
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# As a day of counting would leave it: the floors of PostgreSQL are asked by tests of their own.
GENEROUS = """
texts_per_number = { windows = [[3600, 100000]] }
texts_per_block = { windows = [[3600, 100000]] }
texts_per_number_and_address = { windows = [[3600, 100000]] }
texts_per_block_and_address = { windows = [[3600, 100000]] }
strangers_per_region = { hour = 100000, day = 100000 }
mailed_per_region = { hour = 100000, day = 100000 }
accounts_per_region = { hour = 100000, day = 100000 }
known_per_region = { hour = 100000, day = 100000 }
pressure = { least = 100000 }
conversion_breaker = { least = 100000 }
texts_per_address = { windows = [[3600, 100000]] }
texts_per_network = { windows = [[3600, 100000]] }
mails_per_mailbox = { windows = [[3600, 100000]] }
mails_per_address = { windows = [[3600, 100000]] }
mails_per_mailbox_and_address = { windows = [[3600, 100000]] }
mails_per_network = { windows = [[3600, 100000]] }
mails_in_all = { windows = [[86400, 100000]] }
texts_per_session = { windows = [[3600, 100000]] }
texts_per_own_number = { windows = [[3600, 100000]] }
mails_per_session = { windows = [[3600, 100000]] }
mails_per_own_mailbox = { windows = [[3600, 100000]] }
wrong_codes_per_address = { windows = [[3600, 100000]] }
wrong_codes_per_network = { windows = [[3600, 100000]] }
wrong_codes_per_contact_and_address = { windows = [[3600, 100000], [86400, 100000]] }
wrong_codes_per_held_contact_and_address = { windows = [[86400, 100000]] }
wrong_passwords_per_address = { windows = [[900, 100000]] }
wrong_passwords_per_network = { windows = [[900, 100000]] }
accounts_per_address = { windows = [[900, 100000]] }
accounts_per_network = { windows = [[900, 100000]] }
new_identities_per_address = { windows = [[3600, 100000]] }
new_identities_per_network = { windows = [[3600, 100000]] }
refused_grants_per_address = { windows = [[900, 100000]] }
refused_grants_per_network = { windows = [[900, 100000]] }
new_passwords = { windows = [[3600, 100000]] }
"""


class Product:
    """One deployment. `env` is added to what every test run needs; `limits` is a TOML table; it may
    have so many `files` open (0: as many as we).
    """

    command = "serve"
    from_nothing = False  # whether it imports whatever it needs itself

    def __init__(
        self,
        folder: Path,
        database_url: str,
        redis_url: str,
        *,
        limits: str = "",
        files: int = 0,
        **env: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self._files = folder, free_port(), files
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "product.log"
        self.env = {
            "PYTHONPATH": PYTHONPATH,
            "ENVIRONMENT": "test",
            "BASE_URL": self.url,
            "PORT": str(self.port),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        } | env
        if limits:
            (folder / "limits.toml").write_text(limits)
            self.env["LIMITS_FILE"] = str(folder / "limits.toml")
        self.outbox = Outbox(folder / ".latchkey" / "outbox.jsonl")
        self._process: subprocess.Popen[bytes] | Copy | None = None

    def start(self, *options: str) -> Self:
        """Returns once it answers."""
        run = self._run_from_nothing if self.from_nothing else self._run_copy
        self._process = run(*options)
        deadline = monotonic() + START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or monotonic() > deadline:
                raise RuntimeError(f"the product did not start:\n{self.log.read_text()[-4000:]}")
            sleep(0.05)
        return self

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._running().pid

    def kill(self) -> None:
        """SIGKILL to all of its processes: what a power cut does."""
        process = self._running()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._process = None

    def stop(self) -> int:
        """SIGTERM, as a deployment does; returns the exit code."""
        process = self._running()
        process.terminate()
        code = process.wait(timeout=PATIENCE)
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self.outbox.close()
        assert not self.log.exists() or TOLD not in self.log.read_text(), "see the log"

    def messages(self, to: str) -> list[LocalMessage]:
        """What the local outbox sent there, newest first."""
        return self.outbox.list_sent_to(to)

    def codes_for(self, to: str) -> list[str]:
        """All codes sent there, the newest first."""
        return [message.code for message in self.messages(to) if message.code]

    def code_for(self, to: str, beyond: int = 0, patience: float = PATIENCE) -> str:
        """The newest code sent there, once there are more than `beyond`."""
        deadline = monotonic() + patience
        while len(codes := self.codes_for(to)) <= beyond:
            assert monotonic() < deadline, f"code {beyond + 1} was not sent to {to}"
            sleep(0.02)
        return codes[0]

    def _run_copy(self, *options: str) -> Copy:
        return original().copy(
            self.command,
            *options,
            folder=self.folder,
            env=clean_environment() | self.env,
            out=self.log,
            err=self.log,
            files=self._files,
        )

    def _run_from_nothing(self, *options: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "app.cli", self.command, *options],
                cwd=self.folder,
                env=clean_environment() | self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _running(self) -> subprocess.Popen[bytes] | Copy:
        assert self._process is not None
        return self._process

    def _answers(self) -> bool:
        with socket.socket() as knock:  # a client costs more than that
            if knock.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            answer = httpx.get(f"{self.url}/health/live", timeout=1, verify=NO_TLS)
        except httpx.TransportError:
            return False
        return answer.status_code == 200


@cache
def original() -> Original:
    """One a test process, which ends with it."""
    one = Original(clean_environment() | {"PYTHONPATH": PYTHONPATH})
    atexit.register(one.close)
    return one


def free_port() -> int:
    """Not one of those that connections are given: nobody takes it before it is listened on."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as listening, suppress(OSError):
            listening.bind(("127.0.0.1", port))
            return port


def clean_environment() -> dict[str, str]:
    """Without anything that whoever runs the tests may have set for the product."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
