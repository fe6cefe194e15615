"""A vendor of texts that takes each at once, in a process of its own, in Twilio's words."""

import asyncio
import json
import os
import re
from itertools import count
from typing import Any

import uvloop

HERE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_sids = count()


def _answer() -> bytes:
    sid = f"SM{next(_sids):032x}"
    body = json.dumps(
        {
            "account_sid": "AC" + "0" * 32,
            "date_created": "Tue, 01 Dec 2026 00:00:00 +0000",
            "direction": "outbound-api",
            "num_segments": "1",
            "sid": sid,
            "status": "queued",
        }
    ).encode()
    head = f"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Vendor(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self._transport, self._unread = transport, b""

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._unread, 0, end)
            end += 4 + (int(length[1]) if length else 0)
            if len(self._unread) < end:
                return
            self._transport.write(HERE if self._unread.startswith(b"GET") else _answer())
            self._unread = self._unread[end:]


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(
        Vendor, "127.0.0.1", int(os.environ["PORT"])
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
