"""The page that asks before something is done: what it will do, and a button that does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.console.context import OperatorContext
from app.web.response import HttpResponse


@dataclass(frozen=True, slots=True)
class Question:
    """The form goes to `action` with `fields`; `back` leads away from it."""

    title: str
    sentences: tuple[str, ...]
    action: str
    button: str
    back: str
    fields: Mapping[str, str] = field(default_factory=dict)
    is_danger: bool = False

    def render(self, context: OperatorContext) -> HttpResponse:
        return context.render("question.html", question=self)
