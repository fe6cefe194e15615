"""Python runs this at its start in every process whose PYTHONPATH names this folder: the product's.

uvloop connects in C, of which no audit hook hears: its connections are told to it.
"""

import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop
from loopback import refuse_the_outside

sys.addaudithook(refuse_the_outside)


def told(connect: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    async def create_connection(
        loop: uvloop.Loop, factory: Any, host: str | None = None, port: Any = None, **how: Any
    ) -> Any:
        if host is not None:
            sys.audit("socket.connect", None, (host, port))
        return await connect(loop, factory, host, port, **how)

    return create_connection


uvloop.Loop.create_connection = told(uvloop.Loop.create_connection)
