"""The wiring of what the processes of a deployment tell each other."""

from app.adapters.registry import Adapters
from app.domain.checks import Finding, Status
from app.domain.keys import SecretKeys
from app.domain.processes import Processes
from app.settings import Settings


def build_processes(settings: Settings, adapters: Adapters) -> Processes:
    return Processes(SecretKeys(settings.secret_key), adapters.polled_database)


async def report_secret_key(processes: Processes) -> Finding:
    """Which keys of `SECRET_KEY` are in use, by fingerprint; a warning where not all know them."""
    keys = processes.keys
    kept = [each for each in keys.configured if each != keys.signs_by]
    found = f"{keys.signs_by} signs" + (f", {', '.join(kept)} verify" if kept else "")
    trouble = processes.trouble
    return (Status.WARN if trouble else Status.PASS), f"{found}; {trouble}" if trouble else found
