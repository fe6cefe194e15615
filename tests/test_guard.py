"""Neither the tests nor the product they start reach beyond this machine."""

import socket
import sys
from subprocess import run

import pytest

from tests.guard.loopback import TOLD
from tests.product import PYTHONPATH

# Of TEST-NET-3 (RFC 5737): nobody is there, should it ever be reached.
NOBODY = "203.0.113.1"
PLAIN = f"import socket; socket.create_connection(({NOBODY!r}, 80), 0.2)"
DATAGRAM = f"from socket import *; socket(AF_INET, SOCK_DGRAM).sendto(b'', ({NOBODY!r}, 80))"
UVLOOP = """
import asyncio, uvloop
async def reach():
    async with asyncio.timeout(0.2):
        await asyncio.open_connection({host!r}, 80)
uvloop.run(reach())
"""


@pytest.mark.parametrize(
    ("script", "host"),
    [
        (PLAIN, NOBODY),
        (DATAGRAM, NOBODY),
        (UVLOOP.format(host=NOBODY), NOBODY),
        (UVLOOP.format(host="somewhere.example"), "somewhere.example"),
    ],
)
def test_a_process_as_the_product_is_one_reaches_nobody(script: str, host: str) -> None:
    ended = run([sys.executable, "-c", script], env={"PYTHONPATH": PYTHONPATH}, capture_output=True)
    assert ended.returncode == 1
    assert f"PermissionError: {TOLD} {host}" in ended.stderr.decode()


def test_nor_does_this_one() -> None:
    with pytest.raises(PermissionError, match=TOLD):
        socket.create_connection((NOBODY, 80), 0.2)
