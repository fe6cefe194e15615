"""The wiring of what operators are told: of processes and their keys, a restored backup, what texts
cost, the server as a whole.
"""

from functools import partial
from importlib.metadata import version

from app.adapters.files import RESTORE_MARK, KeptFile
from app.adapters.postgres import Postgres, newest_revision
from app.adapters.registry import Adapters
from app.adapters.text_prices import read_text_budget
from app.domain.checks import Checks, Finding, Status
from app.domain.delivery.spending import STEPS, TextSpending
from app.domain.events.dispatcher import Events
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.identity.hashing import PasswordHashing
from app.domain.keys import SecretKeys
from app.domain.languages import Languages
from app.domain.processes import Processes
from app.domain.restores import RestoreGuard
from app.domain.sessions.tokens import AccessTokens
from app.domain.vitals import Release, Vitals
from app.settings import Settings
from app.web.client_address import UntrustedForwarding


def build_processes(settings: Settings, adapters: Adapters) -> Processes:
    return Processes(SecretKeys(settings.secret_key), adapters.polled_database)


async def report_secret_key(processes: Processes) -> Finding:
    """Which keys of `SECRET_KEY` are in use, by fingerprint; a warning where not all know them."""
    keys = processes.keys
    kept = [each for each in keys.configured if each != keys.signs_by]
    found = f"{keys.signs_by} signs" + (f", {', '.join(kept)} verify" if kept else "")
    trouble = processes.trouble
    return (Status.WARN if trouble else Status.PASS), f"{found}; {trouble}" if trouble else found


def build_restore_guard(adapters: Adapters) -> RestoreGuard:
    return RestoreGuard(adapters.database, adapters.memory, KeptFile(RESTORE_MARK))


async def report_restore(guard: RestoreGuard) -> Finding:
    restore = await guard.find_restore()
    return (Status.WARN, restore.words) if restore else (Status.PASS, "")


MAILBOX = "mailto:"


def build_text_spending(
    settings: Settings, database: Postgres, languages: Languages
) -> TextSpending:
    """Raises `BadSettings`. The operator is told at `CONTACT`, where that is an address."""
    contact = settings.contact
    mailbox = contact.removeprefix(MAILBOX) if contact.startswith(MAILBOX) else ""
    return TextSpending(database, read_text_budget(settings), mailbox, languages)


async def report_text_budget(spending: TextSpending) -> Finding:
    """Warns as soon as the operator is told of anything."""
    spent = await spending.look()
    if spent is None:
        return Status.WARN, "no budget is in force yet"
    return (Status.WARN if spent.percent >= min(STEPS) else Status.PASS), spent.words


def build_vitals(
    secrets: SecretKeys, adapters: Adapters, hashing: PasswordHashing, tokens: AccessTokens
) -> Vitals:
    release = Release(version("latchkey"), newest_revision())
    return Vitals(adapters.database, adapters.memory, hashing, tokens, secrets, release)


async def report_test_numbers(test_numbers: TestNumbers) -> Finding:
    return Status.WARN, test_numbers.describe()


def list_checks(
    forwarding: UntrustedForwarding | None,
    events: Events,
    spending: TextSpending,
    processes: Processes,
    guard: RestoreGuard,
) -> Checks:
    """Those of health that no other room knows of."""
    checks: Checks = {
        "sms-budget": partial(report_text_budget, spending),
        "secret-key": partial(report_secret_key, processes),
        "restore": partial(report_restore, guard),
    }
    checks |= {"proxies": forwarding.finding} if forwarding else {}
    return checks | ({"events": events.report_health} if events.services else {})
