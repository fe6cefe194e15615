"""The tables by which budgets and breakers of texts go, of sends that a limit refused, and of what
texts and calls cost. A trigger of `deliveries` counts each into the last, so nothing that is queued
can be forgotten. Amounts are millionths of the unit of the currency.
"""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Digest, Moment, Reference, Table, Words


class SendCounts(Table):
    """What was sent in the ten minutes from `slot` on, and how many of the codes were entered:
    counted once, when no code of that time can be entered any more. A row without a channel is how
    far that has come.
    """

    __tablename__ = "send_counts"
    # Each process reads two weeks of a region every ten seconds.
    __table_args__ = (Index("ix_send_counts_region", "region", "channel", "slot"),)

    slot: Mapped[Moment] = mapped_column(primary_key=True)
    channel: Mapped[Words] = mapped_column(primary_key=True)
    region: Mapped[Words] = mapped_column(primary_key=True)
    room: Mapped[Words] = mapped_column(primary_key=True)
    sent: Mapped[int] = mapped_column(Integer)
    proved: Mapped[int] = mapped_column(Integer)


class SendStops(Table):
    """Where no texts go to those of a `room` until a time. Of a conversion breaker (`reason`), some
    go then, as probes; `seconds` is how long the last time was. With `is_allowed`, an operator has
    said that they go whatever the breaker finds. `probe` and `probed_at` are the only one's that
    the release before lets through.
    """

    __tablename__ = "send_stops"
    __table_args__ = (
        CheckConstraint("kind IN ('region', 'block')", name="kind_is_known"),
        CheckConstraint("room IN ('strangers', 'mailed', 'known')", name="room_is_known"),
    )

    kind: Mapped[Words] = mapped_column(primary_key=True)
    key: Mapped[Words] = mapped_column(primary_key=True)
    room: Mapped[Words] = mapped_column(primary_key=True)
    is_allowed: Mapped[bool] = mapped_column(Boolean, server_default="false")
    reason: Mapped[Words]
    since: Mapped[Created]
    until: Mapped[Moment]
    seconds: Mapped[int] = mapped_column(Integer)
    probe: Mapped[Reference | None]
    probed_at: Mapped[Moment | None]


class SendProbes(Table):
    """The last probe of a network where texts are stopped: a message, and since when. The network
    has no other within `seconds` of that.
    """

    __tablename__ = "send_probes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["kind", "key", "room"],
            ["send_stops.kind", "send_stops.key", "send_stops.room"],
            ondelete="CASCADE",
        ),
    )

    kind: Mapped[Words] = mapped_column(primary_key=True)
    key: Mapped[Words] = mapped_column(primary_key=True)
    room: Mapped[Words] = mapped_column(primary_key=True)
    network: Mapped[Words] = mapped_column(primary_key=True)
    probe: Mapped[Reference]
    at: Mapped[Created]
    seconds: Mapped[int] = mapped_column(Integer)


class RefusedSends(Table):
    """Codes that a limit kept from being sent: by hour, contact and limit. `subject` and `network`
    are keyed digests (`Subjects`).
    """

    __tablename__ = "refused_sends"
    __table_args__ = (Index("ix_refused_sends_hour", "hour", "network"),)

    subject: Mapped[Digest] = mapped_column(primary_key=True)
    refusal: Mapped[Words] = mapped_column(primary_key=True)
    limit_name: Mapped[Words] = mapped_column(primary_key=True)
    hour: Mapped[Moment] = mapped_column(primary_key=True)
    purpose: Mapped[Words]
    network: Mapped[Digest]
    at: Mapped[Created]


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
