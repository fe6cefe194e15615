"""How a vendor behaves, for once or for long: what it does with a message and what it answers."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.standins.http_server import Ending, Reply

HTML = b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"


@dataclass(frozen=True)
class Behaviour:
    """Whether the vendor takes the message, and what its usual answer turns into."""

    accepts: bool
    answer: Callable[[Reply], Reply]


def ordinary() -> Behaviour:
    return Behaviour(True, lambda usual: usual)


def delayed(seconds: float) -> Behaviour:
    return Behaviour(True, lambda usual: replace(usual, delay=seconds))


def hang() -> Behaviour:
    return Behaviour(False, lambda usual: replace(usual, ending=Ending.HANG))


def accept_then_hang() -> Behaviour:
    return Behaviour(True, lambda usual: replace(usual, ending=Ending.HANG))


def accept_then_500() -> Behaviour:
    return Behaviour(True, lambda _: Reply(500))


def accept_then_drop() -> Behaviour:
    return Behaviour(True, lambda usual: replace(usual, ending=Ending.DROP))


def http_500() -> Behaviour:
    return Behaviour(False, lambda _: Reply(500))


def html_502() -> Behaviour:
    return Behaviour(False, lambda _: Reply(502, HTML, {"Content-Type": "text/html"}))


def html_200() -> Behaviour:
    """A captive portal or a misled proxy: success in nothing but the status."""
    return Behaviour(False, lambda _: Reply(200, HTML, {"Content-Type": "text/html"}))


def redirect() -> Behaviour:
    return Behaviour(False, lambda _: Reply(302, headers={"Location": "http://127.0.0.1:9/"}))


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    return Behaviour(False, lambda _: Reply(status, body, headers))


def empty_success() -> Behaviour:
    """Taken, but the answer lost its body and its headers (an empty 201 of Twilio's)."""
    return Behaviour(True, lambda usual: Reply(usual.status))


def cut_body() -> Behaviour:
    return Behaviour(True, lambda usual: replace(usual, ending=Ending.CUT))


def drip_body() -> Behaviour:
    return Behaviour(True, lambda usual: replace(usual, ending=Ending.DRIP))


def drop_connection() -> Behaviour:
    return Behaviour(False, lambda usual: replace(usual, ending=Ending.DROP))


class Script:
    """Which behaviour is due: that of the destination, else the next in the queue, else the usual.

    Programmed by the test while the server runs in its own thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Behaviour] = deque()
        self._by_destination: dict[str, deque[Behaviour]] = {}
        self._usual = ordinary()

    def next(self, behaviour: Behaviour, times: int = 1) -> None:
        """For the next `times` requests that no destination's behaviour is for."""
        with self._lock:
            self._queue.extend([behaviour] * times)

    def for_destination(self, destination: str, *behaviours: Behaviour) -> None:
        """One after the other; the last one stays."""
        with self._lock:
            self._by_destination[destination] = deque(behaviours)

    def always(self, behaviour: Behaviour) -> None:
        """From now on, until `clear`."""
        with self._lock:
            self._usual = behaviour

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()
            self._by_destination.clear()
            self._usual = ordinary()

    def due(self, destination: str) -> Behaviour:
        with self._lock:
            if own := self._by_destination.get(destination):
                return own.popleft() if len(own) > 1 else own[0]
            return self._queue.popleft() if self._queue else self._usual
