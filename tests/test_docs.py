"""The documents: links lead somewhere, files that are named exist, short pages stay short."""

import re
from pathlib import Path

import pytest

from app.dev.design import DOCUMENT, write_document
from tests.test_house import PARTIALS, ROOT, SOURCE, STATIC

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = [p for p in ROOT.glob("docs/decisions/*.md") if p.name != "README.md"]
BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
FILE = re.compile(r"[a-z0-9_./-]+\.(?:py|html|css|js)")
# A path may begin at any of these.
PLACES = (ROOT, SOURCE, SOURCE / "domain", PARTIALS, STATIC)
# Or a name without a folder anywhere in these.
NAMED = (SOURCE, STATIC, ROOT / "tests", ROOT / "examples")
HISTORY = "CHANGELOG.md"  # it may name what is gone by now


def told(page: Path) -> str:
    """A page without its blocks of code."""
    return BLOCK.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    kept = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in HEADING.findall(told(page)))
    return {heading.strip().replace(" ", "-") for heading in kept}


def leads_to(page: Path) -> set[Path]:
    """The files that its links lead to."""
    links = (link.partition("#")[0] for link in LINK.findall(told(page)))
    return {(page.parent / link).resolve() for link in links}


def broken(page: Path, text: str) -> list[str]:
    """The links of `text`, which stands in `page`, that lead nowhere."""
    found = []
    for link in LINK.findall(CODE.sub("", text)):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        lost = not target.exists() or not target.is_relative_to(ROOT)
        if lost or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def is_there(name: str) -> bool:
    """Whether a file of the project has this path, or this name where no folder is given."""
    if "/" not in name:
        return any(next(folder.rglob(name), None) for folder in NAMED)
    return any((place / name).is_file() for place in PLACES)


def absent(text: str) -> list[str]:
    """The files that are named in backticks and are not there. One with a star is not read."""
    named = [code for code in CODE.findall(text) if FILE.fullmatch(code)]
    return [name for name in named if not is_there(name)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert broken(page, told(page)) == []


@pytest.mark.parametrize(
    "link", ["docs/nothing.md", "#nothing", "docs/configure.md#nothing", "../../outside.md"]
)
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert broken(ROOT / "README.md", f"A [page]({link}).") == [link]


def test_a_link_to_a_page_or_a_heading_is_fine() -> None:
    text = "[a](docs/configure.md), [b](docs/configure.md#limits), [c](https://example.org/x)"
    assert broken(ROOT / "README.md", text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    assert page.name == HISTORY or absent(told(page)) == []


def test_a_file_that_is_not_there_is_found() -> None:
    text = "`web/errors.py`, `web/nothing.py`, `signup/phone.html`, `flow.py` and `nothing.py`"
    assert absent(text) == ["web/nothing.py", "nothing.py"]


def test_every_page_is_led_to_from_the_readme_or_a_list() -> None:
    lists = [ROOT / "README.md", *ROOT.glob("docs/**/README.md")]
    led_to = {to for page in lists for to in leads_to(page)}
    assert [page for page in PAGES if page not in led_to and page not in lists] == []


def test_the_index_of_the_documents_leads_to_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    pages = [page for page in PAGES if page.parent == index.parent and page != index]
    assert set(pages) - leads_to(index) == set()
    assert index in leads_to(ROOT / "README.md")


def test_the_readme_stays_under_120_lines() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 120


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_three_parts_on_one_short_page(page: Path) -> None:
    text = page.read_text()
    assert len(text.splitlines()) <= 30
    parts = re.findall(r"^\*\*(Context|Decision|Consequence)\b", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequence"]


def test_the_changelog_says_first_what_operators_must_do_in_short_entries() -> None:
    newest = (ROOT / HISTORY).read_text().split("\n## ")[1]
    parts = re.findall(r"^### (.+)$", newest, re.MULTILINE)
    wanted = ["What operators must do", "What users notice", "What changed inside"]
    assert [part for part in parts if part in wanted] == wanted
    entries = re.findall(r"^- .*(?:\n  .*)*", newest, re.MULTILINE)
    assert [entry for entry in entries if entry.count("\n") >= 6] == []


def test_the_page_for_designers_says_what_the_templates_say() -> None:
    written = DOCUMENT.read_text()
    assert write_document(written) == written, "make docs"
