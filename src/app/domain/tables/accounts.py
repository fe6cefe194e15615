"""The tables of people, their sign-ins, sessions and changes."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Digest, Key, Moment, Reference, Table, Words

E164 = r"phone ~ '^\+[1-9][0-9]{6,14}$'"
CANONICAL_EMAIL = "email = lower(email) AND length(email) <= 254 AND position('@' in email) > 1"

# Since 2026: counted since 1970 they would not fit in 2038.
SECOND = "extract(epoch FROM clock_timestamp() - '2026-01-01T00:00:00Z'::timestamptz)::integer"


class Users(Table):
    """One row a person: contacts are proved, in canonical form and nobody else's."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("phone", name="uq_users_phone"),
        UniqueConstraint("email", name="uq_users_email"),
        CheckConstraint(E164, name="phone_is_e164"),
        CheckConstraint(CANONICAL_EMAIL, name="email_is_canonical"),
        CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="has_contact"),
    )

    id: Mapped[Key]
    # Null once it was given up for a new account of whoever has the number now.
    phone: Mapped[Words | None]
    # Null once it was taken back, where the one from before is someone else's.
    email: Mapped[Words | None]
    # PHC string, which carries its own parameters; null for people who only use a provider.
    password_hash: Mapped[Words | None]
    password_changed_at: Mapped[Moment | None]
    # When a recovery set it, by way of the mailbox alone; null where it was chosen otherwise.
    password_reset_at: Mapped[Moment | None]
    # When mail last came back from the address, and how often for good, since it was proved.
    email_bounced_at: Mapped[Moment | None]
    email_bounces: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Grows when the devices that this person has signed in from are forgotten. It begins with the
    # second the account is made in, so that no device of an earlier owner of its number is known.
    device_epoch: Mapped[int] = mapped_column(Integer, server_default=text(SECOND))
    created_at: Mapped[Created]
    # To within a day: when a session was last opened or refreshed.
    last_used_at: Mapped[Created]
    # Since when the number alone does not open it, as it may be someone else's.
    phone_doubted_at: Mapped[Moment | None]
    # What its notices are written in: from a device of its owner. Null while none has told.
    language: Mapped[Words | None]
    zone: Mapped[Words | None]


class FormerPasswords(Table):
    """A password that was replaced: for some weeks it proves that someone had the account before a
    change of its number or address.
    """

    __tablename__ = "former_passwords"
    __table_args__ = (Index("ix_former_passwords_user_id", "user_id"),)

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    password_hash: Mapped[Words]
    set_at: Mapped[Moment]
    replaced_at: Mapped[Created]
    # A recovery had set it, by way of the mailbox alone.
    by_mail: Mapped[bool] = mapped_column(Boolean)


class Identities(Table):
    """An identity is (issuer, subject), never the e-mail it came with."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
        Index("ix_identities_user_id", "user_id"),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[Words]
    subject: Mapped[Words]
    created_at: Mapped[Created]


class FormerIdentities(Table):
    """An identity that was removed from an account while a change of its number or address could be
    undone: it proves that someone had the account before.
    """

    __tablename__ = "former_identities"
    __table_args__ = (Index("ix_former_identities_user_id", "user_id"),)

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[Words]
    subject: Mapped[Words]
    linked_at: Mapped[Moment]
    removed_at: Mapped[Created]


# The table of wrong passwords.


class PasswordBudgets(Table):
    """How often in a row a password was wrong: for an account, from a device that is known to it,
    from all of those together ('known'), from all strangers (''), and from those at one address of
    the net (such as 203.0.113.7/32, or 2001:db8:9::/48).

    `subject` is the keyed digest (`Subjects`) of the e-mail address, or of the number of an account
    without one, whether or not anybody has it: a lock must not tell. With the device 'new' it is
    that of a sign-up, recovery or account for which someone tries to set a password, and `wrong`
    says how often (`identity/passwords.py`).
    """

    __tablename__ = "password_budgets"

    subject: Mapped[Digest] = mapped_column(primary_key=True)
    device: Mapped[Words] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(Integer, server_default="0")
    last_wrong_at: Mapped[Created]
    # The first of those that `wrong` counts; where it is the share of an address, of no use.
    counted_since: Mapped[Created]


# The tables of sessions and of the keys that sign for them.


class Sessions(Table):
    """One row a signed-in device. `amr` says how the person proved who they are (RFC 8176)."""

    __tablename__ = "sessions"
    # Of all, since a deletion looks for them: the live ones alone would be a second index.
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # Of the newest refresh token, and of the newest token that was seen in use.
    generation: Mapped[int] = mapped_column(Integer, server_default="0")
    seen_generation: Mapped[int] = mapped_column(Integer, server_default="0")
    rotated_at: Mapped[Created]
    # Rotations are limited by the minute: when the one at hand began, and with which generation.
    counted_since: Mapped[Created]
    counted_from: Mapped[int] = mapped_column(Integer, server_default="0")
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # What opened it, which `amr` no longer tells after another proof. None: it is older than this.
    opened_amr: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    # The identity that opened it, whether or not that is still there; it ends when that is removed.
    identity_id: Mapped[Reference | None]
    # The last fresh proof; changes of the account ask for one of the last ten minutes.
    authenticated_at: Mapped[Created]
    # When it was confirmed without the phone, and not otherwise since: what it changes has to wait.
    without_phone_at: Mapped[Moment | None]
    device: Mapped[Words]
    network: Mapped[Words]
    created_at: Mapped[Created]
    last_used_at: Mapped[Created]
    idle_expires_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    revoked_reason: Mapped[Words | None]


class SigningKeys(Table):
    """Keys of access tokens. `sealed` is the private half under a key from `SECRET_KEY`."""

    __tablename__ = "signing_keys"

    id: Mapped[Words] = mapped_column(primary_key=True)
    sealed: Mapped[Digest]
    created_at: Mapped[Created]


# The tables of sign-ins at another provider: what they proved, and which are over.

WAITING = text("ended_at IS NULL AND user_id IS NULL")


class IdentityProofs(Table):
    """Who someone is elsewhere, proved in a sign-up that has no account yet."""

    __tablename__ = "identity_proofs"
    __table_args__ = (
        # One waits in a flow at most.
        Index("uq_identity_proofs_waiting", "flow_id", unique=True, postgresql_where=WAITING),
        Index("ix_identity_proofs_flow_id", "flow_id", "created_at"),
        Index("ix_identity_proofs_user_id", "user_id"),
        Index("ix_identity_proofs_subject", "subject", "issuer", postgresql_where=WAITING),
    )

    id: Mapped[Key]
    flow_id: Mapped[Digest]
    issuer: Mapped[Words]
    subject: Mapped[Words]
    # As the provider told it; not the account's until it is proved.
    email: Mapped[Words | None]
    email_verified: Mapped[bool]
    # When it last asked the person who they are (`auth_time`); null where it did not say.
    asked_at: Mapped[Moment | None]
    created_at: Mapped[Created]
    ended_at: Mapped[Moment | None]
    # Whose account it went into; then it proves nothing any more.
    user_id: Mapped[Reference | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


# The tables of contacts that were changed, that wait to be, and that are to be forgotten.


class ContactChanges(Table):
    """A number or address that took another's place, or was the first number of an account that had
    none. For a week it can be undone, once.
    """

    __tablename__ = "contact_changes"
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        Index("ix_contact_changes_user_id", "user_id", "changed_at"),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[Words]
    old_value: Mapped[Words | None]
    # Since when the old number was in doubt (`users.phone_doubted_at`), where it was.
    old_doubted_at: Mapped[Moment | None]
    new_value: Mapped[Words]
    changed_at: Mapped[Created]
    undone_at: Mapped[Moment | None]
    # From here on an undo waits for its proof, for a week at most.
    undo_begun_at: Mapped[Moment | None]


class DelayedChanges(Table):
    """A number or address that was proved by someone who confirmed without the phone. It takes the
    old one's place when it is due, unless it was stopped, and is removed by either.
    """

    __tablename__ = "delayed_changes"
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        UniqueConstraint("user_id", "kind", name="uq_delayed_changes_user_id"),
        Index("ix_delayed_changes_due_at", "due_at"),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[Words]
    value: Mapped[Words]
    network: Mapped[Words]
    asked_at: Mapped[Created]
    due_at: Mapped[Moment]


class ConfirmationRequests(Table):
    """Someone has lost the phone. From `due_at` on, and for a week, they confirm without it, once;
    that removes the request, as does whoever stops it.
    """

    __tablename__ = "confirmation_requests"
    __table_args__ = (UniqueConstraint("user_id", name="uq_confirmation_requests_user_id"),)

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    network: Mapped[Words]
    asked_at: Mapped[Created]
    due_at: Mapped[Moment]


class DeletedContacts(Table):
    """Numbers and addresses of deleted accounts, until no message is on its way to them."""

    __tablename__ = "deleted_contacts"

    contact: Mapped[Words] = mapped_column(primary_key=True)
    deleted_at: Mapped[Created]
