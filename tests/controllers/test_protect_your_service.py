"""docs/protect-your-service.md: what stands there, run by real proxies and by services."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.client import Client
from tests.crowd import sql
from tests.holder import Holder
from tests.neighbours import PAGE, SHOP, nginx_place, port_of, sample
from tests.oidc_setup import NO_NODE, installed, node
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.proxies import running_caddy, running_nginx

FORGED = {"x-latchkey-user": "someone", "x-latchkey-phone": "+1", "x-latchkey-plan": "all"}
TOLD = ("X-Latchkey-User", "X-Latchkey-Phone", "X-Latchkey-Email", "X-Latchkey-Plan")
ASKS_PYTHON = """
import json, sys
{sample}
try:
    print(json.dumps(person_of(sys.argv[1])))
except jwt.PyJWTError as error:
    sys.exit(f"refused: {{error}}")
"""
ASKS_NODE = """
{sample}
try {{
  console.log(JSON.stringify(await personOf(process.argv[2])))
}} catch (error) {{
  console.error(`refused: ${{error.code}}`)
  process.exit(1)
}}
"""


class Shop(BaseHTTPRequestHandler):
    """Says whom the proxy told it of."""

    def do_GET(self) -> None:
        body = json.dumps({name: self.headers.get(name) for name in TOLD}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def shop() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def proxies(
    serviced: Product,
    shop: int,
    own_origin: str,
    far_origins: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """nginx at the own origin and the first far one, Caddy at the second."""
    by_nginx, by_caddy = (port_of(origin) for origin in far_origins)
    place = nginx_place(serviced, shop, port_of(own_origin), by_nginx)
    sites = sample("caddyfile").replace(SHOP, far_origins[1])
    sites = sites.replace(":8000", f":{serviced.port}").replace(":3000", f":{shop}")
    folder = tmp_path_factory.mktemp("proxies")
    with running_nginx(folder, place), running_caddy(folder, sites, by_caddy):
        yield


def opens(browser: Person, url: str, **headers: str) -> httpx.Response:
    """As a browser does: through redirects, and on by a page that leads on by itself."""
    for _ in range(10):
        answer = browser.http.get(url, headers={"accept": PAGE} | headers)
        if answer.status_code in (302, 303):
            url = str(answer.url.join(answer.headers["location"]))
        elif "refresh" in answer.headers:
            url = answer.headers["refresh"].removeprefix("0; url=")
        else:
            return answer
    raise AssertionError("it goes round in circles")


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize("at", [0, 1, 2], ids=["nginx here", "nginx elsewhere", "Caddy elsewhere"])
def test_a_page_is_for_whoever_is_signed_in(
    serviced: Product, own_origin: str, far_origins: tuple[str, str], at: int
) -> None:
    url = f"{(own_origin, *far_origins)[at]}/cart?item=1&b=~c"
    stranger = opens(Person(serviced), url, **FORGED)
    assert (stranger.status_code, stranger.url.path) == (200, "/login")
    refused = Person(serviced).http.get(url, headers={"accept": "*/*"} | FORGED)
    assert refused.status_code == 401
    holder = Holder(serviced)
    person = opens(holder, url, **FORGED)
    assert str(person.url) == url
    assert person.json()["X-Latchkey-Email"] == holder.email
    assert len(person.json()["X-Latchkey-User"]) == 36
    assert not person.json()["X-Latchkey-Phone"]
    assert not person.json()["X-Latchkey-Plan"]
    asked = holder.http.get(url, headers={"accept": "application/json"})
    assert asked.status_code == 200


@pytest.mark.usefixtures("proxies")
def test_nginx_passes_both_renewed_tokens_on(serviced: Product, own_origin: str) -> None:
    """With the new one of them alone, the other would be taken for a copy later, and end it all."""
    holder = Holder(serviced)
    for _ in range(2):
        del holder.http.cookies["access"]
        renewed = holder.http.get(own_origin)
        assert renewed.status_code == 200
        set_cookies = renewed.headers.get_list("set-cookie")
        assert [each.partition("=")[0] for each in set_cookies] == ["access", "refresh"]
        assert holder.http.get(own_origin).status_code == 200
        sql(serviced, "UPDATE sessions SET rotated_at = rotated_at - interval '11 seconds'")


# Services that check tokens themselves.


@contextmanager
def signed_in(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        client.sign_up(new_phone(), new_email())
        yield client


def run_python(folder: Path, product: Product, token: str) -> subprocess.CompletedProcess[str]:
    code = ASKS_PYTHON.format(sample=sample("python").replace(LOGIN, product.url))
    return ran([sys.executable, "-c", code, token])


def run_node(folder: Path, product: Product, token: str) -> subprocess.CompletedProcess[str]:
    program = node()
    if program is None:
        pytest.skip(NO_NODE)
    code = folder / "shop.mjs"
    code.write_text(ASKS_NODE.format(sample=sample("js").replace(LOGIN, product.url)))
    (folder / "node_modules").symlink_to(installed().parent / "node_modules")
    result = ran([program, str(code), token])
    (folder / "node_modules").unlink()
    return result


LOGIN = "https://login.example.org"
Run = Callable[[Path, Product, str], subprocess.CompletedProcess[str]]
ran = partial(subprocess.run, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("run", [run_python, run_node])
def test_a_service_takes_its_own_tokens_alone(serviced: Product, tmp_path: Path, run: Run) -> None:
    with signed_in(serviced) as client:
        right, other = (
            client.post("/tokens/service", audience=audience).json()["access_token"]
            for audience in (SHOP, "blog")
        )
        taken = run(tmp_path, serviced, right)
        assert taken.returncode == 0, taken.stderr
        assert json.loads(taken.stdout)["email"] == client.get("/me").json()["email"]
        for wrong in (other, client.tokens["access_token"]):
            refused = run(tmp_path, serviced, wrong)
            assert refused.returncode == 1
            assert refused.stderr.startswith("refused: ")
