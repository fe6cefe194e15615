"""The tables of codes, and of texts, mails and events on their way."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.domain.tables import Created, Digest, Key, Moment, Reference, Table, Words
from app.domain.tables.accounts import CANONICAL_EMAIL, E164

OWNED = text("user_id IS NOT NULL")
PROVED = text("purpose = 'signup' AND opened_by IS NOT NULL")
LIVE = text("consumed_at IS NULL AND ended_at IS NULL")


class Verification:
    """A code proves one (flow, destination, purpose). It is live until consumed or ended."""

    id: Mapped[Key]
    flow_id: Mapped[Digest]
    purpose: Mapped[Words]
    # With the secret key, purpose and destination this yields the code: see `codes.py`.
    nonce: Mapped[Digest]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Whose they are: see `count_guess` in `phone.sql`.
    guessed_by: Mapped[Words] = mapped_column(server_default="")
    # Where the last one came from: a pseudonym of the `Origin.share`, '' before the first guess.
    guessed_from: Mapped[Words] = mapped_column(server_default="")
    # The owner was here since: it counts for the address it came from alone.
    forgiven: Mapped[bool] = mapped_column(server_default="false")
    # What stands for each: with the secret key and the id, never alone, it tells the guess.
    tried: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    last_attempt_at: Mapped[Moment | None]
    created_at: Mapped[Created]
    expires_at: Mapped[Moment]
    consumed_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    # The flow it was proved in, which got another name by that: see `rotation.py`.
    moved_from: Mapped[Digest | None]

    @declared_attr
    def user_id(cls) -> Mapped[Reference | None]:  # noqa: N805 - how SQLAlchemy calls it
        """Whose account the proof went into; then it proves nothing any more."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class PhoneVerifications(Verification, Table):
    __tablename__ = "phone_verifications"
    __table_args__ = (
        CheckConstraint(E164, name="phone_is_e164"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
        # One live code a flow and purpose: two posts at once cannot start two.
        Index(
            "uq_phone_verifications_live", "flow_id", "purpose", unique=True, postgresql_where=LIVE
        ),
        Index("ix_phone_verifications_flow_id", "flow_id", "created_at"),
        Index("ix_phone_verifications_user_id", "user_id", postgresql_where=OWNED),
        # The failure budget belongs to the number and is summed over its rows.
        Index("ix_phone_verifications_phone", "phone", "created_at"),
        Index(
            "ix_phone_verifications_moved_from",
            "moved_from",
            postgresql_where=text("moved_from IS NOT NULL"),
        ),
    )

    phone: Mapped[Words]
    # Nothing was texted: a sign-up proves its address before, and may have to wait until then.
    kept: Mapped[bool] = mapped_column(server_default="false")
    text_after: Mapped[Moment | None]
    # What was chosen for the account to come, from its proof on (`pricing/choices.py`).
    plan: Mapped[Words | None]


class EmailVerifications(Verification, Table):
    __tablename__ = "email_verifications"
    __table_args__ = (
        CheckConstraint(CANONICAL_EMAIL, name="email_is_canonical"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
        Index(
            "uq_email_verifications_live", "flow_id", "purpose", unique=True, postgresql_where=LIVE
        ),
        Index("ix_email_verifications_flow_id", "flow_id", "created_at"),
        Index("ix_email_verifications_user_id", "user_id", postgresql_where=OWNED),
        Index("ix_email_verifications_email", "email", "created_at"),
        Index(
            "ix_email_verifications_moved_from",
            "moved_from",
            postgresql_where=text("moved_from IS NOT NULL"),
        ),
    )

    email: Mapped[Words]


class ContactFailures(Table):
    """How many wrong codes were entered in a row for a contact, whether or not anybody has it. Gone
    once it is proved or unlocked; but a hundred and more are only `forgiven` by a proof, and by any
    other sign-in of its owner. Those hold strangers together no more, and each address to its
    share, until there was no wrong one for 30 days. `subject` is that of the contact (`Subjects`).
    """

    __tablename__ = "contact_failures"

    subject: Mapped[Digest] = mapped_column(primary_key=True)
    in_a_row: Mapped[int] = mapped_column(Integer)
    forgiven: Mapped[int] = mapped_column(Integer, server_default="0")
    last_wrong_at: Mapped[Created]


# The table of texts and mails on their way, and of what became of them.

STATES = (
    "state IN ('queued', 'sending', 'sent', 'delivered', 'refused', 'failed', 'expired',"
    " 'cancelled')"
)

WAITING = text("state IN ('queued', 'sending')")
CODES = text("state IN ('queued', 'sending') AND address <> ''")
DEADLINE = ("channel", "expires_at", "next_try_at")
UNCOUNTED = text("NOT counted")


class Deliveries(Table):
    """The outbox: committed with the flow, claimed by a dispatcher, kept to count what was sent."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'email')", name="channel_is_known"),
        CheckConstraint(STATES, name="state_is_known"),
        # What the dispatcher looks through: only what still waits.
        Index("ix_deliveries_waiting", "next_try_at", postgresql_where=WAITING),
        # However many notices wait.
        Index("ix_deliveries_deadline", *DEADLINE, postgresql_where=CODES),
        Index("ix_deliveries_verification_id", "verification_id", "created_at"),
        Index("ix_deliveries_destination", "destination", "created_at"),
        Index("ix_deliveries_created_at", "created_at"),
        Index("ix_deliveries_provider_id", "provider_id"),
        # What the limits of a block, a mailbox and a network count.
        Index("ix_deliveries_block", "block", "created_at"),
        Index("ix_deliveries_network", "network", "created_at"),
        # And of the mailbox that a sign-up proved first.
        Index("ix_deliveries_proved_mailbox", "opened_by", "created_at", postgresql_where=PROVED),
        # What a silent short memory does not know of: as a rule, nothing.
        Index("ix_deliveries_uncounted", "channel", "created_at", postgresql_where=UNCOUNTED),
        # By month, see `cleanup.py`. Ids are unique within one: no index of all can be without
        # the time.
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: Mapped[Key]
    channel: Mapped[Words]
    template: Mapped[Words]
    # So many texts or mails it counts as.
    weight: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    destination: Mapped[Words]
    # What the limits count by: of numbers a block and a region, of mail the `mailbox`. Null in
    # notices, but for the region of a text.
    block: Mapped[Words | None]
    region: Mapped[Words | None]
    address: Mapped[Words]
    network: Mapped[Words]
    # A text's, see `Room`; '' for mails, and for texts of the release before.
    room: Mapped[Words] = mapped_column(server_default="")
    # Nobody is told what became of it: a text of a sign-in while strangers are sent none, and one
    # that therefore was not sent (`Room.WITHHELD`).
    is_quiet: Mapped[bool] = mapped_column(Boolean, server_default="false")
    # Whether the code of a text was entered: then it takes no room any more.
    proved: Mapped[bool] = mapped_column(Boolean, server_default="false")
    # Whether the short memory counted it too; where not, only these rows know of it.
    counted: Mapped[bool] = mapped_column(Boolean, server_default="true")
    verification_id: Mapped[Reference | None]
    # With the secret key these yield the code when it is sent; see `verification/codes.py`.
    nonce: Mapped[Digest | None]
    purpose: Mapped[Words | None]
    # The kind of proof that opened the session which asked for a code to its own contact; or what
    # stands for the mailbox that a sign-up has proved before its number.
    opened_by: Mapped[Words | None]
    # Of whoever asked, or of the account that it tells of; '' for no known zone.
    language: Mapped[Words] = mapped_column(server_default="en")
    zone: Mapped[Words] = mapped_column(server_default="")
    # What the words of a notice need beside that: never a code.
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    state: Mapped[Words] = mapped_column(server_default="queued")
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # How often it may have gone out without an answer that said so; twice ends a code.
    uncertain: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Of a text or call, as a trigger charges it to the day's budget: see `tables/spending.py`.
    cost: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # Until then nobody else may claim it: the lease of a dispatcher, or the wait before a retry.
    next_try_at: Mapped[Created]
    expires_at: Mapped[Moment]
    # Who has it, or may have it, by name; null until it is claimed. The provider's id is its own.
    sender: Mapped[Words | None]
    # Of whoever asked for it, or did what it tells of.
    request_id: Mapped[Words | None]
    provider_id: Mapped[Words | None]
    provider_code: Mapped[Words | None]
    reason: Mapped[Words | None]
    # When a provider first took it.
    sent_at: Mapped[Moment | None]
    # What became of each try and what receipts told, in order and at most 20: `at`, `state`, the
    # `sender` and its `code` and `words`, `reason`, and `receipt` where it is one.
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


# The tables of what services are told. A trigger of what changes people writes the events.

UNDELIVERED = text("state = 'waiting'")


class EventReceivers(Table):
    """The services that are told of anything, as the server that started last was set up: of what,
    and what else of a person they may know.
    """

    __tablename__ = "event_receivers"

    service: Mapped[Words] = mapped_column(primary_key=True)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))


class Events(Table):
    """One row for each service that is told. No contact is kept here: it is looked up when it is
    sent, as far as there is still a person.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name="state_is_known"),
        UniqueConstraint("id", "service", name="uq_events_id_service"),
        Index("ix_events_waiting", "service", "next_try_at", postgresql_where=UNDELIVERED),
        Index("ix_events_user_id", "user_id", "service", "position"),
        Index("ix_events_created_at", "created_at"),
    )

    # A person's events are sent in this order.
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # The same for all services, and for each try.
    id: Mapped[Reference]
    service: Mapped[Words]
    type: Mapped[Words]
    # None for what is about nobody.
    user_id: Mapped[Reference | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    state: Mapped[Words] = mapped_column(server_default="waiting")
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Of the last try, in words for operators.
    answer: Mapped[Words] = mapped_column(server_default="")
    # As of `Deliveries`.
    next_try_at: Mapped[Created]
    # A try that fails later than that is the last.
    expires_at: Mapped[Moment]
    created_at: Mapped[Created]
