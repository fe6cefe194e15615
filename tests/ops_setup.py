"""What checks the files of ops/: hadolint, and validators of Kubernetes' and Compose's documents.

`make test` runs this first. They are installed into an environment of their own, once for each
version of requirements/ops.txt: 17,000 files that nothing else needs.
"""

import fcntl
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED, TOOLS = ROOT / "requirements" / "ops.txt", ROOT / ".tools"
UV = TOOLS / "bin" / "uv"


def main() -> None:
    if not _folder().exists():
        print("Installing hadolint and validators for the tests ...", flush=True)
    installed()


def installed() -> Path:
    """The folder of their programs."""
    with (TOOLS / "ops.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = _folder()
        if not folder.exists():
            _install(folder)
    return folder / "bin"


def _folder() -> Path:
    return TOOLS / f"ops-{sha256(PINNED.read_bytes()).hexdigest()[:16]}"


def _install(folder: Path) -> None:
    """Where it fails, nothing is left that looks whole."""
    python = folder / "bin" / "python"
    try:
        _uv("venv", "-q", "--python", sys.executable, str(folder))
        pinned = ("--require-hashes", "-r", str(PINNED))
        _uv("pip", "install", "-q", "--python", str(python), *pinned)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _uv(*words: str) -> None:
    subprocess.run([UV, *words], check=True)


if __name__ == "__main__":
    main()
