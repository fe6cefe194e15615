"""Packages of Debian that the tests need, where we may install them."""

import os
import shutil


def apt() -> str | None:
    return shutil.which("apt-get") if os.geteuid() == 0 else None


def apt_installs(*packages: str) -> list[list[str]]:
    """The commands that install them; none where we may not."""
    program = apt()
    if program is None:
        return []
    install = [program, "install", "-qq", "-y", "--no-install-recommends", *packages]
    return [[program, "update", "-qq"], ["env", "DEBIAN_FRONTEND=noninteractive", *install]]
