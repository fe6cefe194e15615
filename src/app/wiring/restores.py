"""The wiring of what notices a restored backup."""

from app.adapters.files import RESTORE_MARK, KeptFile
from app.adapters.registry import Adapters
from app.domain.checks import Finding, Status
from app.domain.restores import RestoreGuard


def build_restore_guard(adapters: Adapters) -> RestoreGuard:
    return RestoreGuard(adapters.database, adapters.memory, KeptFile(RESTORE_MARK))


async def report_restore(guard: RestoreGuard) -> Finding:
    restore = await guard.find_restore()
    return (Status.WARN, restore.words) if restore else (Status.PASS, "")
