"""The tables of what is done once, however often it arrives."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Digest, Table


class SpentTransactions(Table):
    """Sign-ins at a provider that came back: none does twice. A row outlives its cookie."""

    __tablename__ = "spent_transactions"
    __table_args__ = (Index("ix_spent_transactions_spent_at", "spent_at"),)

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    spent_at: Mapped[Created]


class IdempotentCalls(Table):
    """Calls of the API that are carried out once; `answer` is null while they are under way."""

    __tablename__ = "idempotent_calls"
    __table_args__ = (Index("ix_idempotent_calls_begun_at", "begun_at"),)

    id: Mapped[Digest] = mapped_column(primary_key=True)
    fingerprint: Mapped[Digest]
    # Sealed by what only the client knows.
    answer: Mapped[Digest | None]
    begun_at: Mapped[Created]
