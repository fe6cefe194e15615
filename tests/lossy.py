"""A client of the JSON API whose network breaks after each request: it asks again, with its key."""

from http.client import HTTPConnection
from time import sleep
from uuid import uuid4

import httpx

from tests.client import Client

CHANGING = ("POST", "PATCH", "DELETE")


class LossyClient(Client):
    """`under_way` counts how often the first call was still being carried out."""

    under_way = 0

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        if method not in CHANGING:
            return super().call(method, path, body, **headers)
        headers |= {"idempotency-key": str(uuid4())}
        self._lose(method, path, body, headers)
        while (answer := super().call(method, path, body, **headers)).status_code == 409:
            if answer.json()["code"] != "call_under_way":
                break
            self.under_way += 1
            sleep(0.05)
        return answer

    def _lose(self, method: str, path: str, body: object, headers: dict[str, str]) -> None:
        """Sends it all, and hangs up before an answer can be there."""
        if self.tokens:
            headers = {"authorization": f"Bearer {self.tokens['access_token']}"} | headers
        request = self.http.build_request(method, path, json=body, headers=headers)
        connection = HTTPConnection("127.0.0.1", self.product.port)
        connection.request(method, request.url.path, request.read(), dict(request.headers))
        connection.close()
