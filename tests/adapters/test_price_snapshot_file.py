"""The last good prices on disk: whole or not at all, and never in the way."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.adapters.files import KeptFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".latchkey" / "prices.json"


def test_what_is_written_is_read(path: Path) -> None:
    assert KeptFile(path).write(b"one")
    KeptFile(path).write(b"two")
    assert KeptFile(path).read() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_its_folder_is_ours_alone(path: Path) -> None:
    KeptFile(path).write(b"one")
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_without_a_copy_there_is_none(path: Path) -> None:
    assert KeptFile(path).read() is None


def test_what_cannot_be_read_is_none(path: Path) -> None:
    path.mkdir(parents=True)
    assert KeptFile(path).read() is None


@pytest.mark.parametrize("kind", ["folder in its place", "file for a folder"])
def test_what_cannot_be_written_is_told_and_raises_nothing(
    path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    if kind == "folder in its place":
        path.mkdir(parents=True)
    else:
        path.parent.write_bytes(b"")
    with caplog.at_level(logging.WARNING, "app.files"):
        assert not KeptFile(path).write(b"one")
    [record] = caplog.records
    assert record.message == "the prices could not be saved"
    assert Path(record.__dict__["path"]).is_absolute()
    assert record.__dict__["reason"] in ("is a directory", "not a directory", "file exists")
    assert [each.name for each in path.parent.parent.rglob("prices.json.*")] == []


def test_whoever_reads_meanwhile_finds_one_whole_copy(path: Path) -> None:
    copies = {bytes([number]) * 50_000 for number in range(20)}
    KeptFile(path).write(min(copies))
    with ThreadPoolExecutor(2) as threads:
        written = threads.submit(lambda: [KeptFile(path).write(copy) for copy in copies])
        seen = set()
        while not written.done():
            seen.add(KeptFile(path).read())
    assert seen <= copies
