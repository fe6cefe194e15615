"""A message that lacks one of its facts is not sent with a gap in it: rendering it fails."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError, meta

from app.domain.i18n import ENGLISH
from app.web.assets import Assets
from app.web.templates import FILTERS, Templates, build_environment
from tests.test_messages import CONTEXT, MESSAGES, PARTIALS, ROOT

ENVIRONMENT = build_environment(ENGLISH)
ENVIRONMENT.filters |= FILTERS


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(ROOT / "static", live=False), live=False)


def facts_of(path: Path) -> set[str]:
    """The names a message asks for, in its own words and in the letter it is written into."""
    tree = ENVIRONMENT.parse(path.read_text())
    asked = meta.find_undeclared_variables(tree)
    for name in meta.find_referenced_templates(tree):
        asked |= facts_of(PARTIALS / str(name))
    return asked


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("[!_]*")), ids=lambda path: path.name)
def test_a_message_without_one_of_its_facts_is_not_sent(templates: Templates, path: Path) -> None:
    template = templates.get(f"messages/{path.name}")
    needed = facts_of(path) - template.globals.keys()
    facts = CONTEXT | {"short": False}  # whoever renders it says so each time
    assert needed <= facts.keys()
    for name in needed:
        fewer = {key: value for key, value in facts.items() if key != name}
        with pytest.raises(UndefinedError, match=name):
            template.render(fewer)
