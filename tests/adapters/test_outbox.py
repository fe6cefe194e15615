"""The outbox of a machine without a provider: one file, several writers, nothing lost."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.dev.outbox import LocalMail, LocalMessage, LocalTexts, Outbox
from app.domain.ports import Email, Sent, Text, Unsent

# A worker of its own: says when it is ready, starts when told, trims at every tenth append.
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from app.dev.outbox import LocalMessage, Outbox
outbox = Outbox(Path(sys.argv[1]), kept=10, room=1_000)
print("ready", flush=True)
sys.stdin.readline()
for number in range(400):
    now = datetime.now(UTC)
    outbox.add(LocalMessage("local", "text", sys.argv[2], None, str(number), None, now))
"""


def started_writer(path: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name],
        cwd=Path(__file__).parents[2] / "src",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def message(number: int, html: str | None = None) -> LocalMessage:
    now = datetime.now(UTC)
    kind = "mail" if html else "text"
    return LocalMessage(f"local-{number}", kind, "+61491570006", None, f"{number}", html, now)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "outbox.jsonl"


async def test_texts_and_mails_are_shown_newest_first(path: Path) -> None:
    outbox = Outbox(path)
    await LocalTexts(outbox).send(Text("+61491570006", "a text", timedelta(minutes=10)))
    sent = await LocalMail(outbox).send(Email("ada@example.com", "S", "words", "<p>", "ref"))
    mail, text = outbox.list_recent()
    assert isinstance(sent, Sent)
    assert (mail.id, mail.kind, mail.to) == (sent.provider_id, "mail", "ada@example.com")
    assert (mail.subject, mail.body, mail.html) == ("S", "words", "<p>")
    assert (text.kind, text.subject, text.body, text.html) == ("text", None, "a text", None)
    assert abs(datetime.now(UTC) - text.sent_at) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("subject", "body", "code"),
    [
        (None, "123456 is your Latchkey code. It works for 10 minutes.", "123456"),
        ("00012345 is your Latchkey code", "", "00012345"),
        ("Your Latchkey code", "Your code is\n\n87654321\n", "87654321"),
        (None, "Call +61491570006 about 1234567 or 12345", None),
        (None, "１２３４５６", None),  # full-width digits are nothing we send
    ],
)
def test_the_code_is_at_hand(subject: str | None, body: str, code: str | None) -> None:
    now = datetime.now(UTC)
    assert LocalMessage("local-1", "mail", "a@b.example", subject, body, None, now).code == code


def test_it_can_be_empty_and_counts_what_is_asked_for(path: Path) -> None:
    outbox = Outbox(path)
    assert outbox.list_recent() == []
    for number in range(5):
        outbox.add(message(number))
    assert [entry.body for entry in outbox.list_recent(2)] == ["4", "3"]
    assert outbox.list_recent(0) == []


def test_it_outlives_its_process(path: Path) -> None:
    Outbox(path).add(message(1))
    assert [entry.body for entry in Outbox(path).list_recent()] == ["1"]


def test_only_its_owner_can_read_it(path: Path) -> None:
    outbox = Outbox(path, kept=2, room=500)
    for number in range(20):  # also after it was trimmed
        outbox.add(message(number))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_half_written_line_costs_nothing_else(path: Path) -> None:
    Outbox(path).add(message(1))
    with path.open("ab") as file:
        file.write(b'\n{"id":"local-2","kind":"te')  # and then the process was killed
    outbox = Outbox(path)
    assert [entry.body for entry in outbox.list_recent()] == ["1"]
    outbox.add(message(3))
    assert [entry.body for entry in outbox.list_recent()] == ["3", "1"]


def test_the_oldest_go_when_it_grows(path: Path) -> None:
    outbox = Outbox(path, kept=10, room=5_000)
    for number in range(500):
        outbox.add(message(number))
    assert path.stat().st_size < 6_000
    assert [entry.body for entry in outbox.list_recent(10)] == [f"{n}" for n in range(499, 489, -1)]
    assert [file.name for file in path.parent.iterdir()] == ["outbox.jsonl"]


def test_long_emails_are_not_trimmed_at_every_append(path: Path) -> None:
    outbox = Outbox(path, kept=10, room=5_000)
    sizes = []
    for number in range(60):
        outbox.add(message(number, html="x" * 2_000))
        sizes.append(path.stat().st_size)
    trims = sum(later < earlier for earlier, later in pairwise(sizes))
    assert 1 <= trims <= 6
    assert len(outbox.list_recent(10)) == 10


def test_it_comes_back_when_someone_removed_it(path: Path) -> None:
    outbox = Outbox(path)
    outbox.add(message(1))
    path.unlink()
    path.parent.rmdir()
    outbox.add(message(2))
    assert [entry.body for entry in outbox.list_recent()] == ["2"]


def test_nothing_is_lost_between_workers_that_trim(path: Path) -> None:
    with ExitStack() as running:
        writers = [running.enter_context(started_writer(path, name)) for name in "abcd"]
        assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 4
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
    assert [writer.returncode for writer in writers] == [0] * 4
    left = Outbox(path).list_recent(10_000)[::-1]
    assert 10 <= len(left) < 40
    for name in "abcd":  # only the oldest may go, so a lost message would be a gap
        numbers = [int(entry.body) for entry in left if entry.to == name]
        assert numbers == list(range(400 - len(numbers), 400))


def test_nothing_is_lost_between_threads(path: Path) -> None:
    outbox = Outbox(path, kept=10_000, room=2_000)

    def write(first: int) -> None:
        for number in range(first, first + 100):
            outbox.add(message(number))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(0, 400, 100)))
    assert sorted(int(entry.body) for entry in outbox.list_recent(1_000)) == list(range(400))


async def test_a_full_disk_is_an_outcome() -> None:
    texts = LocalTexts(Outbox(Path("/dev/full")))
    outcome = await texts.send(Text("+61491570006", "a text", timedelta(minutes=10)))
    assert outcome == Unsent("OSError")


def test_it_keeps_one_descriptor_and_gives_it_back(path: Path) -> None:
    before = descriptors()
    outbox = Outbox(path, kept=2, room=500)
    for number in range(50):
        outbox.add(message(number))
    assert descriptors() == before + 1
    outbox.close()
    assert descriptors() == before
