"""A stand-in for the range API of Have I Been Pwned (haveibeenpwned.com/API/v3#PwnedPasswords)."""

import re
from collections.abc import Callable
from hashlib import sha1
from typing import Self

from tests.standins.http_server import Reply, Request, Server

USUAL = "1E4C9B93F3F0682250B6CF8331B7EE68FD8:3861493"
PADDING = "0" * 35 + ":0"


def sha1_of(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


class PwnedPasswordsStandIn:
    """Knows `breached`. `asked` are the five digits it was asked for; `fault` makes a bad day."""

    def __init__(self, *breached: str) -> None:
        self._digests = [sha1_of(known) for known in breached]
        self._server = Server(self._reply)
        self.asked: list[str] = []
        self.fault: Callable[[Reply], Reply] = lambda reply: reply

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _reply(self, request: Request) -> Reply:
        asked = re.fullmatch(r"/range/([0-9A-F]{5})", request.path)
        if not asked or request.method != "GET" or not request.headers.get("user-agent"):
            return Reply(400, b"The hash prefix was not in a valid format")
        self.asked.append(asked[1])
        found = [f"{digest[5:]}:42" for digest in self._digests if digest.startswith(asked[1])]
        padded = [PADDING] * (request.headers.get("add-padding") == "true")
        body = "\r\n".join([*found, USUAL, *padded]).encode()
        return self.fault(Reply(200, body, {"Content-Type": "text/plain"}))
