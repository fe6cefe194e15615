"""Fifty people who sign up and look around at once, and a network that can be cut or forget."""

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from tests.person import Person, new_email, new_phone
from tests.product import PATIENCE, Product

PEOPLE = 50
READING = 0.5  # seconds at most that someone looks at a page
# Seconds that a message is held for a dispatcher, also for one that lost the answer to its claim.
CLAIMED = 30.0
# Hashing has a queue of sixteen, and who finds it full is sent away: not what is tested here.
AT_THE_PASSWORD = threading.Semaphore(4)


def everybody(product: Product) -> Counter[int]:
    """All sign up at once and look at their account; how often each status was answered."""
    seen: Counter[int] = Counter()
    with ThreadPoolExecutor(PEOPLE) as threads:
        for statuses in threads.map(lambda _: one(product), range(PEOPLE)):
            seen.update(statuses)
    return seen


def one(product: Product) -> list[int]:
    person, phone, email = Person(product), new_phone(), new_email()
    statuses: list[int] = []
    person.http.event_hooks = {
        "request": [lambda request: sleep(random.uniform(0, READING))],
        "response": [lambda answer: statuses.append(answer.status_code)],
    }
    person.give_phone(phone)
    enter(person, "/signup/phone-code", phone)
    person.give_email(email)
    enter(person, "/signup/email-code", email)
    with AT_THE_PASSWORD:
        person.give_password()
    for page in ("/account", "/account/sessions"):
        person.get(page)
    return statuses


def enter(person: Person, page: str, contact: str) -> None:
    """Once more where the answer to the first time was lost: then the page asks again."""
    code = person.product.code_for(contact, patience=CLAIMED + PATIENCE)
    for _ in range(3):
        if person.submit(page, code=code).path != page:
            return


class Wire:
    """A TCP port in front of a server's socket."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._forgotten: set[socket.socket] = set()
        self._carried: dict[socket.socket, float] = {}
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def forget(self) -> int:
        """As a firewall does: what has been quiet for a second carries nothing more, and nobody is
        told. How many ends that are.
        """
        quiet = {end for end in self._open if monotonic() - self._carried[end] > 1}
        self._forgotten |= quiet
        return len(quiet)

    def cut(self) -> None:
        """Both ends of all that is open are told at once."""
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in (self._listening, *self._open):
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, far = self._listening.accept()[0], socket.socket(socket.AF_UNIX)
                far.connect(self._path)
                self._open += [near, far]
                self._carried |= {near: monotonic(), far: monotonic()}
                self._run(self._carry, near, far)
                self._run(self._carry, far, near)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                self._carried[source] = self._carried[target] = monotonic()
                if source not in self._forgotten:
                    target.sendall(piece)
            if source not in self._forgotten:
                target.shutdown(socket.SHUT_RDWR)

    def _run(self, what: Callable[..., None], *ends: socket.socket) -> None:
        thread = threading.Thread(target=what, args=ends)
        self._threads.append(thread)
        thread.start()
