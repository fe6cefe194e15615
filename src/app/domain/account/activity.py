"""What happened to an account, for its owner to read: their part of the trail, in sentences."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.account.session_ends import CONFIRMED, OWN, SIGNED_OUT, UNCONFIRMED
from app.domain.audit import AuditEvent
from app.domain.i18n import N_
from app.domain.ports import Database, Record
from app.domain.sessions.factors import EMAIL_OTP, FEDERATED, OTP, PASSWORD
from app.domain.sql import load_queries

sql = load_queries(__file__, "activity.sql")

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Varying:
    """A sentence that depends on a detail of the event: by its value, or else `otherwise`."""

    detail: str
    sentences: Mapping[str, str]
    otherwise: str


LOOKED_AT = N_("Support looked at your account")
CONFIRMED_IT = N_("Confirmed it was you")
SESSION_OVER = N_("Session ended")
EVERYWHERE_ELSE = N_("Signed out everywhere else")
EMAIL_DROPPED = N_("Change of e-mail address stopped")
PHONE_DROPPED = N_("Change of phone number stopped")

# Each event of the trail: what its owner reads, or None for what is not for them. What a flow does
# before there is an account is nobody's; operators have theirs. Support has no names here.
SENTENCES: dict[AuditEvent, str | Varying | None] = {
    AuditEvent.ACCOUNT_CHANGE_UNDONE: Varying(
        "kind",
        {
            "phone": N_("Change of phone number undone"),
            "email": N_("Change of e-mail address undone"),
        },
        N_("Change undone"),
    ),
    AuditEvent.ACCOUNT_CONFIRMATION_REQUESTED: N_("Asked to confirm without the phone"),
    AuditEvent.ACCOUNT_CONFIRMATION_STOPPED: N_("Request to confirm without the phone stopped"),
    AuditEvent.ACCOUNT_DELETED: None,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_CANCELLED: EMAIL_DROPPED,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_DELAYED: N_("Change of e-mail address waits for 24 hours"),
    AuditEvent.ACCOUNT_EMAIL_CHANGE_REFUSED: N_("Change of e-mail address refused"),
    AuditEvent.ACCOUNT_EMAIL_CHANGE_STOPPED: EMAIL_DROPPED,
    AuditEvent.ACCOUNT_EMAIL_CHANGED: N_("E-mail address changed"),
    AuditEvent.ACCOUNT_EXPORTED: N_("Data downloaded"),
    AuditEvent.ACCOUNT_PASSWORD_CHANGED: N_("Password changed"),
    AuditEvent.ACCOUNT_PHONE_CHANGE_CANCELLED: PHONE_DROPPED,
    AuditEvent.ACCOUNT_PHONE_CHANGE_DELAYED: N_("Change of phone number waits for 24 hours"),
    AuditEvent.ACCOUNT_PHONE_CHANGE_REFUSED: N_("Change of phone number refused"),
    AuditEvent.ACCOUNT_PHONE_CHANGE_STOPPED: PHONE_DROPPED,
    AuditEvent.ACCOUNT_PHONE_CHANGED: N_("Phone number changed"),
    AuditEvent.ACCOUNT_PHONE_RELEASED: N_("Phone number given up for a new account"),
    AuditEvent.ACCOUNT_ROLLED_BACK: N_("Changes of the last 7 days taken back"),
    AuditEvent.ACCOUNT_UNDO_BEGUN: N_("Link to undo a change opened"),
    AuditEvent.AUDIT_READ: LOOKED_AT,
    AuditEvent.AUTH0_GRANT_REFUSED: None,
    AuditEvent.AUTH0_REFUSED: None,
    AuditEvent.BACKUP_RESTORED: None,
    AuditEvent.BLOCK_ADDED: None,
    AuditEvent.BLOCK_REMOVED: None,
    AuditEvent.BLOCKS_LISTED: None,
    AuditEvent.EMAIL_GUESSES_HELD: N_("Too many wrong codes for your e-mail address"),
    AuditEvent.EVENTS_LISTED: None,
    AuditEvent.EVENTS_REPLAYED: None,
    AuditEvent.IDENTITY_LINKED: N_("Login with %(auth0_label)s linked"),
    AuditEvent.IDENTITY_REMOVED: N_("Login with %(auth0_label)s removed"),
    AuditEvent.IDENTITY_USED: None,  # the session that it opened is shown
    AuditEvent.KEYS_REVOKED: None,
    AuditEvent.KEYS_ROTATED: None,
    AuditEvent.LOGIN_OWNER_PROVED: None,
    AuditEvent.MESSAGE_CANCELLED: None,
    AuditEvent.MESSAGE_SHOWN: None,
    AuditEvent.MESSAGES_FOUND: N_("Support looked at what we sent you"),
    AuditEvent.MESSAGES_LISTED: None,
    AuditEvent.NOTICE_MERGED: None,  # so is each session that it was about
    AuditEvent.NOTICE_NOT_SENT: N_("A message about your account couldn’t be delivered"),
    AuditEvent.OPERATOR_REFUSED: None,
    AuditEvent.OPERATOR_SIGNED_IN: None,
    AuditEvent.PASSWORD_REFUSED: None,  # the trail does not say whose
    AuditEvent.PERSON_EXPORTED: N_("Support downloaded your data"),
    AuditEvent.PERSON_FOUND: LOOKED_AT,
    AuditEvent.PERSON_SHOWN: LOOKED_AT,
    AuditEvent.PERSON_SIGNED_OUT: N_("Support signed you out everywhere"),
    AuditEvent.PERSON_UNLOCKED: N_("Support cleared wrong codes and passwords"),
    AuditEvent.PHONE_GUESSES_HELD: N_("Too many wrong codes for your phone number"),
    AuditEvent.PLAN_CHOSEN: N_("Plan chosen"),
    AuditEvent.PLAN_GIVEN_UP: N_("Plan removed"),
    AuditEvent.PRICING_PUBLISHED: None,
    AuditEvent.RECOVERY_COMPLETED: N_("New password set with a code by e-mail"),
    AuditEvent.RECOVERY_EMAIL_PROVED: None,
    AuditEvent.SESSION_ALL_ENDED: Varying(
        "reason",
        dict.fromkeys((CONFIRMED, UNCONFIRMED, "password changed"), EVERYWHERE_ELSE),
        N_("Signed out everywhere"),
    ),
    AuditEvent.SESSION_CONFIRMED: CONFIRMED_IT,
    AuditEvent.SESSION_CONFIRMED_WITHOUT_PHONE: N_("Confirmed it was you, without the phone"),
    AuditEvent.SESSION_ENDED: Varying(
        "reason", dict.fromkeys((OWN, SIGNED_OUT), N_("Signed out")), SESSION_OVER
    ),
    AuditEvent.SESSION_OPENED: Varying(
        "amr",
        {
            " ".join(OTP): N_("Signed in with a code by text"),
            " ".join(EMAIL_OTP): N_("Signed in with a code by e-mail"),
            " ".join(PASSWORD): N_("Signed in with your password"),
            " ".join(FEDERATED): N_("Signed in with %(auth0_label)s"),
        },
        N_("Signed in"),
    ),
    AuditEvent.SESSION_REPLAYED: N_("Session ended, as it was copied to another device"),
    AuditEvent.SESSIONS_ENDED: None,
    AuditEvent.SESSIONS_KEPT: None,
    AuditEvent.SIGNUP_COMPLETED: N_("Account created"),
    AuditEvent.SIGNUP_EMAIL_PROVED: None,
    AuditEvent.SIGNUP_IDENTITY_PROVED: None,
    AuditEvent.SIGNUP_NUMBER_KEPT: None,
    AuditEvent.SIGNUP_PHONE_PROVED: None,
    AuditEvent.SIGNUP_PROOF_REFUSED: None,
    AuditEvent.SIGNUP_RESTARTED: None,
    AuditEvent.STATS_READ: None,
    AuditEvent.TEXTS_ALLOWED: None,
    AuditEvent.TEXTS_BUDGET_REACHED: None,
    AuditEvent.TEXTS_RESUMED: None,
    AuditEvent.TEXTS_STOPPED: None,
}
# What is recorded of a code is recorded of its flow, and of nobody.
OF_CODES = tuple(
    event
    for event in AuditEvent
    if event.partition(":")[2].startswith(("code_", "guess_", "send_"))
)
SENTENCES |= dict.fromkeys(OF_CODES)
SHOWN = [event.value for event, shown in SENTENCES.items() if shown]


def list_shown() -> Iterator[tuple[AuditEvent, str]]:
    """Each event that is shown, with each of its sentences."""
    for event, shown in SENTENCES.items():
        if isinstance(shown, Varying):
            for each in (*dict.fromkeys(shown.sentences.values()), shown.otherwise):
                yield event, each
        elif shown:
            yield event, shown


@dataclass(frozen=True, slots=True)
class Activity:
    """`sentence` waits for its language, and for the name of the provider (auth0_label). `device`
    is as `Device.name` has it, '' where it is not shown; `network` '' for what support did.
    """

    at: datetime
    event: AuditEvent
    sentence: str
    network: str
    device: str
    is_new_device: bool


@dataclass(frozen=True, slots=True)
class Place:
    """An event's in the order of all: those of one transaction share the time, and differ in the
    id. Without an id it is the place before all of that time.
    """

    at: datetime
    id: int | None = None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """The newest first. `last`: there are more, before this place."""

    entries: tuple[Activity, ...]
    last: Place | None


class Activities:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(self, user_id: UUID, before: Place | None = None) -> ActivityPage:
        asked = sql.list_activity(
            user_id=user_id,
            before=before.at if before else None,
            before_id=before.id if before else None,
            events=SHOWN,
            most=PAGE_SIZE + 1,
        )
        async with self._database.connection() as connection:
            rows = await connection.fetch(*asked)
        shown = rows[:PAGE_SIZE]
        last = Place(shown[-1]["at"], shown[-1]["id"]) if len(rows) > PAGE_SIZE else None
        return ActivityPage(tuple(map(_entry, shown)), last)


def _entry(row: Record) -> Activity:
    details, event = json.loads(row["details"]), AuditEvent(row["event"])
    is_opened = event is AuditEvent.SESSION_OPENED
    return Activity(
        at=row["at"],
        event=event,
        sentence=choose_sentence(event, details),
        network=row["network"] or "",
        device=details.get("device", "") if is_opened else "",
        is_new_device=is_opened and details.get("known") == "no",
    )


def choose_sentence(event: AuditEvent, details: Mapping[str, Any]) -> str:
    """Raises `ValueError` for an event that is not shown."""
    shown = SENTENCES[event]
    if isinstance(shown, Varying):
        return shown.sentences.get(details.get(shown.detail, ""), shown.otherwise)
    if shown is None:
        raise ValueError(f"{event} is not shown")
    return shown
