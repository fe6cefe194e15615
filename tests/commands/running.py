"""`latchkey` as it is typed, in a process of its own or, where only its words matter, in ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner, Result

from app.cli import main
from tests.product import PYTHONPATH, Product, clean_environment, original

PRODUCTION = {
    "ENVIRONMENT": "production",
    "BASE_URL": "https://door.example.org",
    "SECRET_KEY": "9b1c5f0d27e84a6f93d0b7c2e15a48d6",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBER": "+12025550100",
    "SENDGRID_API_KEY": "SG.key",
    "SENDGRID_FROM_EMAIL": "door@example.org",
    "AUTH0_ISSUER": "",
}


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


def latchkey(folder: Path, *words: str, **env: str) -> Ended:
    given = clean_environment() | {"PYTHONPATH": PYTHONPATH} | env
    with TemporaryDirectory() as told:
        out, err = Path(told, "out"), Path(told, "err")
        run = original().copy(*words, folder=folder, env=given, out=out, err=err)
        return Ended(run.wait(), out.read_text(), err.read_text())


@contextmanager
def serving(
    folder: Path, database_url: str, redis_url: str, *words: str
) -> Iterator[subprocess.Popen[bytes]]:
    """`latchkey serve` as it starts, which nobody waits for; it ends with the test, however that
    goes.
    """
    product = Product(folder, database_url, redis_url)
    with (
        product.log.open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", *words],
            cwd=folder,
            env={"PATH": os.environ["PATH"]} | product.env,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def typed(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, words, env={"ENVIRONMENT": "test"} | env)
