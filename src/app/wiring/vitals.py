"""The wiring of what is told of a server as a whole."""

from functools import partial
from importlib.metadata import version

from app.adapters.postgres import newest_revision
from app.adapters.registry import Adapters
from app.domain.checks import Checks, Finding, Status
from app.domain.delivery.spending import TextSpending
from app.domain.events.dispatcher import Events
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.identity.hashing import PasswordHashing
from app.domain.keys import SecretKeys
from app.domain.processes import Processes
from app.domain.restores import RestoreGuard
from app.domain.sessions.tokens import AccessTokens
from app.domain.vitals import Release, Vitals
from app.web.client_address import UntrustedForwarding
from app.wiring.processes import report_secret_key
from app.wiring.restores import report_restore
from app.wiring.spending import report_text_budget


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
