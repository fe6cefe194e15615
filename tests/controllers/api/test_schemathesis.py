"""Whatever is sent to the API is answered as its document says, and never with a failure.

`SCHEMATHESIS=1000` sends so many calls of a kind instead of a few.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.controllers.api.reference import read_document
from tests.client import FLOWS, Client
from tests.person import new_email, new_phone
from tests.product import Product

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLS = int(os.environ.get("SCHEMATHESIS", "4"))
OPERATIONS = [each.ok() for each in openapi.from_dict(read_document()).get_all_operations()]
ENDING = ("/logout", "/me", "/me/password")  # after which there may be no session
MODES = list(GenerationMode)


class Caller(Client):
    """Signed in, with a sign-up, a sign-in and a recovery under way."""

    def begin(self) -> None:
        self.tokens, self.handles = {}, {}
        self.sign_up(new_phone(), new_email())
        self.handles = {}
        self.post("/signup/phone", phone=new_phone())
        self.post("/login/phone", phone=new_phone())
        self.post("/recovery/email", email=new_email())

    def send(self, case: Case) -> None:
        """With a handle and a token that are good, where those that were made up are texts."""
        for flow in FLOWS:
            if isinstance(case.body, dict) and isinstance(case.body.get(flow), str):
                case.body[flow] = self.handles[flow]
        if "X-Latchkey-Flow" in (case.headers or {}):
            case.headers["X-Latchkey-Flow"] = self.handles[case.path.split("/")[3]]
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        answer = case.call_and_validate(
            base_url=self.product.url, headers=headers, checks=CHECKS, timeout=20
        )
        if answer.status_code >= 400:
            described = case.operation.definition.raw["responses"][str(answer.status_code)]
            assert answer.json()["code"] in described["x-codes"]


@pytest.fixture(scope="module")
def caller(priced: Product) -> Iterator[Caller]:
    with Caller(priced) as caller:
        caller.begin()
        yield caller


@pytest.fixture(params=MODES, ids=lambda mode: mode.value)
def mode(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_every_answer_is_as_the_document_says(caller: Caller, operation: Any, mode: Any) -> None:
    @seed(1)
    @settings(
        max_examples=CALLS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        caller.send(case)

    send()
    if operation.path.endswith(ENDING):
        caller.begin()
