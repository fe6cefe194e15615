"""What a proxy asks for a neighbouring service: by itself, and through a real nginx."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.crowd import sql
from tests.nginx import running_nginx
from tests.person import Person, Seen, new_email, new_phone
from tests.product import NO_TLS, Product, free_port

HERE = "/api/v1/forward-auth"
PAGE = Path(__file__).parents[3] / "docs" / "protect-your-service.md"
PLACE = """
upstream latchkey {{ server 127.0.0.1:{product}; }}
upstream neighbour {{ server 127.0.0.1:{neighbour}; }}
server {{ listen 127.0.0.1:{port};  {locations} }}
"""


@pytest.fixture
def person(product: Product) -> Person:
    person = Person(product)
    person.sign_up(new_phone(), new_email())
    return person


def test_a_session_is_told_by_the_id_of_its_person(product: Product, person: Person) -> None:
    email = "SELECT id FROM users ORDER BY created_at DESC LIMIT 1"
    answer = person.get(HERE).response
    assert answer.status_code == 204
    assert answer.headers["x-latchkey-user"] == str(sql(product, email)[0]["id"])
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_without_a_session_it_is_401_in_json(product: Product) -> None:
    answer = Person(product).get(HERE).response
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "x-latchkey-user" not in answer.headers


def test_an_access_token_that_has_run_out_is_renewed(person: Person) -> None:
    del person.http.cookies["access"]
    answer = person.get(HERE).response
    assert answer.status_code == 204
    first, second = answer.headers.get_list("set-cookie")
    assert (first.partition("=")[0], second.partition("=")[0]) == ("access", "refresh")


def test_an_ended_session_opens_nothing(person: Person) -> None:
    held = dict(person.http.cookies)
    person.get("/account")
    person.post("/logout")
    person.http.cookies.update(held)
    assert person.get(HERE).status == 401


class Neighbour(BaseHTTPRequestHandler):
    """Says whom the proxy told it of."""

    def do_GET(self) -> None:
        body = f"hello {self.headers.get('X-Latchkey-User')}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def neighbour() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Neighbour) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def proxied(product: Product, neighbour: int, tmp_path: Path) -> Iterator[str]:
    """The address of a neighbour behind nginx, set up as docs/protect-your-service.md says."""
    port = free_port()
    locations = PAGE.read_text().partition("```nginx\n")[2].partition("```")[0]
    place = PLACE.format(product=product.port, neighbour=neighbour, port=port, locations=locations)
    with running_nginx(tmp_path, place):
        yield f"http://127.0.0.1:{port}/"


def test_nginx_lets_only_people_through_who_are_signed_in(proxied: str, person: Person) -> None:
    with httpx.Client(verify=NO_TLS) as stranger:
        turned_away = stranger.get(proxied, headers={"x-latchkey-user": "someone"})
    assert turned_away.status_code == 401
    seen = Seen(person.http.get(proxied))
    assert seen.status == 200
    assert seen.html == "hello " + person.get(HERE).response.headers["x-latchkey-user"]


def test_nginx_passes_a_renewed_token_on(proxied: str, person: Person) -> None:
    del person.http.cookies["access"]
    renewed = person.http.get(proxied)
    assert renewed.status_code == 200
    assert renewed.headers["set-cookie"].startswith("access=")
    assert person.http.get(proxied).status_code == 200
