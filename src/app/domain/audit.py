"""Audit events: past facts, named `subject:action`, and what was refused, as limits read it."""

import json
from contextvars import ContextVar
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Database, Tally, Window
from app.domain.sql import load_queries

sql = load_queries(__file__, "audit.sql")


class AuditEvent(StrEnum):
    """What the trail can say; docs/audit.md says what each means. Past facts, `subject:action`."""

    ACCOUNT_CHANGE_UNDONE = "account:change_undone"
    ACCOUNT_CONFIRMATION_REQUESTED = "account:confirmation_requested"
    ACCOUNT_CONFIRMATION_STOPPED = "account:confirmation_stopped"
    ACCOUNT_DELETED = "account:deleted"
    ACCOUNT_EMAIL_CHANGE_CANCELLED = "account:email_change_cancelled"
    ACCOUNT_EMAIL_CHANGE_DELAYED = "account:email_change_delayed"
    ACCOUNT_EMAIL_CHANGE_REFUSED = "account:email_change_refused"
    ACCOUNT_EMAIL_CHANGE_STOPPED = "account:email_change_stopped"
    ACCOUNT_EMAIL_CHANGED = "account:email_changed"
    ACCOUNT_EXPORTED = "account:exported"
    ACCOUNT_PASSWORD_CHANGED = "account:password_changed"  # noqa: S105 - a name
    ACCOUNT_PHONE_CHANGE_CANCELLED = "account:phone_change_cancelled"
    ACCOUNT_PHONE_CHANGE_DELAYED = "account:phone_change_delayed"
    ACCOUNT_PHONE_CHANGE_REFUSED = "account:phone_change_refused"
    ACCOUNT_PHONE_CHANGE_STOPPED = "account:phone_change_stopped"
    ACCOUNT_PHONE_CHANGED = "account:phone_changed"
    ACCOUNT_PHONE_RELEASED = "account:phone_released"
    ACCOUNT_ROLLED_BACK = "account:rolled_back"
    ACCOUNT_UNDO_BEGUN = "account:undo_begun"
    AUDIT_READ = "audit:read"
    AUTH0_GRANT_REFUSED = "auth0:grant_refused"
    AUTH0_REFUSED = "auth0:refused"
    BACKUP_RESTORED = "backup:restored"
    BLOCK_ADDED = "block:added"
    BLOCK_REMOVED = "block:removed"
    BLOCKS_LISTED = "blocks:listed"
    EMAIL_GUESSES_HELD = "email:guesses_held"
    EVENTS_LISTED = "events:listed"
    EVENTS_REPLAYED = "events:replayed"
    IDENTITY_LINKED = "identity:linked"
    IDENTITY_REMOVED = "identity:removed"
    IDENTITY_USED = "identity:used"
    KEYS_REVOKED = "keys:revoked"
    KEYS_ROTATED = "keys:rotated"
    LOGIN_OWNER_PROVED = "login:owner_proved"
    MESSAGE_CANCELLED = "message:cancelled"
    MESSAGE_SHOWN = "message:shown"
    MESSAGES_FOUND = "messages:found"
    MESSAGES_LISTED = "messages:listed"
    NOTICE_MERGED = "notice:merged"
    NOTICE_NOT_SENT = "notice:not_sent"
    OPERATOR_REFUSED = "operator:refused"
    OPERATOR_SIGNED_IN = "operator:signed_in"
    PASSWORD_REFUSED = "password:refused"  # noqa: S105 - a name
    PERSON_EXPORTED = "person:exported"
    PERSON_FOUND = "person:found"
    PERSON_SHOWN = "person:shown"
    PERSON_SIGNED_OUT = "person:signed_out"
    PERSON_UNLOCKED = "person:unlocked"
    PHONE_GUESSES_HELD = "phone:guesses_held"
    PLAN_CHOSEN = "plan:chosen"
    PLAN_GIVEN_UP = "plan:given_up"
    PRICING_PUBLISHED = "pricing:published"
    RECOVERY_COMPLETED = "recovery:completed"
    RECOVERY_EMAIL_PROVED = "recovery:email_proved"
    SESSION_ALL_ENDED = "session:all_ended"
    SESSION_CONFIRMED = "session:confirmed"
    SESSION_CONFIRMED_WITHOUT_PHONE = "session:confirmed_without_phone"
    SESSION_ENDED = "session:ended"
    SESSION_OPENED = "session:opened"
    SESSION_REPLAYED = "session:replayed"
    SESSIONS_ENDED = "sessions:ended"
    SESSIONS_KEPT = "sessions:kept"
    SIGNUP_COMPLETED = "signup:completed"
    SIGNUP_EMAIL_PROVED = "signup:email_proved"
    SIGNUP_IDENTITY_PROVED = "signup:identity_proved"
    SIGNUP_NUMBER_KEPT = "signup:number_kept"
    SIGNUP_PHONE_PROVED = "signup:phone_proved"
    SIGNUP_PROOF_REFUSED = "signup:proof_refused"
    SIGNUP_RESTARTED = "signup:restarted"
    STATS_READ = "stats:read"
    TEXTS_ALLOWED = "texts:allowed"
    TEXTS_BUDGET_REACHED = "texts:budget_reached"
    TEXTS_RESUMED = "texts:resumed"
    TEXTS_STOPPED = "texts:stopped"
    # Of codes, by what each is for.
    SIGNUP_CODE_SENT = "signup:code_sent"
    LOGIN_CODE_SENT = "login:code_sent"
    RECOVERY_CODE_SENT = "recovery:code_sent"
    CONFIRM_CODE_SENT = "confirm:code_sent"
    CONFIRM_WITHOUT_PHONE_CODE_SENT = "confirm-without-phone:code_sent"
    CHANGE_PHONE_CODE_SENT = "change-phone:code_sent"
    CHANGE_EMAIL_CODE_SENT = "change-email:code_sent"
    UNDO_CODE_SENT = "undo:code_sent"
    SIGNUP_CODE_SENT_AGAIN = "signup:code_sent_again"
    LOGIN_CODE_SENT_AGAIN = "login:code_sent_again"
    RECOVERY_CODE_SENT_AGAIN = "recovery:code_sent_again"
    CONFIRM_CODE_SENT_AGAIN = "confirm:code_sent_again"
    CONFIRM_WITHOUT_PHONE_CODE_SENT_AGAIN = "confirm-without-phone:code_sent_again"
    CHANGE_PHONE_CODE_SENT_AGAIN = "change-phone:code_sent_again"
    CHANGE_EMAIL_CODE_SENT_AGAIN = "change-email:code_sent_again"
    UNDO_CODE_SENT_AGAIN = "undo:code_sent_again"
    SIGNUP_CODE_CALLED = "signup:code_called"
    CONFIRM_CODE_CALLED = "confirm:code_called"
    CHANGE_PHONE_CODE_CALLED = "change-phone:code_called"
    UNDO_CODE_CALLED = "undo:code_called"
    SIGNUP_CODE_REFUSED = "signup:code_refused"
    LOGIN_CODE_REFUSED = "login:code_refused"
    RECOVERY_CODE_REFUSED = "recovery:code_refused"
    CONFIRM_CODE_REFUSED = "confirm:code_refused"
    CONFIRM_WITHOUT_PHONE_CODE_REFUSED = "confirm-without-phone:code_refused"
    CHANGE_PHONE_CODE_REFUSED = "change-phone:code_refused"
    CHANGE_EMAIL_CODE_REFUSED = "change-email:code_refused"
    UNDO_CODE_REFUSED = "undo:code_refused"
    SIGNUP_GUESS_STOPPED = "signup:guess_stopped"
    LOGIN_GUESS_STOPPED = "login:guess_stopped"
    RECOVERY_GUESS_STOPPED = "recovery:guess_stopped"
    CONFIRM_GUESS_STOPPED = "confirm:guess_stopped"
    CONFIRM_WITHOUT_PHONE_GUESS_STOPPED = "confirm-without-phone:guess_stopped"
    CHANGE_PHONE_GUESS_STOPPED = "change-phone:guess_stopped"
    CHANGE_EMAIL_GUESS_STOPPED = "change-email:guess_stopped"
    UNDO_GUESS_STOPPED = "undo:guess_stopped"
    SIGNUP_SEND_REFUSED = "signup:send_refused"
    LOGIN_SEND_REFUSED = "login:send_refused"
    RECOVERY_SEND_REFUSED = "recovery:send_refused"
    CONFIRM_SEND_REFUSED = "confirm:send_refused"
    CONFIRM_WITHOUT_PHONE_SEND_REFUSED = "confirm-without-phone:send_refused"
    CHANGE_PHONE_SEND_REFUSED = "change-phone:send_refused"
    CHANGE_EMAIL_SEND_REFUSED = "change-email:send_refused"
    UNDO_SEND_REFUSED = "undo:send_refused"


# Set by the web for the request at hand; empty in a command or the dispatcher.
current_request: ContextVar[str] = ContextVar("current_request", default="")
# Who works for others at the moment: set by commands and the console.
current_operator: ContextVar[str] = ContextVar("current_operator", default="operator")
NAME_LENGTH = 64  # characters of an operator's name; more is none


def read_operator(given: str) -> str | None:
    """A name as the trail has it, however many spaces it was typed with; None for what is none."""
    name = " ".join(given.split())
    return name if name.isprintable() and 0 < len(name) <= NAME_LENGTH else None


async def record(
    connection: Connection,
    event: AuditEvent,
    *,
    user_id: UUID | None = None,
    flow_id: bytes | None = None,
    network: str | None = None,
    **details: str | int,
) -> None:
    """Adds one row. `details` never hold a code, a password, a number or an address."""
    await connection.execute(
        *sql.record_event(
            event=event,
            user_id=user_id,
            flow_id=flow_id,
            network=network,
            request_id=current_request.get() or None,
            details=json.dumps(details),
        )
    )
    EVENTS.add(event)


async def record_operator(
    connection: Connection, event: AuditEvent, user_id: UUID | None = None, **details: str | int
) -> None:
    """What an operator does or looks at, under their name."""
    details_and_name: dict[str, Any] = {"by": current_operator.get(), **details}
    await record(connection, event, user_id=user_id, **details_and_name)


async def record_hourly(
    database: Database, event: AuditEvent, network: str, **details: str
) -> None:
    """Adds one row an hour for what anybody can cause as often as they like, such as a limit that
    is reached: with the network of the first one.
    """
    is_recorded = sql.is_recorded_this_hour(event=event, details=json.dumps(details))
    async with database.connection() as connection:
        if await connection.fetchval(*is_recorded):
            return
    async with database.transaction() as connection:
        await connection.execute(*sql.lock_event(event=f"{event} {json.dumps(details)}"))
        if not await connection.fetchval(*is_recorded):
            await record(connection, event, user_id=None, flow_id=None, network=network, **details)


async def forget_places(connection: Connection, user_id: UUID) -> None:
    """Where a person was, as what they did and the sign-up that made their account has it. To be
    called while the account is there.
    """
    await connection.execute(*sql.forget_places(user_id=user_id))


# What was refused, as the audit trail has it: for limits whose short memory is silent or young.
#
# It holds networks and nothing finer, so only what a network may do is compared with it: no address
# answers for its neighbours.


async def is_recorded_limit_full(
    connection: Connection, tally: Tally, events: str, network: str
) -> Window | None:
    """The first window that is full of a `network`'s own tally. `events` is a pattern such as
    `%:code_refused`.
    """
    for window in tally.windows:
        refused = await connection.fetchval(
            *sql.count_refusals(events=events, network=network, seconds=float(window.seconds))
        )
        if refused >= window.limit:
            return window
    return None


def outlasts(tally: Tally, memory_age: int) -> bool:
    """Whether it counts over more seconds than the memory has been counting."""
    return any(window.seconds > memory_age for window in tally.windows)
