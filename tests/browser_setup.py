"""A Chromium for the tests that drive a real browser: the machine's own, or a new one.

`make test` runs it first. Without a browser the run fails; it never leaves those tests out.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator

from tests.apt import apt, apt_installs

# The same browser without its window and menus first: it takes half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MISSING = (
    "The tests need Chromium: install it (on Debian: apt-get install chromium), "
    "so that `chromium` is on the PATH, and run `make test` again."
)
# In a process of its own, as Playwright's own way to ask does not work inside an event loop.
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def main() -> None:
    if not browser():
        print("Installing Chromium for the tests ...", flush=True)
        install()


def browser() -> str | None:
    """The program to drive, or None when there is none that starts."""
    return next((program for program in _candidates() if _starts(program)), None)


def install() -> None:
    """Tries one way after the other; ends the run when none leads to a browser."""
    for way in _ways():
        if all(subprocess.run(command, stdout=2).returncode == 0 for command in way) and browser():
            return
    sys.exit(MISSING)


def _candidates() -> Iterator[str]:
    for name in NAMES:
        if program := shutil.which(name):
            yield program
    asked = subprocess.run([sys.executable, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True)
    if asked.returncode == 0:
        yield asked.stdout.strip()


def _starts(program: str) -> bool:
    """Some systems have a `chromium-browser` that only says where to get one."""
    try:
        ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0 and "Chrom" in ran.stdout


def _ways() -> Iterator[list[list[str]]]:
    for package in NAMES[:2]:
        if commands := apt_installs(package):
            yield commands
    with_libraries = ["--with-deps"] if apt() else []
    yield [
        [sys.executable, "-m", "playwright", "install", "--no-shell", *with_libraries, "chromium"]
    ]


if __name__ == "__main__":
    main()
