"""Pages that are kept for everybody: each context has its own, and nothing of a person is kept."""

from gettext import NullTranslations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from babel import Locale

from app.dev.flow_examples import recovery
from app.domain.i18n import Language
from app.web.assets import Assets
from app.web.page import MOST_KEPT, Pages, PersonalContext
from app.web.request_context import RequestContext
from app.web.templates import Templates, TranslatedEnvironment

STATIC = Path(__file__).parents[2] / "static"
TEMPLATE = "recovery/email.html"
# As the table has it that the gallery shows.
BLANK = dict(next(each.values for each in recovery() if each.template == TEMPLATE))
OTHERS: list[dict[str, Any]] = [
    BLANK | {"changing": True},
    BLANK | {"mail_down": True},
    BLANK | {"changing": True, "mail_down": True},
]


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(Templates(Assets(STATIC, live=False), live=False))


def visit(*, is_fragment: bool = False) -> RequestContext:
    """Of someone with a form token, and without a notice."""
    given = SimpleNamespace(
        info=SimpleNamespace(is_fragment=is_fragment, accepts_gzip=False),
        cookies=SimpleNamespace(to_set=[]),
        remembered=SimpleNamespace(notice=None),
        signed_in_as=None,
        new_csrf_token=lambda: "a token",
    )
    return cast("RequestContext", given)


def body(pages: Pages, context: dict[str, Any], who: RequestContext | None = None) -> bytes:
    return bytes(pages.render_prerendered(who or visit(), TEMPLATE, context).body)


@pytest.mark.parametrize("other", OTHERS)
def test_a_page_with_another_context_is_never_the_kept_one(
    pages: Pages, other: dict[str, Any]
) -> None:
    first = body(pages, BLANK)
    assert body(pages, other) != first
    assert body(pages, BLANK) == first


def test_a_fragment_is_never_the_kept_document(pages: Pages) -> None:
    assert body(pages, BLANK) != body(pages, BLANK, visit(is_fragment=True))


@pytest.mark.parametrize(
    "value", ["ada@example.org", ["ada@example.org"], 61491570006, {"a": 1}, ("x",), object()]
)
def test_what_may_be_a_persons_is_refused_and_not_repeated(pages: Pages, value: object) -> None:
    with pytest.raises(PersonalContext) as refused:
        body(pages, BLANK | {"typed": value})
    assert TEMPLATE in str(refused.value)
    assert "ada" not in str(refused.value)


def test_only_so_many_pages_are_kept(pages: Pages) -> None:
    for number in range(MOST_KEPT + 10):
        body(pages, BLANK | {f"name_{number}": True})
    assert b"Recover your account" in body(pages, BLANK)
    assert len(pages._prerendered) <= MOST_KEPT


def test_a_template_is_translated_when_it_is_compiled() -> None:
    """With its values in their places, and what is put in still escaped."""
    catalogue = {"Hello %(name)s": "Hallo, %(name)s", "100%% <b>safe</b>": "100%% <b>sicher</b>"}

    class German(NullTranslations):
        def gettext(self, message: str) -> str:
            return catalogue.get(message, message)

    environment = TranslatedEnvironment(Language("de", Locale("de"), German()), autoescape=True)
    template = environment.from_string(
        "{% trans name=who %}Hello {{ name }}{% endtrans %}|"
        "{% trans %}100% <b>safe</b>{% endtrans %}|"
        "{{ _('Hello %(name)s', name=who) }}|{{ _('Unknown & new') }}"
    )
    assert template.render(who="<i>") == (
        "Hallo, &lt;i&gt;|100% <b>sicher</b>|Hallo, &lt;i&gt;|Unknown & new"
    )
