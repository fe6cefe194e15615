"""Becomes a server that cannot outlive whoever started it, and that is not root if it must not be.

A script, run as `launch.py PARENT SIGNAL FOLDER PROGRAM ARGUMENT…`: it ends by becoming PROGRAM.
It is one process more than a `preexec_fn`, which is not safe in a process with threads.
"""

import ctypes
import os
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
# `nobody`: initdb wants an account that has a name, and this one every system has.
NOBODY = 65534
ROOT_IS_REFUSED = (
    "PostgreSQL refuses to run as root and this machine forbids user namespaces: "
    "run as a normal user."
)


def launch(parent: int, signal: int, folder: str, command: list[str]) -> None:
    """Sends itself `signal` when process `parent` ends (Linux). `folder`, if any, is what a server
    that refuses root must own."""
    if folder and sys.platform == "linux" and os.geteuid() == 0:
        _stop_being_root(Path(folder))
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal)
    # It may have ended before the line above.
    if os.getppid() == parent:
        os.execv(command[0], command)  # noqa: S606 - a list, and no shell is wanted


def _stop_being_root(folder: Path) -> None:
    try:
        if folder.stat().st_uid == NOBODY or not _entered_a_namespace():
            become_ordinary(folder)
    except OSError:
        sys.exit(ROOT_IS_REFUSED)


def _entered_a_namespace() -> bool:
    """In a user namespace root is called nobody: its files stay root's for everyone else."""
    group = os.getegid()  # inside, it has no number until it is given one
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")
    return True


def become_ordinary(folder: Path) -> None:
    """Where namespaces are forbidden, as in most containers: really nobody, who then owns `folder`
    and may, like root, pass through the closed folders above it. Raises `OSError`."""
    _hand_over(folder)
    LIBC.prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    _keep_only(CAP_DAC_OVERRIDE)


def _hand_over(folder: Path) -> None:
    if folder.stat().st_uid != NOBODY:
        for path in [*folder.rglob("*"), folder]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _keep_only(capability: int) -> None:
    """Keeps it through `exec` too. Raises `OSError` when this machine does not allow it."""
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit)
    refused = LIBC.capset(header, effective_permitted_inheritable)
    if refused or LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0):
        raise OSError(ctypes.get_errno(), "capability refused")


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
