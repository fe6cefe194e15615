"""What the products of a test run count wrong codes and passwords by."""

from app.domain.identity.users import Subjects
from app.settings import DEVELOPMENT_KEY

subject_of = Subjects((DEVELOPMENT_KEY,)).of
