"""Words for people are marked, so that translators get all of them, and each as a whole."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from app.web.templates import FILTERS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "app"
PARTIALS = SOURCE / "partials"
FOR_OPERATORS = {"dev", "health", "api"}  # the last for programmers, as its document
READ = {"aria-label", "alt", "title", "placeholder", "data-other", "data-on"}
MARKS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
LETTER = re.compile(r"[^\W\d_]")
# What is no key, address or class.
WORDS = re.compile(r"^[A-Z]|[a-z’]+,? [a-z]+")
ADDRESS = re.compile(r"0?/[\w/-]*")

environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
environment.newstyle_gettext = True  # type: ignore[attr-defined]
environment.policies["ext.i18n.trimmed"] = True
environment.filters |= FILTERS


def messages(source: str) -> list[str]:
    """What is marked in a template."""
    found = environment.extract_translations(source)
    texts = [(mark, text if isinstance(text, tuple) else (text,)) for _, mark, text in found]
    return [text for mark, group in texts for text in group["pgettext" in mark :] if text]


def unmarked(source: str, *, is_html: bool = True) -> list[str]:
    """Words of a template that would stay English."""
    tree = environment.parse(source)
    text = "".join(_texts(tree))
    hidden = [word for node in tree.find_all(nodes.Stmt) for word in _set_words(node)]
    if not is_html:
        return [*hidden, *_said(text)]
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return hidden + reader.found


def _texts(node: nodes.Node) -> Iterator[str]:
    """All that a template may write, in its order; of an expression, its constants."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield " ".join(_constants(node)) or "0"
    else:
        for child in node.iter_child_nodes(exclude=("test", "target", "iter", "template")):
            if isinstance(child, nodes.Stmt) or isinstance(node, nodes.Output):
                yield from _texts(child)


def _set_words(node: nodes.Stmt) -> Iterator[str]:
    """In what a statement sets, or hands to a page."""
    if isinstance(node, nodes.Output):
        return
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Expr):
            yield from filter(WORDS.search, _constants(child))


def _constants(node: nodes.Node) -> Iterator[str]:
    """Those that an expression may be, and the words that it gives to a call."""
    match node:
        case nodes.Const(value=str() as text):
            yield text
        case nodes.Compare() | nodes.Getattr() | nodes.Test():
            return
    inner = (each for child in _parts(node) for each in _constants(child))
    yield from filter(WORDS.search, inner) if isinstance(node, nodes.Call) else inner


def _parts(node: nodes.Node) -> Iterator[nodes.Node]:
    match node:
        case nodes.Call(node=nodes.Name(name=name)) if name in MARKS:
            return iter([each.value for each in node.kwargs])
        case nodes.CondExpr():
            return node.iter_child_nodes(exclude=("test",))
        case nodes.Pair():
            return iter([node.value])
        case nodes.Getitem():
            return iter([node.node])
    return node.iter_child_nodes()


class _Reader(HTMLParser):
    """Finds what people read in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = READ | {"content"} if ("name", "description") in attrs else READ
        self.found += [each for name, value in attrs if name in read for each in _said(value or "")]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self.found += _said(data)


def _said(text: str) -> list[str]:
    lines = map(str.strip, text.splitlines())
    return [line for line in lines if LETTER.search(line) and not ADDRESS.fullmatch(line)]


def templates() -> list[Path]:
    return [
        path for path in sorted(PARTIALS.rglob("*.*"))
        if path.suffix in (".html", ".txt") and path.parent.name not in FOR_OPERATORS
    ]  # fmt: skip


def words_left(path: Path) -> list[str]:
    return unmarked(path.read_text(), is_html=path.suffix == ".html")


def test_all_words_of_templates_are_marked() -> None:
    checked = templates()
    assert len(checked) > 50
    left = {str(path.relative_to(PARTIALS)): words_left(path) for path in checked}
    assert {name: words for name, words in left.items() if words} == {}
    assert sum(len(messages(path.read_text())) for path in checked) > 300


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p{% if x %} class='a'{% endif %}>Hello {{ name }}</p>", ["Hello 0"]),
        ("<p>{{ 'minute' if n == 1 else 'minutes' }}</p>", ["minute minutes"]),
        ("<a aria-label='Your devices' class='quiet'>{{ x }}</a>", ["Your devices"]),
        ("<meta name='description' content='A page'><meta name='a' content='b c'>", ["A page"]),
        ("{% set title = 'Too late' if x == 'In time' else _('Good') %}{{ title }}", ["Too late"]),
        ("{% with label = 'Password' %}{% include 'a/b.html' %}{% endwith %}", ["Password"]),
        ("{{ label | default('A number') }} {{ {'a': 'One way'}[x] }}", ["A number One way"]),
        ("{% trans what='phone number' %}Your {{ what }}{% endtrans %}", ["phone number"]),
        ("{% block a %}{% for x in y %}{{ _('A') }} b{% endfor %}{% endblock %}", ["0 b"]),
        ("{% block link %}/account{% endblock %}\n{{ base_url }}/x\nOr here", ["Or here"]),
    ],
)  # fmt: skip
def test_a_word_that_is_not_marked_is_found(source: str, found: list[str]) -> None:
    assert unmarked(source) == found


@pytest.mark.parametrize(
    "source",
    [
        "<p id='a' class='{{ 'done' if x else 'todo' }}'>{{ _('Hello') }}, {{ name }} (+1)</p>",
        "<input aria-describedby='a{% if x %} b' aria-invalid='true{% endif %}' value='Yes'>",
        "{% trans count=n %}{{ count }} way{% pluralize %}{{ count }} ways{% endtrans %}&nbsp;",
        "<style>a { b: c }</style><script>let it;</script><!-- no word -->",
        "{% set icon = 'mail' %}{% include 'a/b.html' %}{{ asset('site.css') }}",
    ],
)
def test_what_is_none_or_marked_is_not(source: str) -> None:
    assert unmarked(source) == []


def badly_marked(source: str) -> list[int]:
    """Lines where words are marked that no extraction can find: only literals are. A constant that
    was marked may get its values by `_`.
    """
    lines = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="_" | "N_" | "ngettext" as mark), args=args):
                texts = args[: 2 if mark == "ngettext" else 1]
                literal = all(isinstance(each, ast.Constant) for each in texts)
                named = mark == "_" and isinstance(args[0], ast.Name | ast.Subscript)
                given = node.keywords or ast.unparse(args[0]).isupper()
                if not literal and not (named and given):
                    lines.append(node.lineno)
    return lines


def test_sentences_of_python_are_marked_as_literals() -> None:
    paths = [path for path in SOURCE.rglob("*.py") if path.name != "i18n.py"]
    wrong = {str(path.relative_to(SOURCE)): badly_marked(path.read_text()) for path in paths}
    assert {name: lines for name, lines in wrong.items() if lines} == {}


@pytest.mark.parametrize(
    "source", ["_(f'Hello {name}')", "_('Hello %s' % name)", "_(text)", "N_(WORDS['a'])",
               "ngettext('one', f'{many}', 2)", "_('a'.format(b), c=d)"]
)  # fmt: skip
def test_one_that_is_made_is_found(source: str) -> None:
    assert badly_marked(source) == [1]
    assert badly_marked("_('a' ' b')\n_(WORDS['a'], c=d)\n_(UNKNOWN)\nngettext('a', 'b', 2)") == []


# Where Python speaks to operators: their files, and what they check.
OPERATORS_PYTHON = {"price_file.py", "health.py", "metrics.py", "vitals.py", "cause.py",
                    "words.py"}  # fmt: skip
SENTENCE = re.compile(r"[A-Z].* .*[.?]|.*’.*", re.DOTALL)


def unmarked_sentences(source: str) -> list[str]:
    """Those of Python that would stay English; no docstrings, nor what the API's document says."""
    passed_over: set[int] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=lone):
                passed_over.add(id(lone))
            case ast.Call(
                func=ast.Name(
                    id="_"
                    | "N_"
                    | "ngettext"
                    | "Meta"
                    | "HeaderParameter"
                    | "QueryParameter"
                    | "PathParameter"
                    | "ResponseSpec"
                )
            ):
                passed_over |= {id(part) for part in ast.walk(node)}
    read = [_text(node) for node in ast.walk(tree) if id(node) not in passed_over]
    return list(filter(SENTENCE.fullmatch, read))


def _text(node: ast.AST) -> str:
    """What it writes, with 0 for a value."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or "0" for part in parts)
    return ""


def test_all_sentences_of_python_are_marked() -> None:
    folders = [SOURCE / name for name in ("domain", "controllers", "web")]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    told = [path for path in paths if path.name not in OPERATORS_PYTHON]
    left = {str(path.relative_to(SOURCE)): unmarked_sentences(path.read_text()) for path in told}
    assert {name: found for name, found in left.items() if found} == {
        "web/response.py": ["The path holds a line break."]  # no browser asks for such a path
    }


def test_a_sentence_that_is_not_marked_is_found() -> None:
    said = 'class A:\n    """One that is not read."""\n    said = '
    assert unmarked_sentences(f"{said}'Try it again.'") == ["Try it again."]
    assert unmarked_sentences(f"{said}f'You have {{n}} left. Check it.'") == [
        "You have 0 left. Check it."
    ]
    assert unmarked_sentences(f"{said}_('Try it again %(when)s.', when=Wait(1))") == []


def python_messages(source: str) -> Iterator[str]:
    """What is marked in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {*MARKS, "N_"}:
            texts = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
            yield from (text for text in texts if isinstance(text, str))
