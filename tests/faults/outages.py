"""Stores that are stopped or hang for a while, and a product that recovers from it by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.faults.staged import until
from tests.product import NO_TLS, PATIENCE, Product
from tests.stores import Stores


@contextmanager
def broken(stores: Stores, served: Product, how: str) -> Iterator[None]:
    """`how` is what happens to which, e.g. "postgres suspended". The product recovers by itself."""
    names, _, what = how.rpartition(" ")
    servers = [getattr(stores, name) for name in names.split(" and ")]
    for server in servers:
        server.suspend() if what == "suspended" else server.stop()
    try:
        yield
    finally:
        for server in servers:
            server.resume() if what == "suspended" else server.start()
        until(lambda: served_with(served, "/health/ready") == 200, 30)


def served_with(served: Product, path: str) -> int:
    return httpx.get(served.url + path, timeout=PATIENCE, verify=NO_TLS).status_code
