"""Numbers with a fixed code, for reviewers of app stores and for automatic tests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from app.domain.keys import is_same

# Mobile numbers that their regulator gives to nobody, so that films can show them. Those of other
# countries are no valid numbers to the library that reads them.
RESERVED = re.compile(
    r"\+1[2-9][0-9]{2}55501[0-9]{2}"  # North America: 555-0100 to 555-0199 (ATIS-0300115)
    r"|\+467017406(?:0[5-9]|[1-9][0-9])"  # Sweden: 070-174 06 05 to 06 99 (PTS)
    r"|\+61491570(?:006|110|156|157|158|159)"  # Australia: some of 0491 57x xxx (ACMA)
)
LONGEST = timedelta(days=30)  # ahead of today, in production


@dataclass(frozen=True, slots=True)
class TestNumbers:
    """`codes` by number in E.164. They count up to the day `until`, in UTC; None for always."""

    __test__ = False  # for pytest, which would take it for a class of tests

    codes: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None

    @property
    def have_ended(self) -> bool:
        return self.until is not None and datetime.now(UTC).date() > self.until

    def describe(self) -> str:
        """For operators."""
        if self.have_ended:
            return f"TEST_NUMBERS ended on {self.until}: take them out"
        until = f" until {self.until}" if self.until else ""
        return f"{len(self.codes)} numbers have a fixed code that others know{until}"

    def include(self, destination: str) -> bool:
        return not self.have_ended and destination in self.codes

    def judge(self, destination: str, guess: str) -> bool | None:
        """Whether that is its code; None for a number that gets texts like any other."""
        if not self.include(destination):
            return None
        return is_same(self.codes[destination].encode(), guess.encode())
