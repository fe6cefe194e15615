"""What the nginx of ops/ asks of the other server, when one breaks off or says nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.product import free_port
from tests.proxies import nginx_of_ops, running_nginx

FORM, CALL = "/login/password", "/api/v1/login/password"


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.answer()

    def do_DELETE(self) -> None:
        self.do_POST()

    def answer(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


class BreakingOff(Answering):
    """As one that is killed once it has the request."""

    def answer(self) -> None:
        self.close_connection = True


class Silent(Answering):
    """Until nobody waits any more."""

    def answer(self) -> None:
        self.rfile.read()
        self.close_connection = True


@contextmanager
def listening(kind: type[Answering]) -> Iterator[int]:
    """Its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def answers(
    folder: Path, kind: type[Answering] | None, path: str, method: str = "POST"
) -> list[int]:
    """To as many forms as there are servers, so that `kind`, one of the two, is asked first once.
    None takes no connection. Patience is a hundredth of what it is.
    """
    with ExitStack() as opened:
        first = opened.enter_context(listening(kind)) if kind else free_port()
        ports = (first, opened.enter_context(listening(Answering)))
        place = nginx_of_ops(port := free_port(), *ports)
        place = place.replace("read_timeout 30s", "read_timeout 300ms")
        place = place.replace("upstream_timeout 10s", "upstream_timeout 100ms")
        opened.enter_context(running_nginx(folder, place))
        url = f"http://127.0.0.1:{port}{path}"
        asked = [httpx.request(method, url, json={"a": "b"}) for _ in ports]
    return sorted(each.status_code for each in asked)


@pytest.mark.parametrize(("path", "told"), [(FORM, 200), (CALL, 502)])
def test_a_form_that_broke_off_is_sent_to_the_other_and_a_call_is_not(
    tmp_path: Path, path: str, told: int
) -> None:
    assert answers(tmp_path, BreakingOff, path) == [200, told]


@pytest.mark.parametrize(("kind", "told"), [(None, 200), (BreakingOff, 502), (Silent, 502)])
def test_a_deletion_is_sent_to_the_other_only_where_it_was_sent_to_none(
    tmp_path: Path, kind: type[Answering] | None, told: int
) -> None:
    """One server is asked first each time."""
    assert answers(tmp_path, kind, "/api/v1/me", "DELETE") == [told, told]


def test_a_form_without_an_answer_may_be_under_way_and_is_not(tmp_path: Path) -> None:
    assert answers(tmp_path, Silent, FORM) == [200, 504]
