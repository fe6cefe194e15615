"""The plan somebody picked before they have an account to keep it: in a cookie of their browser."""

from app.domain.pricing.choice import Choice
from app.web.kept import FLOW_LIFETIME, Kept

NAME = "plan"


def chosen_plan(visit: Kept) -> Choice | None:
    return Choice.read(visit.cookie(NAME))


def keep_plan(visit: Kept, choice: Choice) -> None:
    """For as long as a sign-up may take."""
    visit.keep(NAME, str(choice), FLOW_LIFETIME)


def drop_plan(visit: Kept) -> None:
    if visit.cookie(NAME):
        visit.drop(NAME)
