"""`latchkey` as it is typed, in a process of its own or, where only its words matter, in ours."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli import main
from tests.product import PYTHONPATH

NEEDED = ("PATH", "HOME", "LANG", "TMPDIR")
PRODUCTION = {
    "ENVIRONMENT": "production",
    "BASE_URL": "https://door.example.org",
    "SECRET_KEY": "a key of the tests that is long enough",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBER": "+12025550100",
    "SENDGRID_API_KEY": "SG.key",
    "SENDGRID_FROM_EMAIL": "door@example.org",
    "AUTH0_ISSUER": "",
}


def latchkey(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=folder,
        env={name: os.environ[name] for name in NEEDED if name in os.environ}
        | {"PYTHONPATH": PYTHONPATH}
        | env,
        capture_output=True,
        text=True,
        timeout=60,
    )


def typed(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, words, env={"ENVIRONMENT": "test"} | env)
