"""A client of the JSON API whose network breaks after each request: it asks again, with its key."""

from http.client import HTTPConnection
from itertools import cycle
from select import select
from time import sleep
from uuid import uuid4

import httpx

from tests.client import Client
from tests.product import PATIENCE, Product

CHANGING = ("POST", "PATCH", "DELETE")


class LossyClient(Client):
    """Hangs up in turn when the answer arrives, and before it can be there."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self._is_answered = cycle((True, False))

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        if method not in CHANGING:
            return super().call(method, path, body, **headers)
        headers |= {"idempotency-key": str(uuid4())}
        self._lose(method, path, body, headers)
        while (answer := super().call(method, path, body, **headers)).status_code == 409:
            if answer.json()["code"] != "call_under_way":
                break
            sleep(0.05)
        return answer

    def _lose(self, method: str, path: str, body: object, headers: dict[str, str]) -> None:
        """Sends it all, and reads nothing."""
        if self.tokens:
            headers = {"authorization": f"Bearer {self.tokens['access_token']}"} | headers
        request = self.http.build_request(method, path, json=body, headers=headers)
        connection = HTTPConnection("127.0.0.1", self.product.port)
        connection.request(method, request.url.path, request.read(), dict(request.headers))
        if next(self._is_answered):
            select([connection.sock], [], [], PATIENCE)
        connection.close()
