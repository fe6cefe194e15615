"""Forms: strings by name, read strictly; what is wrong with one is told beside the form."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException, HTTPException

from app.domain.errors import Rejected

FORM = b"application/x-www-form-urlencoded"
EVERYWHERE = ("csrf_token", "return_to", "plan")
MOST_FIELDS = 20


class BadForm(Rejected):
    """Not what our page sends: a field twice, or one nobody asked for."""

    code = "bad_form"


class WrongContentType(HTTPException):
    status_code = 415


@dataclass(frozen=True, slots=True)
class Form:
    """`problem` is raised only once the page to show it on is known."""

    fields: dict[str, str]
    problem: BadForm | None

    def __getitem__(self, name: str) -> str:
        """What was typed; '' for a field that was left out."""
        return self.fields.get(name, "")


async def read_form(request: Request[Any, Any, Any], names: tuple[str, ...]) -> Form:
    """The fields of a posted form. Raises 413, 415, and 400 for a body that is no form."""
    given = dict(request.scope["headers"]).get(b"content-type", b"")
    kind = given.partition(b";")[0].strip().lower()
    if kind != FORM:
        raise WrongContentType
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise ClientException("not a form") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return Form(fields, _problem([name for name, _ in pairs], names))


def _problem(given: list[str], names: tuple[str, ...]) -> BadForm | None:
    """Told beside the form's own field when that is the one, as in `phone=1&phone=2`."""
    own = next(iter(names), None)
    if len(given) > len(set(given)):
        return BadForm(
            "One of the answers arrived twice. Check what you typed and send it again.",
            field=own if given.count(str(own)) > 1 else None,
        )
    unknown = set(given) - {*names, *EVERYWHERE}
    if unknown:
        return BadForm(
            "The form held something we did not ask for. Check it and send it again.",
            field=own if any(name.partition("[")[0] == own for name in unknown) else None,
        )
    return None
