"""The application as `latchkey dev` runs it: in a process that does not outlive the command."""

import ctypes
import os
import signal
import sys

from litestar import Litestar

from app.main import create_app as create

PR_SET_PDEATHSIG = 1  # prctl(2)


def create_app() -> Litestar:
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we asked to be told
            sys.exit(1)
    return create(grace=0)  # nobody is sent here by a load balancer, and a reload should not wait
