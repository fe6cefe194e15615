"""A proxy that drops headers it does not know, as some in offices do. In front of one product."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

DROPPED = re.compile(rb"\r\n(?:sec-fetch-[a-z]+|connection):[^\r\n]*", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@asynccontextmanager
async def stripping_proxy(port: int, target: int) -> AsyncIterator[None]:
    """Listens on `port` and asks `target`, a connection for each request."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the browser left
            await _forward(reader, writer, target)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(lambda _: (serving.discard(task), writer.close()))

    async with await asyncio.start_server(accept, "127.0.0.1", port):
        yield
        for task in serving:
            task.cancel()  # waits on a connection that the browser keeps ready
        await asyncio.gather(*serving, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    answers, asks = await asyncio.open_connection("127.0.0.1", target)
    asks.write(DROPPED.sub(b"", head)[:-2] + b"connection: close\r\n\r\n" + body)
    while piece := await answers.read(65_536):
        writer.write(piece)
    await writer.drain()
    asks.close()
