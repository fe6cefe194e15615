"""Statements in files: each whole, each known to the real schema, each called as it is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.sql import Queries, Query
from tests.faults.staged import ask
from tests.statements import FILES, NAMES, SOURCE, STATEMENTS
from tests.stores import Stores

# Of the queries, those that hold a mailbox's own rules are in one file alone.
MAILS_TEMPLATE = re.compile(r"CASE\n.*?END|'phone_code'", re.DOTALL)
BOUNCED = re.compile(r",\narrived AS \(\n.*?\n\)", re.DOTALL)
OWNER = (
    ",\n  LATERAL (SELECT EXISTS (SELECT 1 FROM users WHERE users.email = v.email) AS known) owner"
)
# What several statements say alike, each by how it begins and ends.
RULES = (
    r"\(\(u\.last_used_at < .*?\.email IS NOT NULL\)",
    r"greatest\(p\.created_at.*?\)",
    r"FROM phone_verifications\s+WHERE[^;()]*?coalesce\(.*?interval '24 hours'",
    r"FROM email_verifications\s+WHERE[^;()]*?coalesce\(.*?interval '3 days'",
    r"SELECT \* FROM identity_proofs w\s.*?LIMIT 1",
    r"SELECT coalesce\(min\(e\.changed_at\).*?c\.changed_at - interval '7 days'\s",
    r"SELECT coalesce\(max\(changed_at\).*?stayed >= interval '7 days'",
)
# Values of a statement's own that stand in them.
OWN_VALUES = re.compile(r":since::timestamptz|w\.since|:user_id|c\.user_id|:kind|'phone'|'email'")


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


def test_a_parameter_is_a_word_behind_a_colon() -> None:
    query = Query(
        "find", "SELECT :id::uuid, ':no', a[1:2] -- not :this\nFROM t WHERE b = :b_2 OR :id"
    )
    assert query.text == "SELECT $1::uuid, ':no', a[1:2] -- not :this\nFROM t WHERE b = $2 OR $1"
    assert query(b_2="two", id=1) == (query.text, 1, "two")


@pytest.mark.parametrize("values", [{}, {"id": 1, "more": 2}, {"more": 2}])
def test_a_missing_or_unknown_parameter_is_an_error(values: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="find takes"):
        Query("find", "SELECT :id")(**values)


@pytest.mark.parametrize(
    "written", ["SELECT 1", "SELECT 1;\n-- name: a\nSELECT 2;", "-- a comment alone"]
)
def test_a_file_that_cannot_be_understood_is_an_error(tmp_path: Path, written: str) -> None:
    file = tmp_path / "some.sql"
    file.write_text(f"-- Words about the file.\n\n-- name: a\n-- What it does.\n{written}\n")
    with pytest.raises(ValueError, match=r"some\.sql"):
        Queries(file)


def test_a_statement_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no statement start_cod"):
        _ = FILES["domain/verification/phone.sql"].start_cod


@pytest.mark.parametrize(("file", "query"), STATEMENTS, ids=NAMES)
def test_the_database_understands_it(url: str, file: str, query: Query) -> None:
    ask(url, f"PREPARE understood AS {query.text}")


def test_each_says_what_it_does() -> None:
    for file in FILES:
        for block in (SOURCE / file).read_text().split("-- name: ")[1:]:
            name, next_line, *_ = block.splitlines()
            assert next_line.startswith("-- "), f"{file}: {name} has no comment"


def _calls() -> Iterator[tuple[str, str, list[str], bool]]:
    """Of each `sql.name(...)`, and of each `*queries.name(...)` whatever that is called: where, the
    name, its parameters and whether those are all.
    """
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            call = node.value if isinstance(node, ast.Starred) else node
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                owner = call.func.value
                is_sql = "sql" in (getattr(owner, "id", ""), getattr(owner, "attr", ""))
                if call is not node or is_sql:
                    given = [word.arg for word in call.keywords if word.arg]
                    is_all = len(given) == len(call.keywords)
                    yield path.name, call.func.attr, given, is_all


def test_each_is_called_with_its_own_parameters() -> None:
    known: dict[str, list[set[str]]] = {}
    for _, query in STATEMENTS:
        known.setdefault(query.name, []).append(set(query.parameters))
    for where, name, given, is_all in _calls():
        if name in known:
            fits = any(set(given) == p if is_all else set(given) <= p for p in known[name])
            assert fits, f"{where}: {name} is called with {given}, but takes {known[name]}"


# A statement, or a part of one such as `f"AND {column} = $2"` is made of.
SQL = re.compile(
    r"^\s*(SELECT|WITH)\s+\S|\b(INSERT INTO|DELETE FROM|UPDATE \w+ SET|LEFT JOIN|ORDER BY)\b"
    r"|\bSELECT\b.*\bFROM\b|\b(WHERE|AND|OR) [\w.{}]+ ([=<>]|IN|IS|LIKE)",
    re.DOTALL,
)
# Conditions of a table's own, and words to a server that are no query.
IS_SCHEMA = ("tables", "dev")


def _written_in_python(folder: Path) -> Iterator[str]:
    """Strings with SQL, but those of one line that the adapters say to a server as they are."""
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).parts
        tree = ast.parse(path.read_text())
        built = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
                 for part in node.values}  # fmt: skip
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(text)) if id(node) not in built:
                    is_allowed = parts[0] == "adapters" and "{" not in text and "\n" not in text
                case ast.JoinedStr():
                    text, is_allowed = ast.unparse(node)[2:-1], False
                case _:
                    continue
            if SQL.search(text) and not is_allowed and not set(IS_SCHEMA) & set(parts):
                yield f"{path.name}: {text}"


def test_no_module_writes_or_builds_a_statement() -> None:
    assert list(_written_in_python(SOURCE)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "FIND = 'SELECT id FROM users WHERE id = $1'",
        "TAKEN = 'SELECT 1 FROM users WHERE {kind} = $1'",
        "def find(kind): return f'UPDATE users SET {kind} = NULL'",
        "RECENT = 'AND created_at > clock_timestamp()'",
        "LINK = sql.link.text.replace('x', ' ORDER BY id')",
    ],
)
def test_a_planted_statement_is_found(planted: str, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(planted)
    assert len(list(_written_in_python(tmp_path))) == 1


def test_an_adapter_says_one_line_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "adapters").mkdir()
    written = tmp_path / "adapters" / "written.py"
    written.write_text("OWN = 'SELECT pg_backend_pid()'")
    assert list(_written_in_python(tmp_path)) == []
    written.write_text("OWN = 'SELECT id\\nFROM users'\ndef ask(name): f'SELECT {name} FROM users'")
    assert len(list(_written_in_python(tmp_path))) == 2


def test_each_is_used() -> None:
    source = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    for file, query in STATEMENTS:
        assert re.search(rf"\.{query.name}\b", source), f"{file}: nobody calls {query.name}"


def test_both_channels_have_the_same_statements() -> None:
    """But for the table, for which mail a code comes in, and that an address may have bounced."""

    def shared(file: str) -> str:
        statements = vars(FILES[f"domain/verification/{file}.sql"])
        texts = "\n".join(f"{name} {query.text}" for name, query in statements.items())
        texts = BOUNCED.sub("", texts.replace(OWNER, "").replace("'sms'", "'email'"))
        return MAILS_TEMPLATE.sub("TEMPLATE", texts)

    phone = shared("phone").replace("phone_verifications", "email_verifications")
    assert re.sub(r"\bphone\b", "email", phone) == shared("email")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_the_same_wherever_it_is_written(rule: str) -> None:
    texts = (path.read_text() for path in SOURCE.rglob("*.sql"))
    found = [match[0] for text in texts for match in re.finditer(rule, text, re.DOTALL)]
    assert len(found) > 1
    assert len({OWN_VALUES.sub("OWN", "".join(each.split())) for each in found}) == 1, found


@pytest.mark.parametrize("file", ["phone", "email"])
def test_a_lock_lasts_for_what_stops_a_guess(file: str) -> None:
    """Both statements look at the same budgets."""
    queries = FILES[f"domain/verification/{file}.sql"]
    budgets, _ = queries.find_lock.text.rsplit("\nSELECT", 1)
    named = re.compile(r"\$(\d+)")

    def with_names(query: Query, text: str) -> str:
        return named.sub(lambda found: query.parameters[int(found[1]) - 1], text)

    counted = with_names(queries.count_guess, queries.count_guess.text)
    assert counted.startswith(with_names(queries.find_lock, budgets))


def test_an_account_is_made_of_the_proofs_that_are_found() -> None:
    queries = FILES["domain/signup/accounts.sql"]
    found = " ".join(queries.find_proofs.text.replace("$1", ":flow_id").split())
    flow = f"${queries.create_account.parameters.index('flow_id') + 1}"
    made = " ".join(queries.create_account.text.replace(flow, ":flow_id").split())
    assert made.startswith(f"WITH proofs AS ( {found} ), ")
