"""A message that lacks one of its facts is not sent with a gap in it: rendering it fails."""

from pathlib import Path

import pytest
from jinja2 import Environment, UndefinedError, meta

from app.web.assets import Assets
from app.web.page import build_template_environment
from tests.test_messages import CONTEXT, MESSAGES, PARTIALS, ROOT


@pytest.fixture(scope="module")
def environment() -> Environment:
    return build_template_environment(Assets(ROOT / "static", live=False), live=False)


def facts_of(environment: Environment, path: Path) -> set[str]:
    """The names a message asks for, in its own words and in the letter it is written into."""
    tree = environment.parse(path.read_text())
    asked = meta.find_undeclared_variables(tree)
    for name in meta.find_referenced_templates(tree):
        asked |= facts_of(environment, PARTIALS / str(name))
    return asked


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("[!_]*")), ids=lambda path: path.name)
def test_a_message_without_one_of_its_facts_is_not_sent(
    environment: Environment, path: Path
) -> None:
    asked = facts_of(environment, path)
    needed = asked - environment.globals.keys()
    assert needed <= CONTEXT.keys()
    template = environment.get_template(f"messages/{path.name}")
    for name in needed:
        short = {key: value for key, value in CONTEXT.items() if key != name}
        with pytest.raises(UndefinedError, match=name):
            template.render(short)
