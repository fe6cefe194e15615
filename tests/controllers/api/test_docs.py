"""The document of the API, and the page that shows it."""

import re
from typing import Any

import httpx
import pytest

from app.controllers.api.docs import read_document, read_reference
from tests.pages import Page
from tests.person import Person, new_email, new_phone
from tests.product import NO_TLS, Product

DOCUMENT = "/api/openapi.json"
CALLS = [
    (method, path, operation)
    for path, item in read_document()["paths"].items()
    for method, operation in item.items()
]


def test_the_document_is_public_and_kept_by_caches(product: Product) -> None:
    person = Person(product)
    answer = person.http.get(DOCUMENT)
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json()["info"]["title"] == "Latchkey"
    assert answer.headers["cache-control"].startswith("public, max-age=300")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    known = {"if-none-match": answer.headers["etag"]}
    assert person.http.get(DOCUMENT, headers=known).status_code == 304


def test_the_document_is_smaller_as_gzip_and_the_same(product: Product) -> None:
    with httpx.Client(base_url=product.url, verify=NO_TLS) as http:
        plain = http.get(DOCUMENT, headers={"accept-encoding": "identity"})
        zipped = http.get(DOCUMENT, headers={"accept-encoding": "gzip"})
    assert plain.content == zipped.content
    assert int(zipped.headers["content-length"]) < len(plain.content) / 5
    assert zipped.headers["etag"] == plain.headers["etag"]


def test_the_page_shows_each_call_and_each_object_without_a_script(product: Product) -> None:
    seen = Person(product).get("/api/docs")
    ids, headers = Page("docs", seen.html).ids, seen.response.headers
    assert {operation["operationId"] for _, _, operation in CALLS} <= {*ids}
    assert {each.name for each in read_reference().objects} <= {*ids}
    assert DOCUMENT in seen.html
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"].startswith("public")
    assert seen.response.headers["content-language"] == "en"


def test_an_object_that_may_be_missing_is_shown_as_one_or_null(product: Product) -> None:
    html = Person(product).get("/api/docs").html
    assert '<span class="fine"><a href="#Plan">Plan</a> or null, always there</span>' in html


def test_the_page_shows_who_is_signed_in_and_is_theirs_then(product: Product) -> None:
    person = Person(product)
    person.sign_up(new_phone(), new_email())
    answer = person.get("/api/docs").response
    assert answer.headers["cache-control"] == "private, no-store"
    assert "/logout" in answer.text


def test_each_call_and_each_field_says_what_it_is() -> None:
    """What refers to another object has the examples there."""
    calls = [operation for _, _, operation in CALLS]
    given = [field for each in calls for field in each.get("parameters", ())]
    assert [each["operationId"] for each in calls if not each.get("summary")] == []
    assert [each["name"] for each in given if not each.get("description")] == []
    for name, schema in read_document()["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            assert said.get("description"), (name, field)
            refers = "$ref" in str(said) or said.get("type") == "boolean" or "const" in said
            assert refers or said.get("examples"), (name, field)


def test_each_call_that_takes_a_code_can_ask_again_and_how_it_goes() -> None:
    paths = {path for _, path, _ in CALLS}
    codes = {path for path in paths if path.endswith("-code")}
    assert len(codes) == 7
    for path in (*codes, "/api/v1/confirm"):
        assert {f"{path}/resend", f"{path}/delivery"} <= paths


def example(operation: dict[str, Any]) -> object:
    """A body with all that has to be there."""
    content = operation.get("requestBody", {}).get("content")
    if not content:
        return None
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = read_document()["components"]["schemas"][name]
    fields = schema["properties"]
    return {each: fields[each].get("examples", [True])[0] for each in schema.get("required", ())}


@pytest.mark.parametrize(("method", "path", "operation"), CALLS, ids=lambda one: str(one)[:60])
def test_a_call_takes_a_token_where_the_document_says_so(
    product: Product, method: str, path: str, operation: dict[str, Any]
) -> None:
    url = product.url + re.sub(r"\{\w+\}", "0199f3a2-7c1e-7b60-9d53-2f8c1e4a6b70", path)
    headers = {"authorization": "Bearer x"}
    answer = httpx.request(method, url, json=example(operation), headers=headers, verify=NO_TLS)
    is_refused = answer.status_code == 401 and answer.json()["code"] == "unauthenticated"
    assert is_refused is ("security" in operation or path.endswith("/tokens/refresh"))
