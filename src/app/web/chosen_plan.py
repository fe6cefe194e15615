"""What a browser keeps of somebody's choices: the plan, until an account does, and the currency.

The public pages of prices neither set nor read these cookies.
"""

from app.domain.pricing.choice import Choice
from app.domain.pricing.money import is_known
from app.web.kept import FLOW_LIFETIME, YEAR, Kept

NAME, PREFERENCES = "plan", "prefs"


def chosen_plan(visit: Kept) -> Choice | None:
    return Choice.read(visit.cookie(NAME))


def keep_plan(visit: Kept, choice: Choice) -> None:
    """For as long as a sign-up may take."""
    visit.keep(NAME, str(choice), FLOW_LIFETIME)


def drop_plan(visit: Kept) -> None:
    if visit.cookie(NAME):
        visit.drop(NAME)


def preferred_currency(visit: Kept) -> str:
    """What somebody chose last, '' for nothing."""
    currency = visit.cookie(PREFERENCES) or ""
    return currency if is_known(currency) else ""


def prefer_currency(visit: Kept, currency: str) -> None:
    if currency != preferred_currency(visit):
        visit.keep(PREFERENCES, currency, YEAR)
