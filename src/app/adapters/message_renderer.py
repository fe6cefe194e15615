"""Message renderer: the words of texts and mails, from the templates in `partials/messages/`."""

import re
from collections.abc import Callable
from typing import Any

from jinja2 import Template

GAP = re.compile(r"\n{3,}")  # where a letter has no such part


class TemplateMessageRenderer:
    """The `MessageRenderer` port. A name a template asks for and is not given raises."""

    def __init__(self, get_template: Callable[[str], Template]) -> None:
        """`get_template` finds one by its name, in the language of the message."""
        self._get_template = get_template

    def render_text(self, template: str, context: dict[str, Any]) -> str:
        """An SMS ends with its last visible character: the code's binding is read strictly."""
        return self._render_template(f"{template}.txt", context).strip()

    def render_email(self, template: str, context: dict[str, Any]) -> tuple[str, str, str]:
        subject = self._render_template(f"{template}.subject.txt", context).strip()
        text = self._render_template(f"{template}.txt", context).strip() + "\n"
        text = GAP.sub("\n\n", text)
        return subject, text, self._render_template(f"{template}.html", context)

    def _render_template(self, name: str, context: dict[str, Any]) -> str:
        return self._get_template(f"messages/{name}").render(context)
