"""The tables by which budgets and breakers of texts go, and of sends that a limit refused."""

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, Index, Integer
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
