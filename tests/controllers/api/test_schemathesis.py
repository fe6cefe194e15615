"""Whatever is sent to the API is answered as its document says, and never with a failure.

`SCHEMATHESIS=1000` sends so many calls of a kind instead of a few.
"""

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from app.controllers.api.docs import read_document
from tests.client import FLOWS, Client
from tests.person import new_email, new_phone
from tests.product import Product

CALLS = int(os.environ.get("SCHEMATHESIS", "4"))
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
OPERATIONS = [(path, method) for path, item in read_document()["paths"].items() for method in item]
ENDING = ("/logout", "/me", "/me/password")  # after which there may be no session


class Caller(Client):
    """Signed in, with a sign-up, a sign-in and a recovery under way."""

    def begin(self) -> None:
        self.tokens, self.handles = {}, {}
        self.sign_up(new_phone(), new_email())
        self.handles = {}
        self.post("/signup/phone", phone=new_phone())
        self.post("/login/phone", phone=new_phone())
        self.post("/recovery/email", email=new_email())

    def send(self, case: Any, checks: list[Any]) -> None:
        """With a handle and a token that are good, where those that were made up are texts."""
        for flow in FLOWS:
            if isinstance(case.body, dict) and isinstance(case.body.get(flow), str):
                case.body[flow] = self.handles[flow]
        if "X-Latchkey-Flow" in (case.headers or {}):
            case.headers["X-Latchkey-Flow"] = self.handles[case.path.split("/")[3]]
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        answer = case.call_and_validate(
            base_url=self.product.url, headers=headers, checks=checks, timeout=20
        )
        if answer.status_code >= 400:
            described = case.operation.definition.raw["responses"][str(answer.status_code)]
            assert answer.json()["code"] in described["x-codes"]


@pytest.fixture(scope="module")
def caller(priced: Product) -> Iterator[Caller]:
    with Caller(priced) as caller:
        caller.begin()
        yield caller


@pytest.fixture(scope="module")
def schemathesis() -> Any:
    """Imported by the one process of tests that uses it: it takes a second."""
    return import_module("schemathesis")


@pytest.fixture(scope="module")
def schema(schemathesis: Any) -> Any:
    return schemathesis.openapi.from_dict(read_document())


@pytest.fixture(scope="module")
def checks(schemathesis: Any) -> list[Any]:
    found = import_module("schemathesis.specs.openapi.checks")
    return [schemathesis.checks.not_a_server_error, *(getattr(found, name) for name in CHECKS)]


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_the_document_says(
    caller: Caller, schemathesis: Any, schema: Any, checks: list[Any], path: str, method: str,
    mode: str,
) -> None:  # fmt: skip
    generation_mode = schemathesis.GenerationMode[mode]

    @seed(1)
    @settings(
        max_examples=CALLS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[path][method].as_strategy(generation_mode=generation_mode))
    def send(case: Any) -> None:
        caller.send(case, checks)

    send()
    if path.endswith(ENDING):
        caller.begin()
