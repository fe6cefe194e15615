"""What designers are told of templates: each input is named where it is used, and given."""

from collections.abc import Iterator

import pytest
from jinja2 import Environment, meta
from jinja2.nodes import FromImport, Import, Name, Template

from app.dev.design import Header, parse_header
from app.dev.examples import list_examples
from app.dev.rendering import GIVEN, is_message
from app.web.assets import Assets
from app.web.overrides import PARTIALS
from app.web.templates import FILTERS, Templates
from tests.test_house import STATIC

PAGES = sorted(
    str(path.relative_to(PARTIALS))
    for path in PARTIALS.rglob("*.html")
    if path.parent.name != "messages"
)
WORDS = {"_", "gettext", "ngettext", "pgettext"}


def header(template: str) -> Header:
    return parse_header((PARTIALS / template).read_text())


def documented(template: str) -> Iterator[str]:
    """The inputs of a template and of those that it says it needs the same as."""
    found = header(template)
    yield from (each.name for each in (*found.needs, *found.optional))
    for other in found.includes:
        yield from documented(other)


def needed(template: str) -> Iterator[str]:
    found = header(template)
    yield from (each.name for each in found.needs)
    for other in found.includes:
        yield from needed(other)


def own_names(tree: Template) -> set[str]:
    """What a template sets or imports itself."""
    names = {name.name for name in tree.find_all(Name) if name.ctx == "store"}
    names |= {imported.target for imported in tree.find_all(Import)}
    return names.union(*(imported.names for imported in tree.find_all(FromImport)))


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(STATIC, live=False), live=False)


@pytest.mark.parametrize("template", PAGES)
def test_every_template_names_what_it_uses(templates: Templates, template: str) -> None:
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.filters |= FILTERS
    tree = environment.parse((PARTIALS / template).read_text())
    assert header(template).summary
    shared = GIVEN.keys() | templates.get(template).globals.keys() | WORDS
    used = meta.find_undeclared_variables(tree) - shared - own_names(tree)
    assert used - {*documented(template)} == set()


def test_each_example_is_given_what_its_template_needs(templates: Templates) -> None:
    lacking = {
        f"{example.template}: {name}"
        for example in list_examples()
        if not is_message(example) and example.template.endswith(".html")
        for name in {*needed(example.template)} - GIVEN.keys()
        if name not in templates.get(example.template).globals and name not in example.values
    }
    assert lacking == set()


def test_an_input_has_a_name_and_may_have_a_meaning() -> None:
    found = parse_header(
        "{#- A page. Needs: a, b and c (what it is, or none), d: one, two; e. Can be set: `f`."
        " Blocks: where (end, of it). More words. -#}"
    )
    assert found.summary == "A page. More words."
    assert [(each.name, each.meaning) for each in found.needs] == [
        ("a", ""),
        ("b", ""),
        ("c", "what it is, or none"),
        ("d", "one, two"),
        ("e", ""),
    ]
    assert [each.name for each in (*found.optional, *found.blocks)] == ["f", "where"]


def test_a_header_may_lead_to_another_template() -> None:
    found = parse_header("{#- Needs what _c.html does, and plan, with x what a/_b.html needs. -#}")
    assert found.includes == ("_c.html", "a/_b.html")
    assert [each.name for each in found.needs] == ["plan"]


def test_what_is_no_list_of_inputs_is_an_error() -> None:
    with pytest.raises(ValueError, match="all else"):
        parse_header("{#- Needs: a, all else. -#}")
