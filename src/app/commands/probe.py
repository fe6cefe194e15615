"""`python -m app.commands.probe PATH [SECONDS]`: asks the server of this machine, at HOST and PORT,
and ends with 0 when it answers 200, within so many seconds. For containers, units and deployments:
it goes through no proxy and needs nothing but Python.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep

# Where whoever listens at all addresses answers. Of `::` these are those of IPv6 alone.
LOOPBACK = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - nobody listens here
PATIENCE = 5.0  # seconds for one answer


def main(path: str, seconds: float = 0.0) -> bool:
    deadline = monotonic() + seconds
    while not answers(path):
        if monotonic() >= deadline:
            return False
        sleep(0.2)
    return True


def answers(path: str) -> bool:
    host = os.environ.get("HOST", "")
    port = int(os.environ.get("PORT") or 8000)
    connection = HTTPConnection(LOOPBACK.get(host, host), port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1], *map(float, sys.argv[2:])))
