"""The rules of the house that a machine can hold: sizes, names that mirror, one of each."""

import ast
import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from rjsmin import jsmin

import app
from app.controllers.login import LoginController
from app.controllers.recovery import RecoveryController
from app.controllers.signup.signup import SignupController
from app.domain import errors
from app.domain.errors import Refusal
from app.domain.recovery.recovery import Step as RecoveryStep
from app.domain.signup.signup import Step
from app.settings import Settings

ROOT = Path(__file__).parents[1]
SOURCE, PARTIALS, STATIC = ROOT / "src" / "app", ROOT / "src" / "app" / "partials", ROOT / "static"
ALL_PARTIALS = (PARTIALS, SOURCE / "console" / "partials")
KINDS = {errors.Rejected, errors.Unauthenticated, errors.Forbidden, errors.Conflict,
         errors.OutOfStep, errors.TooMany, errors.Unavailable}  # fmt: skip
CONTROLLERS = {
    "signup": SignupController, "login": LoginController, "recovery": RecoveryController,
}  # fmt: skip
BANNED_NAMES = re.compile(r"[a-z]Service|Manager|Helper|Utils?\b|Common|\bCore|^do_|^process_")
EXTENDS_SHELL = re.compile(r"\{% extends (shell|\"_code_page\.html\") %\}\n")
# Words that only this house would understand: the field has a term for each of them.
PRIVATE_WORDS = frozenset(
    ("admission", "allowance", "asker", "desk", "door", "edge", "floor", "gap", "letter", "manners",
     "means", "outside", "press", "sheet", "spoken", "stationery", "together", "told", "visit",
     "vouched", "wire")
)  # fmt: skip
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_modules_have_at_most_300_lines() -> None:
    long = [p for p in modules("src", "tests", "bench") if p.read_text().count("\n") > 300]
    assert long == []


def test_functions_have_at_most_40_lines_and_tests_25() -> None:
    def most(node: Function) -> int:
        return 25 if node.name.startswith("test_") else 40

    long = [
        f"{path.name}:{node.name}"
        for path in modules("src", "tests", "bench")
        for node in functions(path)
        if length(node) > most(node)
    ]
    assert long == []


def test_templates_have_at_most_80_lines() -> None:
    found = [path for folder in ALL_PARTIALS for path in folder.rglob("*.*")]
    assert [path for path in found if path.read_text().count("\n") > 80] == []


def test_nothing_is_imported_inside_a_function() -> None:
    found = [
        f"{path.name}:{node.name}"
        for path in modules("src", "tests", "bench")
        for node in functions(path)
        if any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path for path in modules("src") if tree(path).body and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_names_are_the_fields_standard_terms() -> None:
    found = [
        f"{path.name}:{node.name}"
        for path in modules("src")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef | Function) and BANNED_NAMES.search(node.name)
    ]
    assert found == []


NODE_VISITOR = re.compile("visit_[A-Z]")  # a method of `ast` and Jinja, named by them


def identifiers(path: Path) -> Iterator[str]:
    """What a module names: itself, classes, functions, parameters, variables, attributes."""
    yield path.stem
    for node in ast.walk(tree(path)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def private_words(paths: Iterable[Path]) -> list[str]:
    return [
        f"{path.name}:{name}"
        for path in paths
        for name in identifiers(path)
        if not NODE_VISITOR.match(name)
        if PRIVATE_WORDS & {word.lower() for word in WORD.findall(name)}
    ]


def test_no_private_word_is_part_of_a_name() -> None:
    assert private_words(modules("src")) == []
    files = [path.stem.split("_") for path in modules("src", "tests", "bench")]
    assert [words for words in files if PRIVATE_WORDS & set(words)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "class SignupDesk: ...",
        "def told(): ...",
        "def ask(asker): ...",
        "self._wire = 1",
        "gap = 1",
        "WIRE_SIZE = 1",
    ],
)
def test_a_planted_private_word_is_found(planted: str, tmp_path: Path) -> None:
    planted_at = tmp_path / "planted.py"
    planted_at.write_text(planted)
    assert len(private_words([planted_at])) == 1
    (tmp_path / "front_desk.py").write_text("")
    assert private_words([tmp_path / "front_desk.py"]) == ["front_desk.py:front_desk"]


@pytest.mark.parametrize(
    ("feature", "step"),
    [
        *(("signup", step) for step in Step if step is not Step.OWNER),
        *(("login", step) for step in (Step.PHONE, Step.PHONE_CODE, "email-code")),
        *(("recovery", step) for step in RecoveryStep),
    ],
)
def test_a_step_has_the_same_word_in_every_room(feature: str, step: str) -> None:
    word = step.replace("-", "_")
    handlers = set(dir(CONTROLLERS[feature]))
    wanted = {f"show_{word}"} | ({f"submit_{word}"} if step is not Step.DONE else set())
    assert (PARTIALS / feature / f"{word}.html").exists()
    assert wanted <= handlers


def _feature(path: Path) -> str:
    """`account/phone.py` and `test_account_phone.py` are both `account_phone`."""
    parts = (part.removeprefix("test_") for part in path.with_suffix("").parts)
    return "_".join(dict.fromkeys(parts))


def test_every_controller_has_its_test() -> None:
    features = {
        _feature(path.relative_to(SOURCE / "controllers"))
        for path in (SOURCE / "controllers").rglob("*.py")
        if re.search(r"^    @(get|post|patch|delete)\(", path.read_text(), re.MULTILINE)
    }
    folder = ROOT / "tests/controllers"
    tested = {_feature(path.relative_to(folder)) for path in folder.rglob("test_*.py")}
    assert features <= tested


def test_every_screen_extends_the_shell() -> None:
    screens = [
        path for folder in ALL_PARTIALS for path in folder.rglob("*.html")
        if not path.name.startswith("_") and path.parent.name not in ("_shell", "messages")
    ]  # fmt: skip
    assert screens
    assert [p for p in screens if not EXTENDS_SHELL.match(p.read_text())] == []
    assert (PARTIALS / "_code_page.html").read_text().startswith("{% extends shell %}")


def refusals() -> set[type[Refusal]]:
    for module in walk_packages(app.__path__, "app."):
        import_module(module.name)
    found, waiting = set(), [Refusal]
    while waiting:
        below = waiting.pop().__subclasses__()
        found.update(below)
        waiting.extend(below)
    return found


def test_every_refusal_has_a_status_and_its_own_code() -> None:
    own = [refusal for refusal in refusals() if refusal not in KINDS]
    codes = [refusal.code for refusal in own]
    assert sorted(codes) == sorted(set(codes))
    assert "refused" not in codes
    assert {refusal.status for refusal in own} <= {400, 401, 403, 409, 422, 429, 503}
    assert all("code" in vars(refusal) for refusal in own)


def test_every_setting_is_used() -> None:
    outside = [path for path in modules("src") if path.parent != SOURCE / "settings"]
    used = set(re.findall(r"settings\.([a-z0-9_]+)", "".join(map(Path.read_text, outside))))
    own = re.findall(r"self\.([a-z0-9_]+)", (SOURCE / "settings" / "values.py").read_text())
    assert {field.name for field in fields(Settings)} - used.union(own) == set()


def test_every_setting_says_how_it_is_read() -> None:
    assert [field.name for field in fields(Settings) if "read" not in field.metadata] == []


def test_the_folders_that_the_documents_name_are_there() -> None:
    told = "".join((ROOT / name).read_text() for name in ("ARCHITECTURE.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"[a-z_]+(?:/[a-z_]+)*(?=/[`\s])", told))
    places = (ROOT, SOURCE, SOURCE / "domain")
    assert len(named) > 10
    assert [name for name in named if not any((at / name).is_dir() for at in places)] == []


def test_vendored_htmx_is_the_version_it_says() -> None:
    told = (STATIC / "htmx.version.txt").read_text()
    assert sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() in told
    assert "4.0.1" in told
    assert (STATIC / "htmx.LICENSE.txt").exists()


def test_our_own_script_stays_small() -> None:
    """As browsers get it, and on the wire: comments cost them nothing."""
    script = jsmin((STATIC / "latchkey.js").read_text()).encode()
    assert len(script) <= 3120
    assert len(gzip.compress(script, 9)) <= 1536


def test_whatever_is_signed_is_signed_in_one_place() -> None:
    assert [p.name for p in modules("src/app") if "hmac" in p.read_text()] == ["keys.py"]


def test_the_domain_names_no_vendor() -> None:
    """But for Auth0 in addresses and codes; whose checks are whose, the adapters say."""
    named = [
        p for p in modules("src/app/domain") if re.search(r"(?i)twilio|sendgrid", p.read_text())
    ]
    assert named == []
    assert "auth0" not in (SOURCE / "domain" / "health.py").read_text().lower()


def test_no_package_host_is_named() -> None:
    hosts = re.compile(
        "py" + r"pi\.org|registry\.npm" + r"js|files\.python" + "hosted|deb" + r"ian\.org"
    )
    kept = [*ROOT.glob("*.*"), *ROOT.glob("requirements/*"), ROOT / "Makefile", ROOT / ".ci/run"]
    assert [p.name for p in kept if p.is_file() and hosts.search(p.read_text())] == []
