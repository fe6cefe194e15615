"""A brand's own templates, in the place of ours of the same path. One that fails is left out, and
ours is shown.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.loaders import split_template_path

from app.web.hooks import find_lost_hooks

log = logging.getLogger("app.brand")

PARTIALS = Path(__file__).parents[1] / "partials"
OURS = "default/"  # how their templates name ours
ERROR_PAGE = "error.html"  # which must be there, whatever fails
Source = tuple[str, str, Callable[[], bool]]


class Overrides:
    """The templates of a brand's `folder`: `templates/`, and `messages/` for those of messages.
    `broken` are those that were left out, by name, each with file, line and reason.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.broken: dict[str, str] = {}
        self._environments: list[Environment] = []  # which keep what they have loaded

    def find(self, name: str) -> Path | None:
        """The file in the place of our template of that name."""
        if name in self.broken or name.startswith(OURS):
            return None
        roots = ("templates", "") if name.startswith("messages/") else ("templates",)
        paths = (_path_within(self._folder / root, name) for root in roots)
        return next((path for path in paths if path and path.is_file()), None)

    def read(self, name: str) -> str | None:
        """Its source, theirs or ours."""
        path = self.find(name)
        return path.read_text(errors="replace") if path else read_ours(name)

    def names(self) -> dict[str, Path]:
        """All of theirs, also those that were left out."""
        found = dict[str, Path]()
        for root, above in (("messages", ""), ("templates", "templates")):
            files = sorted(path for path in (self._folder / root).rglob("*") if path.is_file())
            found |= {path.relative_to(self._folder / above).as_posix(): path for path in files}
        return found

    def blame(self, error: BaseException) -> tuple[str, str] | None:
        """Which of theirs an error came from: its name, and what is wrong where."""
        places = [(frame.filename, frame.lineno) for frame in extract_tb(error.__traceback__)]
        if isinstance(error, TemplateSyntaxError):
            places.append((error.filename or "", error.lineno))
        theirs = {str(path): name for name, path in self.names().items()}
        for filename, line in reversed(places):
            if name := theirs.get(filename):
                return name, f"{filename}:{line}: {_describe(error)}"
        return None

    def leave_out(self, name: str, problem: str) -> None:
        log.error("a template of the brand is left out", extra={"problem": problem})
        self.broken[name] = problem
        self._forget()

    def put_back(self, name: str) -> None:
        self.broken.pop(name, None)
        self._forget()

    def _forget(self) -> None:
        for environment in self._environments:
            if environment.cache is not None:
                environment.cache.clear()

    def install(self, environment: Any) -> None:
        """From now on its templates come from here first."""
        environment.loader = OverridesLoader(self)
        environment.template_class, environment.overrides = OverridableTemplate, self
        self._environments.append(environment)

    def validate(self, environment: Environment) -> None:
        """Leaves out those that cannot be read, or have lost what ours are needed for."""
        for name, path in self.names().items():
            try:
                environment.get_template(name)
            except TemplateSyntaxError as error:
                self.leave_out(*(self.blame(error) or (name, f"{path}:1: {_describe(error)}")))
            else:
                if problems := self.find_problems(name):
                    self.leave_out(name, f"{path}:1: {', '.join(problems)}")

    def find_problems(self, name: str) -> list[str]:
        """What theirs lacks, though it can be read."""
        return find_lost_hooks(name, read_ours, self.read)


def read_ours(name: str) -> str | None:
    path = _path_within(PARTIALS, name.removeprefix(OURS))
    return path.read_text() if path and path.is_file() else None


def _path_within(folder: Path, name: str) -> Path | None:
    """None for a name that leads out of the folder, as Jinja has it."""
    try:
        return folder.joinpath(*split_template_path(name))
    except TemplateNotFound:
        return None


def _describe(error: BaseException) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name}"
    return f"{type(error).__name__}: {getattr(error, 'message', None) or error}"


class OverridesLoader(BaseLoader):
    """Theirs, else ours."""

    def __init__(self, overrides: Overrides) -> None:
        self._overrides, self._ours = overrides, FileSystemLoader(PARTIALS)

    def get_source(self, environment: Environment, template: str) -> Source:
        path = self._overrides.find(template)
        if path:
            modified, source = path.stat().st_mtime, path.read_text(errors="replace")
            if environment.auto_reload:  # it is being worked on
                environment.parse(source, template, str(path))
                if problems := self._overrides.find_problems(template):
                    raise TemplateSyntaxError(", ".join(problems), 1, template, str(path))
            return source, str(path), lambda: path.is_file() and path.stat().st_mtime == modified
        ours = template.removeprefix(OURS)
        source, filename, is_current = self._ours.get_source(environment, ours)
        return source, filename, lambda: is_current() and not self._overrides.find(template)

    def list_templates(self) -> list[str]:
        """Ours."""
        return self._ours.list_templates()


class OverridableTemplate(Template):
    """Rendered without what fails in it. In development the error is shown, on a page of ours."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        environment: Any = self.environment
        overrides: Overrides = environment.overrides
        try:
            return super().render(*args, **kwargs)
        except Exception as error:
            is_shown = environment.auto_reload and self.name != ERROR_PAGE
            blamed = None if is_shown else overrides.blame(error)
            if blamed is None or blamed[0] in overrides.broken:
                raise
            overrides.leave_out(*blamed)
            values = dict(*args, **kwargs)
            if environment.auto_reload:  # on the page of errors, which says what was left out
                values["cause"] = values.get("cause") or blamed[1]
            try:
                rendered: str = environment.get_template(self.name).render(values)
            except Exception:
                overrides.put_back(blamed[0])  # it was not to blame
                raise
            if environment.auto_reload:
                overrides.put_back(blamed[0])  # it is being worked on
            return rendered
