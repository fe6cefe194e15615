"""How long others wait for a page while something runs flat out."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from bench.place import Place
from bench.table import Figure

PROBED = 12.0


async def waits_figure(
    place: Place, path: str, cookie: str, load: Callable[[float], Awaitable[object]], what: str
) -> Figure:
    """p99 of the page and of the bare handler, asked for turn by turn by a process of its own while
    `load`, given its seconds, goes on.
    """
    asked = (str(place.product.port), str(place.bare.port), str(PROBED), path, cookie)
    told, _ = await asyncio.gather(told_by("bench.probe", *asked), load(PROBED + 1))
    page, plain = map(float, told.split())
    return Figure(
        f"99 of 100 `GET {path}` while {what} run flat out",
        f"{page * 1e3:.1f} ms",
        f"{plain * 1e3:.1f} ms",
        page / plain,
        2,
        "x",
        most=True,
    )


async def told_by(module: str, *options: str) -> str:
    """What another process of ours prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *options, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{module} failed")
    return told.decode()
