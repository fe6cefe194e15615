"""The table of wrong passwords."""

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Digest, Table, Words


class PasswordBudgets(Table):
    """How often in a row a password was wrong, for an address and a device that is known to it.

    `subject` is the digest of the address, whether or not anybody has it: a lock must not tell.
    """

    __tablename__ = "password_budgets"

    subject: Mapped[Digest] = mapped_column(primary_key=True)
    device: Mapped[Words] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(Integer, server_default="0")
    last_wrong_at: Mapped[Created]
