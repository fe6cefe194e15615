"""The numbers that workers share: real forks of a process that count, die and follow each other."""

import json
import subprocess
import sys

from tests.product import PYTHONPATH

# Two workers count; one ends as if it was killed, and a third one takes its place.
STORY = """
import json, os
from app.adapters.shared_numbers import join_workers, prepare_workers
from app.domain.metrics import (
    HASH_QUEUE, LIMITS, POOL_WAIT, STORE_FAILURES, count_in, current_numbers,
)

def worker(work):
    (theirs, ours), (go, told) = os.pipe(), os.pipe()
    if not (pid := os.fork()):
        join_workers()
        work()
        os.write(ours, b"!")
        os.read(go, 1)
        os._exit(9)
    os.read(theirs, 1)
    def end():
        os.write(told, b"!")
        os.waitpid(pid, 0)
    return end

def first():
    LIMITS.add("a", by=2)
    HASH_QUEUE.add(by=3)
    POOL_WAIT.observe(0.02)

def second():
    LIMITS.add("a")
    LIMITS.add("b")
    HASH_QUEUE.add()

def look():
    found = current_numbers().read_all()
    limits = {labels[0]: values[0] for (name, labels), values in found.items() if "limit" in name}
    queue = found.get(("latchkey_hash_queue", ()), (0.0,))[0]
    told.append([limits, queue, current_numbers().count_processes()])

told = []
prepare_workers(2)
join_workers()
look()
end_first = worker(first)
look()
end_second = worker(second)
look()
end_first()
look()
end_third = worker(second)
look()
end_second(), end_third()
look()
waits = current_numbers().read_all()["latchkey_pool_wait_seconds", ()]
print(json.dumps([told, waits]))
"""


def test_workers_are_added_up_and_what_a_dead_one_counted_stays() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STORY], env={"PYTHONPATH": PYTHONPATH},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told, waits = json.loads(ended.stdout)
    assert told == [
        [{}, 0, 1],
        [{"a": 2}, 3, 2],
        [{"a": 3, "b": 1}, 4, 3],
        [{"a": 3, "b": 1}, 1, 2],  # what it counted stays; what waited in it does not
        [{"a": 4, "b": 2}, 2, 3],
        [{"a": 4, "b": 2}, 0, 1],
    ]
    assert waits == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.02]


FULL = """
from app.adapters.shared_numbers import PART, join_workers, prepare_workers
from app.domain.metrics import EVENTS, LIMITS, MOST_SERIES, current_numbers

prepare_workers(1)
join_workers()
for number in range(MOST_SERIES + 500):
    LIMITS.add(f"limit{number}")
other = current_numbers().read_all()["latchkey_limit_refusals_total", ("other",)]
for number in range(40):
    EVENTS.add("x" * (PART // 32) + str(number))
LIMITS.add("limit1")
found = current_numbers().read_all()
once_more = found["latchkey_limit_refusals_total", ("limit1",)]
print(int(other[0]), len(found) < MOST_SERIES + 41, once_more)
"""


def test_what_there_is_no_room_for_is_not_counted_and_breaks_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL], env={"PYTHONPATH": PYTHONPATH},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout.split() == ["500", "True", "(2.0,)"]


# Three processes look at the same time, again and again.
SCRAPED = """
import os
from app.adapters.shared_numbers import join_workers, prepare_workers
from app.domain.metrics import current_numbers

def wait(pipe, times=1):
    for _ in range(times):
        os.read(pipe[0], 1)

def tell(pipe, times=1):
    os.write(pipe[1], b"!" * times)

def look():
    return {current_numbers().count_processes() for _ in range(300)}

joined, go, seen, end = (os.pipe() for _ in range(4))
prepare_workers(3)
for _ in range(2):
    if not os.fork():
        join_workers()
        tell(joined)
        wait(go)
        os.write(seen[1], b"=" if look() == {3} else b"!")
        wait(end)
        os._exit(0)
join_workers()
wait(joined, 2)
tell(go, 2)
ours = look()
theirs = os.read(seen[0], 1) + os.read(seen[0], 1)
tell(end, 2)
print(ours, theirs.decode(), current_numbers().workers)
"""


def test_who_looks_at_the_same_time_counts_nobody_twice() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRAPED], env={"PYTHONPATH": PYTHONPATH},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout == "{3} == 3\n"
