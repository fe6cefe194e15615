"""The tables of prices: a version is written whole, and never again, which triggers see to."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Moment, Reference, Table, Words

CODE_IS_PLAIN = "code ~ '^[a-z][a-z0-9-]{0,30}$'"


class Catalogues(Table):
    """A version of all prices. In effect is the one that began last."""

    __tablename__ = "catalogues"

    version: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    effective_from: Mapped[Moment] = mapped_column(unique=True)
    published_at: Mapped[Created]


class Plans(Table):
    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint(CODE_IS_PLAIN, name="code_is_plain"),
        UniqueConstraint("version", "position"),
        Index("uq_plans_highlighted", "version", unique=True, postgresql_where=text("highlighted")),
    )

    version: Mapped[int] = mapped_column(ForeignKey("catalogues.version"), primary_key=True)
    code: Mapped[Words] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[Words]
    description: Mapped[Words]
    highlighted: Mapped[bool]


class Features(Table):
    __tablename__ = "features"
    __table_args__ = (
        CheckConstraint(CODE_IS_PLAIN, name="code_is_plain"),
        UniqueConstraint("version", "position"),
    )

    version: Mapped[int] = mapped_column(ForeignKey("catalogues.version"), primary_key=True)
    code: Mapped[Words] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[Words]


class PlanFeatures(Table):
    """What a plan includes, and how much of it ('' says just that it does)."""

    __tablename__ = "plan_features"
    __table_args__ = (
        ForeignKeyConstraint(["version", "plan"], ["plans.version", "plans.code"]),
        ForeignKeyConstraint(["version", "feature"], ["features.version", "features.code"]),
    )

    version: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[Words] = mapped_column(primary_key=True)
    feature: Mapped[Words] = mapped_column(primary_key=True)
    amount: Mapped[Words]


class Prices(Table):
    """One for each plan, interval and currency of a version: a trigger at commit sees to it that
    none is missing. `position` is that of the currency.
    """

    __tablename__ = "prices"
    __table_args__ = (
        ForeignKeyConstraint(["version", "plan"], ["plans.version", "plans.code"]),
        CheckConstraint("interval IN ('month', 'year')", name="interval_is_known"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        CheckConstraint("amount_minor >= 0", name="amount_is_not_negative"),
    )

    version: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[Words] = mapped_column(primary_key=True)
    interval: Mapped[Words] = mapped_column(primary_key=True)
    currency: Mapped[Words] = mapped_column(primary_key=True)
    position: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class PlanChoices(Table):
    """The plan someone chose, at the price they were shown and said yes to."""

    __tablename__ = "plan_choices"
    __table_args__ = (
        CheckConstraint("interval IN ('month', 'year')", name="interval_is_known"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        CheckConstraint("amount_minor >= 0", name="amount_is_not_negative"),
    )

    user_id: Mapped[Reference] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan: Mapped[Words]
    interval: Mapped[Words]
    currency: Mapped[Words]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    chosen_at: Mapped[Created]
