"""An OpenID provider that nobody here wrote, in a process of its own, and browsers at it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from tests.oidc_setup import NO_NODE, installed, node
from tests.product import NO_TLS, free_port

CLIENT_ID, CLIENT_SECRET = "latchkey-tests", "a secret of the tests only"
HOPS = 10


class ForeignProvider:
    """`environment` points the product at it."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}/"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AUTH0_ISSUER": self.issuer,
            "AUTH0_CLIENT_ID": CLIENT_ID,
            "AUTH0_CLIENT_SECRET": CLIENT_SECRET,
        }


class Browser:
    """Someone's browser at the provider: it keeps the session there."""

    def __init__(self) -> None:
        self.http = httpx.Client(verify=NO_TLS, timeout=20)

    def sign_in(self, url: str, login: str) -> str:
        """From the authorization URL, by the form where it is asked for, to the callback's URL."""
        return self._through(url, {"prompt": "login", "login": login, "password": "any"})

    def cancel(self, url: str) -> str:
        """To the callback's URL, which tells that the person said no."""
        return self._through(url, None)

    def sign_out(self, url: str) -> str:
        """Confirms the log-out, and tells where that leads."""
        page = self.http.get(url, follow_redirects=True)
        form = {"logout": "yes"} | dict(re.findall(r'name="(xsrf)" value="([^"]+)"', page.text))
        answer = self.http.post(_action(page), data=form)
        return answer.headers["location"]

    def close(self) -> None:
        self.http.close()

    def _through(self, url: str, form: dict[str, str] | None) -> str:
        for _ in range(HOPS):
            if urlsplit(url).path == "/auth0/callback":
                return url
            page = self.http.get(url)
            if page.status_code == 200:
                page = self._answered(page, form)
            url = urljoin(str(page.url), page.headers["location"])
        raise AssertionError(f"this leads nowhere: {url}")

    def _answered(self, page: httpx.Response, form: dict[str, str] | None) -> httpx.Response:
        if form is None:
            return self.http.get(f"{str(page.url).rstrip('/')}/abort")
        return self.http.post(_action(page), data=form)


def answer_in(url: str) -> dict[str, str]:
    """What a callback's URL carries: `code` or `error`, and `state`."""
    return dict(parse_qsl(urlsplit(url).query))


@contextmanager
def running_foreign(folder: Path, **env: str) -> Iterator[ForeignProvider]:
    """Ends the test as skipped, and says so, where there is no node to run it."""
    program = node()
    if program is None:
        pytest.skip(NO_NODE)
    port = free_port()
    told = {"PORT": str(port), "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
    with (folder / "oidc-provider.log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(installed())], env=told | env, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", (folder / log.name).read_text()
        yield ForeignProvider(port)
    finally:
        process.kill()
        process.communicate()


def _action(page: httpx.Response) -> str:
    found = re.search(r'<form[^>]* action="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return urljoin(str(page.url), unescape(found[1]))
