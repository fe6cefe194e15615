"""The tables of what texts and calls cost. A trigger of `deliveries` counts each into them, so
nothing that is queued can be forgotten. Amounts are millionths of the unit of the currency.
"""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Table, Words


class TextBudget(Table):
    """The budget of a day, as the server that started last was set up; without a row nothing is
    counted. `text` and `call` cost that much in any region that has no prices of its own;
    `dearest` is the highest of all prices.
    """

    __tablename__ = "text_budget"
    __table_args__ = (CheckConstraint("one", name="is_one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    currency: Mapped[Words]
    budget: Mapped[int] = mapped_column(BigInteger)
    dearest: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[int] = mapped_column(BigInteger)
    call: Mapped[int] = mapped_column(BigInteger)


class TextPrices(Table):
    """Of one text and one call, by region."""

    __tablename__ = "text_prices"

    region: Mapped[Words] = mapped_column(primary_key=True)
    text: Mapped[int] = mapped_column(BigInteger)
    call: Mapped[int] = mapped_column(BigInteger)


class TextSpending(Table):
    """What is spent of a day in UTC: the sum of its rows. There are several, so that those who
    spend at once do not wait for each other.
    """

    __tablename__ = "text_spending"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    spent: Mapped[int] = mapped_column(BigInteger, server_default="0")


class TextWarnings(Table):
    """The shares of a day's budget that were reached: whoever adds a row tells of it, and a trigger
    writes the events.
    """

    __tablename__ = "text_warnings"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    percent: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    spent: Mapped[int] = mapped_column(BigInteger)
    budget: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[Words]
    at: Mapped[Created]
