"""What the API's document says of an answer. Each answer that a test gets is compared with it."""

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from app.controllers.api.reference import read_document


def require_documented(answer: httpx.Response) -> None:
    """A hook of httpx. What the document does not have is not there."""
    path = answer.request.url.path
    operation = find_operation(answer.request.method, path)
    if operation is None:
        assert answer.status_code in (204, 404, 405), path
        return
    where = f"{answer.request.method} {path}: {answer.status_code}"
    assert str(answer.status_code) in operation["responses"], f"{where} {answer.read()!r}"
    if "content" not in operation["responses"][str(answer.status_code)]:
        assert answer.read() == b"", where
        return
    answer.read()
    kind = answer.headers["content-type"].partition(";")[0]
    validator = find_validator(answer.request.method, path, answer.status_code, kind)
    wrong = [error.message for error in validator.iter_errors(answer.json())]
    assert not wrong, f"{where} {wrong}"


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
