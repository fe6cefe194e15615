"""An OpenID provider that nobody here wrote: the npm package `oidc-provider`, for the tests.

`make test` runs it first. It is installed outside of git, once for each version of its lock file.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent / "oidc"
FILES = ("package.json", "package-lock.json", "provider.mjs")
CACHE = Path(__file__).parents[1] / ".tools"
NO_NODE = (
    "NOT TESTED against an OpenID provider of someone else's: node is missing. "
    "Install it (on Debian: apt-get install nodejs npm) and run the tests again."
)
NOT_INSTALLED = "`npm ci` could not install oidc-provider, which the tests sign in with:"


def main() -> None:
    if node() is None:
        print(NO_NODE, file=sys.stderr, flush=True)
        return
    if not _folder().exists():
        print("Installing oidc-provider for the tests ...", flush=True)
    installed()


def node() -> str | None:
    return shutil.which("node")


def installed() -> Path:
    """The program to run with node. Raises `RuntimeError` when it cannot be installed."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "oidc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = _folder()
        if not folder.exists():
            _install(folder)
    return folder / "provider.mjs"


def _folder() -> Path:
    content = b"".join((HERE / name).read_bytes() for name in FILES)
    return CACHE / f"oidc-{sha256(content).hexdigest()[:16]}"


def _install(folder: Path) -> None:
    """Made aside, so that a folder that is there is whole."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(HERE, fresh)
    ran = subprocess.run(
        [shutil.which("npm") or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=fresh,
        env={**os.environ, "NODE_ENV": "production"},
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"{NOT_INSTALLED}\n{ran.stderr[-2000:]}")
    fresh.rename(folder)


if __name__ == "__main__":
    main()
