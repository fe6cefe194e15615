"""A client of the JSON API: no cookies, a bearer token, and the handles that answers give."""

from typing import Any

import httpx

from tests.documented import require_documented
from tests.person import PASSWORD
from tests.product import NO_TLS, Product


class Client:
    """An app on a phone. `signup`, `login` and `recovery` are the newest handles it was given,
    `tokens` the session it has.
    """

    def __init__(self, product: Product, **headers: str) -> None:
        self.product = product
        self.http = httpx.Client(
            base_url=f"{product.url}/api/v1",
            headers=headers,
            timeout=20,
            verify=NO_TLS,
            event_hooks={"response": [require_documented]},
        )
        self.handles: dict[str, str] = {}
        self.tokens: dict[str, Any] = {}

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """With the bearer token, once there is one; what an answer gives is kept."""
        if self.tokens:
            headers = {"authorization": f"Bearer {self.tokens['access_token']}"} | headers
        answer = self.http.request(method, path, json=body, headers=headers)
        if answer.content and answer.headers["content-type"] == "application/json":
            self._keep(answer.json())
        return answer

    def post(self, path: str, /, **body: object) -> httpx.Response:
        """With the handle of its flow, if the path is of one."""
        flow = path.split("/")[1]
        handle = {flow: self.handles[flow]} if flow in self.handles else {}
        return self.call("POST", path, {**handle, **body} if flow in FLOWS or body else None)

    def get(self, path: str) -> httpx.Response:
        return self.call("GET", path)

    def delivery(self, path: str) -> httpx.Response:
        """Of a code of a flow."""
        handle = self.handles[path.split("/")[1]]
        return self.call("GET", f"{path}/delivery", **{"x-latchkey-flow": handle})

    def code(self, contact: str, had: int = 0) -> str:
        return self.product.code_for(contact, had)

    def sign_up(self, phone: str, email: str) -> httpx.Response:
        """From the first call to the last, whose answer it is."""
        self.post("/signup/phone", phone=phone)
        self.post("/signup/phone-code", code=self.code(phone))
        self.post("/signup/email", email=email)
        self.post("/signup/email-code", code=self.code(email))
        return self.post("/signup/password", password=PASSWORD)

    def confirm(self, contact: str) -> httpx.Response:
        """By a code to `contact`."""
        had = len(self.product.codes_for(contact))
        self.post("/confirm/code")
        return self.post("/confirm", code=self.code(contact, had))

    def _keep(self, body: dict[str, Any]) -> None:
        self.handles |= {name: body[name] for name in FLOWS if name in body}
        if "tokens" in body:
            self.tokens = body["tokens"]


FLOWS = ("signup", "login", "recovery")


def problem_of(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Its status, code and field, once it is a problem as RFC 9457 has it."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"/problems/{body['code']}"
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["code"], body.get("field")
