"""The vendors' own OpenAPI documents (`tests/specs`, see the NOTICE there), as checks."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SPECS = Path(__file__).parents[1] / "specs"
FORM = "application/x-www-form-urlencoded"


class Document:
    def __init__(self, name: str) -> None:
        self._whole = _with_null(json.loads((SPECS / name).read_text(encoding="utf-8")))

    def request_schema(self, path: str, media_type: str) -> dict[str, Any]:
        content = self._whole["paths"][path]["post"]["requestBody"]["content"]
        return content[media_type]["schema"]

    def query_schema(self, path: str) -> dict[str, Any]:
        """What may follow the path of a GET."""
        listed = self._whole["paths"][path]["get"]["parameters"]
        query = {one["name"]: one["schema"] for one in listed if one["in"] == "query"}
        return {"properties": query}

    def answer_schema(self, path: str, status: str, method: str = "post") -> dict[str, Any]:
        responses = self._whole["paths"][path][method]["responses"]
        return responses[status]["content"]["application/json"]["schema"]

    def component(self, name: str) -> dict[str, Any]:
        return self._whole["components"]["schemas"][name]

    def problems(self, schema: dict[str, Any], value: object) -> list[str]:
        """Each as `place: words`, e.g. `personalizations.0.to: [] is too short`."""
        rooted = {**schema, "components": self._whole["components"]}
        found = Draft202012Validator(rooted, format_checker=FormatChecker()).iter_errors(value)
        unknown = set(value) - set(schema.get("properties", value)) if _is_map(value) else set()
        return [
            f"{'.'.join(map(str, problem.absolute_path))}: {problem.message}" for problem in found
        ] + [f"{name}: the document knows no such field" for name in sorted(unknown)]


def typed_form(schema: dict[str, Any], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A form with its texts turned into what the schema types them as; what cannot be is kept."""
    form: dict[str, Any] = {}
    for name, text in pairs:
        kind = schema["properties"].get(name, {}).get("type", "string")
        if kind == "array":
            form.setdefault(name, []).append(text)
        elif name in form:
            form[name] = [form[name], text]  # twice where once is meant: no type will fit
        else:
            form[name] = _typed(kind, text)
    return form


def _typed(kind: str, text: str) -> object:
    readers: dict[str, tuple[str, Callable[[str], object]]] = {
        "integer": (r"-?[0-9]+", int),
        "number": (r"-?[0-9]+(\.[0-9]+)?", float),
        "boolean": (r"true|false", lambda word: word == "true"),
    }
    shape, read = readers.get(kind, (r"(?s).*", str))
    return read(text) if re.fullmatch(shape, text) else text


def _with_null(node: Any) -> Any:
    """`nullable` of OpenAPI 3.0 in the words of JSON Schema."""
    if isinstance(node, list):
        return [_with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _with_null(value) for name, value in node.items()}
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return schema


def _is_map(value: object) -> bool:
    return isinstance(value, dict)
