"""Programs of other people's that the tests need: a connection pooler, proxies, a clock to turn,
a Prometheus, what checks units.

`make test` runs this first. Without them the run fails; it never leaves those tests out.
"""

import os
import shutil
import subprocess
import sys

from tests.apt import apt_installs

# The program, and the package of Debian that holds it.
PACKAGES = {
    "pgbouncer": "pgbouncer",
    "nginx": "nginx-light",
    "caddy": "caddy",
    "faketime": "faketime",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    # Redis itself under another of its names: a package of the usual one would start a server.
    "redis-check-rdb": "redis-tools",
}


def main() -> None:
    """All at one go: to ask for the lists of packages takes as long as to install one."""
    if lacking := [program for program in PACKAGES if not found(program)]:
        print(f"Installing {', '.join(lacking)} for the tests ...", flush=True)
        for command in apt_installs(*{PACKAGES[program] for program in lacking}):
            subprocess.run(command, stdout=2, check=False)
    for program in lacking:
        if not found(program):
            sys.exit(missing(program))


def found(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def missing(program: str) -> str:
    return (
        f"The tests need {program}: install it (on Debian: apt-get install {PACKAGES[program]}), "
        f"so that `{program}` is on the PATH or in /usr/sbin, and run `make test` again."
    )


if __name__ == "__main__":
    main()
