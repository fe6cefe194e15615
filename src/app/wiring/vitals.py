"""The wiring of what is told of a server as a whole."""

from importlib.metadata import version

from app.adapters.postgres import newest_revision
from app.adapters.registry import Adapters
from app.domain.health import Finding, Status
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.identity.hashing import PasswordHashing
from app.domain.keys import SecretKeys
from app.domain.sessions.tokens import AccessTokens
from app.domain.vitals import Release, Vitals


def build_vitals(
    secrets: SecretKeys, adapters: Adapters, hashing: PasswordHashing, tokens: AccessTokens
) -> Vitals:
    release = Release(version("latchkey"), newest_revision())
    return Vitals(adapters.database, adapters.memory, hashing, tokens, secrets, release)


async def report_test_numbers(test_numbers: TestNumbers) -> Finding:
    return Status.WARN, test_numbers.describe()
