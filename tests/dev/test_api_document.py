"""The OpenAPI document: up to date, and whole for whoever has nothing else."""

from collections.abc import Iterator
from typing import Any

from app.controllers.api.docs import FILE, read_document
from app.controllers.problems import list_problems
from app.dev.api_document import write_document

DOCUMENT = read_document()
SCHEMAS = DOCUMENT["components"]["schemas"]


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in SCHEMAS.items():
        for field, declared in schema.get("properties", {}).items():
            yield f"{name}.{field}", declared


def explains_itself(field: dict[str, Any]) -> bool:
    """By its type: a choice, or something that is described elsewhere."""
    return field.get("type") == "boolean" or any(
        word in str(field) for word in ("$ref", "const", "enum")
    )


def test_the_file_is_what_the_calls_declare() -> None:
    assert FILE.read_text() == write_document(), "make docs"


def test_every_call_is_described_and_says_what_it_is_refused_with() -> None:
    assert len([*operations()]) > 40
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"], name
        assert {"500", "503"} <= {*operation["responses"]}, name


def test_every_field_has_a_meaning_and_an_example() -> None:
    assert len([*fields()]) > 100
    assert [name for name, field in fields() if not field.get("description")] == []
    bare = [name for name, field in fields() if "examples" not in field]
    assert [name for name, field in fields() if name in bare and not explains_itself(field)] == []
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def test_every_parameter_has_a_meaning() -> None:
    parameters = [each for _, operation in operations() for each in operation.get("parameters", ())]
    assert {each["name"] for each in parameters} >= {"X-Latchkey-Flow", "session_id", "currency"}
    assert [each["name"] for each in parameters if not each.get("description")] == []


def test_bodies_take_no_other_fields() -> None:
    bodies = [schema for name, schema in SCHEMAS.items() if name.endswith("Body")]
    assert len(bodies) > 10
    assert all(schema["additionalProperties"] is False for schema in bodies)


def test_every_code_is_one_that_has_a_page() -> None:
    listed = {
        code
        for _, operation in operations()
        for response in operation["responses"].values()
        for code in response.get("x-codes", ())
    }
    assert len(listed) > 50
    assert listed <= {one.code for one in list_problems()}
