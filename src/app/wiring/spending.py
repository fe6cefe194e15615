"""The wiring of what texts and calls may cost."""

from app.adapters.postgres import Postgres
from app.adapters.text_prices import read_text_budget
from app.domain.checks import Finding, Status
from app.domain.delivery.spending import STEPS, TextSpending
from app.domain.languages import Languages
from app.settings import Settings

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
