"""What the products of a test run count wrong codes and passwords by."""

from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.settings import DEVELOPMENT_KEY

subject_of = Subjects(keys_for("subjects", (DEVELOPMENT_KEY,))).of
