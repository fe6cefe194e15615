"""The JSON API: the account against one point read, a refresh against one committed update, and
what its modules add to the start.
"""

import subprocess
import sys
from collections.abc import Iterator
from itertools import count, cycle, repeat
from statistics import median

from bench.driver import get, post
from bench.members import Member, members
from bench.people import GZIP
from bench.place import ROOT, Place
from bench.rounds import Side, figure, measure
from bench.table import Figure

MEMBERS = 3000
SECONDS = 2.0
ROUNDS = 5
SLOWEST, LARGEST = 0.15, 10.0  # seconds and MB, the promise
ME, REFRESH = "/api/v1/me", "/api/v1/tokens/refresh"
JSON = b"application/json"
# All that the application imports; then the same, with what is of the API alone at the end.
LISTED = "import sys, app.main; print(*(name for name in sys.modules if name.startswith('app.')))"
HELD_BACK = ("app.main", "app.controllers.routes", "app.controllers.api")
ADDED = """
import mmap, sys, time
from importlib import import_module
names = sys.argv[1:]
own = [name for name in names if name.startswith("app.controllers.api")]
for name in names:
    if not name.startswith({held_back!r}):
        import_module(name)
def size(): return int(open("/proc/self/statm").read().split()[1]) * mmap.PAGESIZE / 2**20
began, before = time.process_time(), size()
for name in own:
    import_module(name)
print(time.process_time() - began, size() - before)
"""


async def me_figures(place: Place) -> list[Figure]:
    """Each request by another person, so that hardly anybody was seen within the same second."""
    requests = [get(ME, _bearer(one)) for one in await members(place, MEMBERS)]
    bare = Side(place.bare, lambda: repeat(get("/read", GZIP)), 200)
    loads = await measure(bare, [Side(place.product, lambda: cycle(requests), 200)], SECONDS)
    return [figure(f"`GET {ME}`", loads[1], loads[0], 0.50)]


async def api_refresh_figures(place: Place) -> list[Figure]:
    newest = _newest(await members(place, MEMBERS))
    bare = Side(place.bare, lambda: repeat(get("/update", GZIP)), 200)
    loads = await measure(bare, [Side(place.product, lambda: newest, 200)], SECONDS)
    return [figure(f"`POST {REFRESH}`", loads[1], loads[0], 0.45)]


def import_figures() -> list[Figure]:
    """Medians of processes of their own, in CPU seconds and resident memory."""
    names = _run(LISTED).split()
    script = ADDED.format(held_back=HELD_BACK)
    rounds = [tuple(map(float, _run(script, *names).split())) for _ in range(ROUNDS)]
    seconds, size = (median(column) for column in zip(*rounds, strict=True))
    what = "importing the API adds"
    return [
        Figure(what, f"{seconds:.2f} s", "", seconds, SLOWEST, "s", most=True),
        Figure(f"{what}, in memory", f"{size:.1f} MB", "", size, LARGEST, "MB", most=True),
    ]


def _newest(people: list[Member]) -> Iterator[bytes]:
    """Each person in turn, with the token that came of their turn before."""
    for generation in count():
        for one in people:
            body = b'{"refresh_token": "%s"}' % one.api_refresh(generation).encode()
            yield post(REFRESH, body, kind=JSON)


def _bearer(one: Member) -> bytes:
    return f"authorization: Bearer {one.api_access}".encode()


def _run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    env = {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
