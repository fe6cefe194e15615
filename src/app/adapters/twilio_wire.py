"""The wire to Twilio: its SDK on our own client, and its refusals without the words in them."""

# The SDK ships no types, so its AsyncHttpClient is `Any` to mypy.
# mypy: allow-subclassing-any

import logging
from urllib.parse import urlsplit

import httpx
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from app.adapters.wire import seconds_to_wait


class Declined(Exception):
    """Any answer but 2xx. Holds no words of Twilio's: they repeat the full number."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.code = _code(response)
        self.retry_after = seconds_to_wait(response)
        super().__init__(f"{self.status}/{self.code}")


class HttpxTwilioClient(AsyncHttpClient):
    """The SDK on our own client: its own has no timeout, repeats POSTs and logs what it sends.

    Everything goes to `api_url`, also when TWILIO_EDGE or TWILIO_REGION is set.
    """

    def __init__(self, client: httpx.AsyncClient, api_url: str) -> None:
        super().__init__(logging.getLogger("twilio.http"), is_async=True)
        self._client = client
        self._api_url = api_url.rstrip("/")

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, str | int] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,  # timeout and redirects: our client has its own mind on them
    ) -> Response:
        """Raises `Declined` for any answer but 2xx, and httpx's own errors."""
        asked = urlsplit(uri)
        response = await self._client.request(
            method,
            self._api_url + asked.path,
            params=params or asked.query or None,
            data=data,
            headers=headers,
            auth=auth,
            follow_redirects=False,
        )
        if not response.is_success:
            raise Declined(response)
        return Response(response.status_code, response.text, response.headers)


def _code(response: httpx.Response) -> int:
    """The code in an error body of Twilio's, else 0."""
    try:
        body = response.json()
    except ValueError:
        return 0
    code = body.get("code") if isinstance(body, dict) else 0
    return code if isinstance(code, int) else 0
