"""The names of audit events: one list, all in use, all documented, and nothing beside it."""

import ast
import re
from itertools import product

import pytest

from app.domain.audit import AuditEvent
from app.domain.support.messages import PURPOSES
from tests.test_house import ROOT, SOURCE

PAGE = (ROOT / "docs/audit.md").read_text()
ROW = re.compile(r"^\| `([a-z0-9*]+:[a-z_]+)` \|", re.MULTILINE)
IN_SQL = re.compile(r"'([a-z0-9]+:[a-z_]+)'")
OF_MAIL = {
    "login",
    "recovery",
    "confirm-without-phone",
    "change-email",
}  # codes nobody is called for


def documented() -> set[str]:
    """A star stands for each purpose of a code."""
    names = set(ROW.findall(PAGE))
    codes = {name for name in names if name.startswith("*")}
    made = {code.replace("*", purpose) for code, purpose in product(codes, PURPOSES)}
    return names - codes | made - {f"{purpose}:code_called" for purpose in OF_MAIL}


def in_statements() -> set[str]:
    return {name for path in SOURCE.rglob("*.sql") for name in IN_SQL.findall(path.read_text())}


def written_by_statements() -> set[str]:
    """Those that a statement itself puts on record."""
    inserted = (
        statement.partition("INSERT INTO audit_events")[2].partition("FROM")[0]
        for path in SOURCE.rglob("*.sql")
        for statement in path.read_text().split("-- name: ")
    )
    return {name for insert in inserted for name in IN_SQL.findall(insert)}


def counted_by_name() -> set[str]:
    calls = (
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "EVENTS.add"
    )
    names = (ast.unparse(call.args[0]).partition("AuditEvent.")[2] for call in calls)
    return {AuditEvent[name].value for name in names if name}


def named_in_code() -> set[str]:
    """Members that are named, and what f-strings may make."""
    used = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "AuditEvent":
                used.add(AuditEvent[node.attr].value)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "AuditEvent":
                used |= made_by(node.args[0])
    return used


def made_by(name: ast.expr) -> set[str]:
    """Those that an f-string makes; a variable on its own reads what somebody typed."""
    if not isinstance(name, ast.JoinedStr):
        return set()
    parts = (
        re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z_-]+"
        for part in name.values
    )
    pattern = re.compile("".join(parts))
    return {event for event in AuditEvent if pattern.fullmatch(event)}


def test_each_is_documented_and_nothing_else() -> None:
    assert documented() == set(AuditEvent)


def test_each_is_used() -> None:
    assert set(AuditEvent) - named_in_code() - in_statements() == set()


def test_each_that_a_statement_writes_is_counted_too() -> None:
    """What `record` writes, it counts."""
    assert len(written_by_statements()) > 3
    assert written_by_statements() - counted_by_name() == set()


def test_statements_use_no_other() -> None:
    assert in_statements() - set(AuditEvent) == set()


def test_a_name_that_is_not_listed_is_no_event() -> None:
    with pytest.raises(ValueError, match="signup:nothing"):
        AuditEvent("signup:nothing")


def test_each_fact_of_a_contact_is_an_event() -> None:
    """Its name is put together as it happens, so one that is not listed would be a crash."""
    code = (SOURCE / "domain/account/contacts.py").read_text()
    facts = re.findall(r'_record\(connection, access, origin, "(\w+)"\)', code)
    assert len(facts) == 3
    names = {f"account:{kind}_{fact}" for kind, fact in product(("phone", "email"), facts)}
    assert names - set(AuditEvent) == set()
