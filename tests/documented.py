"""What the API's document says of an answer. Each answer that a test gets is compared with it."""

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from app.controllers.api.docs import read_document


def require_documented(answer: httpx.Response) -> None:
    """A hook of httpx. What the document does not have is not there."""
    method, path = answer.request.method, answer.request.url.path
    operation = find_operation(method, path)
    if operation is None:
        assert answer.status_code in (204, 404, 405), path
        return
    where = f"{method} {path}: {answer.status_code} {answer.read()!r}"
    described = operation["responses"].get(str(answer.status_code))
    assert described, where
    if "content" not in described:
        assert answer.content == b"", where
        return
    kind, body = answer.headers["content-type"].partition(";")[0], answer.json()
    validator = find_validator(method, path, answer.status_code, kind)
    assert [error.message for error in validator.iter_errors(body)] == [], where
    assert not answer.is_error or body["code"] in described["x-codes"], where


@cache
def find_operation(method: str, path: str) -> dict[str, Any] | None:
    for template, item in read_document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in item:
            operation: dict[str, Any] = item[method.lower()]
            return operation
    return None


@cache
def find_validator(method: str, path: str, status: int, kind: str) -> Draft202012Validator:
    """Of the bodies that a call answers with."""
    operation = find_operation(method, path) or {}
    schema = operation["responses"][str(status)]["content"][kind]["schema"]
    return Draft202012Validator(schema | {"components": read_document()["components"]})
