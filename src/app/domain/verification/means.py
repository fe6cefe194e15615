"""What verifications work with."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.limits import LimitTable
from app.domain.ports import Database, ShortMemory


@dataclass(frozen=True, slots=True)
class Means:
    """`keys` derive codes: the first new ones, all of them old ones. `host` is what a code is bound
    to. `wake` is called after a message was queued.
    """

    database: Database
    memory: ShortMemory
    limits: LimitTable
    keys: tuple[bytes, ...]
    host: str
    wake: Callable[[], None]
