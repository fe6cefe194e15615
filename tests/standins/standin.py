"""What the stand-ins of all vendors share: a server, a script, and a record of what came in."""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from tests.standins.behaviour import Script
from tests.standins.http_server import Reply, Request, Server


@dataclass(frozen=True)
class Violation:
    """A rule of the vendor's that a request broke, and how the vendor answers."""

    status: int
    code: int
    words: str
    field: str | None = None


class Received(Protocol):
    @property
    def to(self) -> str: ...


M = TypeVar("M", bound=Received)


class StandIn(ABC, Generic[M]):
    """`messages` were accepted; `violations` broke a rule: a test asserts that there are none.

    `requests` counts everything that came in, whatever became of it, and `headers` has the names
    of all their headers. `script` says how to behave.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.script = Script()
        self._server = Server(self._reply)
        self.messages: list[M] = []
        self.violations: list[Violation] = []
        self.requests, self.headers = 0, set[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The settings that point the product here."""

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Connections are cut, then refused, until it is started again on the same port."""
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def reset(self) -> None:
        """Forgets everything: what came in and how to behave."""
        with self._changed:
            self.messages.clear()
            self.violations.clear()
            self.requests = 0
            self.script.clear()

    def wait_for(self, count: int, seconds: float = 30.0) -> list[M]:
        """The messages, once there are at least `count`. Not for the event loop: it blocks."""
        with self._changed:
            there = self._changed.wait_for(lambda: len(self.messages) >= count, seconds)
            assert there, f"{len(self.messages)} messages after {seconds} s, not {count}"
            return list(self.messages)

    def _reply(self, request: Request) -> Reply:
        with self._changed:
            self.requests += 1
            self.headers |= request.headers.keys()
            broken = self.broken_rules(request)
            if broken:
                self.violations += broken
                return self.refusal(broken[0])
            message, usual = self.receive(request)
            behaviour = self.script.due(message.to)
            if behaviour.accepts:
                self.messages.append(message)
                self._changed.notify_all()
            return behaviour.answer(usual)

    @abstractmethod
    def broken_rules(self, request: Request) -> list[Violation]:
        """What the vendor would refuse, and what we would rather not have sent."""

    @abstractmethod
    def refusal(self, broken: Violation) -> Reply:
        """How the vendor says it."""

    @abstractmethod
    def receive(self, request: Request) -> tuple[M, Reply]:
        """The message in the request and the answer of a good day."""
