"""The page that asks before something is done: what it will do, and a button that does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from app.console.context import OperatorContext
from app.web.response import HttpResponse


@dataclass(frozen=True, slots=True)
class Question:
    """The form goes to `action` with `fields`; `back` leads away from it. The page that asks has
    the same path, and these fields in its address.
    """

    title: str
    sentences: tuple[str, ...]
    action: str
    button: str
    back: str
    fields: Mapping[str, str] = field(default_factory=dict)
    is_danger: bool = False

    @property
    def address(self) -> str:
        """Where the form goes: whoever has to sign in meanwhile comes back to the question."""
        return f"{self.action}?{urlencode(self.fields)}" if self.fields else self.action

    def render(self, context: OperatorContext) -> HttpResponse:
        return context.render("question.html", question=self)
