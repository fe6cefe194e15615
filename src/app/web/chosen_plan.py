"""The plan somebody picked before they have an account to keep it: in a cookie of their browser."""

from app.domain.pricing.choice import Choice
from app.web.visit import FLOW_LIFETIME, Visit

NAME = "plan"


def chosen_plan(visit: Visit) -> Choice | None:
    return Choice.read(visit.cookie(NAME))


def keep_plan(visit: Visit, choice: Choice) -> None:
    """For as long as a sign-up may take."""
    visit.keep(NAME, str(choice), FLOW_LIFETIME)


def drop_plan(visit: Visit) -> None:
    if visit.cookie(NAME):
        visit.drop(NAME)
