"""Examples as the gallery shows them, made without a server."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from app.dev.examples import list_examples
from app.dev.flow_examples import Example
from app.dev.rendering import find_language, is_message, is_page, render
from app.domain.i18n import reading
from app.domain.languages import CATALOGUES, Languages
from app.web.assets import Assets
from app.web.brand import STATIC, Brand
from app.web.templates import Templates
from tests.journeys.looking import Document

LAST_RESORT = "_shell/last_resort.html"


@cache
def templates(brand: Path | None) -> tuple[Templates, Languages]:
    languages = Languages(CATALOGUES, own=brand / "words" if brand else None)
    known_as = Brand("Acme", folder=brand) if brand else Brand()
    assets = Assets(STATIC, live=False, brand=known_as)
    return Templates(assets, languages, live=False), languages


def style_sheets(brand: Path | None = None) -> dict[str, str]:
    sheets = {path.name: path.read_text() for path in STATIC.glob("*.css")}
    return sheets | {"site.css": Brand(folder=brand).apply_tokens(sheets["site.css"])}


def show_pages(language: str, brand: Path | None = None) -> Iterator[Document]:
    """Each in each state, also that of last resort."""
    pages = (one for one in list_examples() if is_page(one) or one.template == LAST_RESORT)
    return _show(pages, language, brand)


def show_mails(language: str, brand: Path | None = None) -> Iterator[Document]:
    """Each in each state; no texts, and not what mails extend."""
    mails = (one for one in list_examples() if is_message(one) and "." not in one.template)
    return _show(mails, language, brand)


def last_of_each(documents: Iterator[Document]) -> dict[str, Document]:
    """Of each template the example that says the most."""
    return {each.name.partition(":")[0]: each for each in documents}


def _show(examples: Iterator[Example], language: str, brand: Path | None) -> Iterator[Document]:
    from_brand, languages = templates(brand)
    with reading(find_language(languages, language)):
        for example in examples:
            html = render(from_brand, example).html
            yield Document.read(f"{example.template}: {example.state}", html)
