"""Stationery: the words of texts and letters, from the templates in `partials/messages/`."""

from typing import Any

from jinja2 import Environment


class TemplateStationery:
    """The `Stationery` port. A name a template asks for and is not given raises."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def text(self, template: str, context: dict[str, Any]) -> str:
        """An SMS ends with its last visible character: the code's binding is read strictly."""
        return self._rendered(f"{template}.txt", context).strip()

    def letter(self, template: str, context: dict[str, Any]) -> tuple[str, str, str]:
        subject = self._rendered(f"{template}.subject.txt", context).strip()
        text = self._rendered(f"{template}.txt", context).strip() + "\n"
        return subject, text, self._rendered(f"{template}.html", context)

    def _rendered(self, name: str, context: dict[str, Any]) -> str:
        return self._environment.get_template(f"messages/{name}").render(context)
