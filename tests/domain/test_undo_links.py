"""Links that undo a change: only what a key of ours made is one."""

from uuid import uuid4

import pytest

from app.domain.account.undoable import UndoLinks, UnknownUndo

OLD, NEW, OTHER = b"old" * 11, b"new" * 11, b"foe" * 11
BASE = "https://a.example.org"


def token(links: UndoLinks, change_id: object) -> str:
    return links.make_link(change_id).removeprefix(f"{BASE}/account/undo/")  # type: ignore[arg-type]


def test_a_link_holds_the_change_it_undoes() -> None:
    links, change = UndoLinks((NEW,), BASE), uuid4()
    assert links.read(token(links, change)) == change
    assert len(token(links, change)) == 64
    assert links.make_link(change) == links.make_link(change)


def test_the_first_key_makes_links_and_all_check_them() -> None:
    change = uuid4()
    before, both = UndoLinks((OLD,), BASE), UndoLinks((NEW, OLD), BASE)
    assert both.read(token(before, change)) == change
    assert token(both, change) == token(UndoLinks((NEW,), BASE), change)
    with pytest.raises(UnknownUndo):
        UndoLinks((NEW,), BASE).read(token(before, change))


@pytest.mark.parametrize("forged", ["", "x", "====", "a" * 63, "a" * 64, "a" * 68, "ü" * 64, "\0"])
def test_everything_else_is_none(forged: str) -> None:
    with pytest.raises(UnknownUndo):
        UndoLinks((NEW,), BASE).read(forged)


def test_the_id_of_another_change_does_not_fit_the_mac() -> None:
    links = UndoLinks((NEW,), BASE)
    one, other = token(links, uuid4()), token(links, uuid4())
    with pytest.raises(UnknownUndo):
        links.read(other[:20] + one[20:])
    with pytest.raises(UnknownUndo):
        links.read(token(UndoLinks((OTHER,), BASE), uuid4()))
