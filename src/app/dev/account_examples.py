"""Examples of the account: what it holds, its changes, and the proofs that they ask for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.controllers.account.activity import describe_entry
from app.dev.code_examples import Values, code_entry, code_states
from app.dev.flow_examples import (
    ADDRESS,
    LONG_ADDRESS,
    LONG_NUMBER,
    NUMBER,
    PROVIDER_DOWN,
    STALE,
    Example,
    address_states,
    now,
    number_entry,
    number_states,
    password_states,
    states,
)
from app.domain.account.activity import Activity, list_shown
from app.domain.account.confirmation import RecoveredPassword, WrongPassword
from app.domain.account.contacts import EmailTakenByOther, OwnPhone
from app.domain.account.personal_data import DeletionWaits
from app.domain.account.undo import WrongFormerPassword
from app.domain.account.undoable import UndoExpired
from app.domain.audit import AuditEvent
from app.domain.credentials.budget import PasswordLocked
from app.domain.federation.identities import LastWayIn
from app.domain.i18n import _
from app.domain.identity.users import Person
from app.domain.moments import day_there
from app.domain.verification.codes import EMAIL, PHONE

NOBODY = UUID(int=0)


def person(*, phone: str | None = "+61491570156", email: str | None = ADDRESS) -> Person:
    joined = now() - timedelta(days=90)
    return Person(NOBODY, phone, email, joined, False, None, 0, joined, has_identity=False)


def waiting(kind: str, value: str, hours: int) -> dict[str, Any]:
    """A change that waits for its day, or is due where `hours` is negative."""
    due = now() + timedelta(hours=hours)
    ends = due + timedelta(hours=24)
    found = {"id": NOBODY, "kind": kind, "value": value, "due_at": due, "ends_at": ends}
    return found | {"is_due": hours < 0}


def account(plan: Values, standings: dict[str, Values]) -> Iterator[Example]:
    """`plan` is one that was chosen, `standings` how one may stand."""
    pending = [{"kind": "phone", "value": LONG_NUMBER}, {"kind": "email", "value": LONG_ADDRESS}]
    delayed = [waiting("email", LONG_ADDRESS, 20), waiting("confirmation", "", 3)]
    empty = {"identities": None, "plan": None, "sessions_count": 1}
    yield from states(
        "account/account.html",
        {
            "person": person(),
            "password_changed": day_there(now() - timedelta(days=90)),
            "identities": 1,
            "sessions_count": 3,
            **plan,
            "picked": None,
            "changes": [],
            "delayed": [],
            "signed_in_as": ADDRESS,
        },
        empty={**empty, "person": person(email=None), "password_changed": None},
        without_number={"person": person(phone=None, email=LONG_ADDRESS), "identities": 0},
        large_numbers={"identities": 1_000, "sessions_count": 12_345},
        changes_wait={"changes": pending, "delayed": delayed},
        mail_came_back={"person": replace(person(email=LONG_ADDRESS), email_bounced_at=now())},
        plan_picked={"plan": None, "picked": plan["plan"]},
        **standings,
    )
    yield from _waiting_changes(pending)
    yield from _devices_and_identities()


def _waiting_changes(pending: list[dict[str, str]]) -> Iterator[Example]:
    for change in pending:
        yield Example("account/_pending.html", change["kind"], {"change": change})
    for kind in ("phone", "email"):
        change = waiting(kind, LONG_NUMBER if kind == "phone" else LONG_ADDRESS, 20)
        yield Example("account/_delayed.html", kind, {"change": change})
    asked = waiting("confirmation", "", 3)
    due: Values = {"change": waiting("confirmation", "", -3)}
    yield from states("account/_confirmation_request.html", {"change": asked}, due=due)
    yield from states("account/_foot.html", {}, at_home={"at_home": True})


def _devices_and_identities() -> Iterator[Example]:
    here = _session(is_here=True, current=True, device="Firefox on Linux")
    away = _session(device="An unusually long name of a browser on Android", is_handheld=True)
    yield from states(
        "account/sessions.html",
        {"sessions": [here, away]},
        alone={"sessions": [here]},
        many={"sessions": [here, *[away] * 30]},
        stale=STALE,
    )
    yield from _activity()
    linked = {
        "identities": [{"id": NOBODY, "linked": day_there(now() - timedelta(days=90))}],
        "waiting": None,
    }
    way = {"auth0_ready": True, "auth0_down": False, "auth0_logout": "", "has_address": True}
    yield from states(
        "account/identities.html",
        linked | way,
        empty={"identities": []},
        one_waits={"waiting": LONG_ADDRESS},
        last_way_in={"refusal": LastWayIn()},
        shared_computer={"auth0_logout": "https://id.example.org/v2/logout"},
        provider_down=PROVIDER_DOWN,
    )


def _session(**differing: Any) -> dict[str, Any]:
    seen = {"id": NOBODY, "last_used_at": now() - timedelta(days=40), "network": "203.0.113.x"}
    return seen | {"current": False, "is_handheld": False, "is_here": False} | differing


def _activity() -> Iterator[Example]:
    """Each event that a person is shown, in each of its wordings."""
    page = {"newest": "", "older": "/account/activity?before=1"}
    label, here = _("single sign-on"), "203.0.113.0/24"
    entries = [describe_entry(entry, here, label) for entry in _shown_events()]
    yield from states(
        "account/activity.html",
        {"entries": entries[-20:], **page},
        all={"entries": entries, "older": ""},
        last={"entries": entries[20:23], "newest": "/account/activity", "older": ""},
        empty={"entries": [], "older": ""},
    )


def _shown_events() -> Iterator[Activity]:
    device = "An unusually long name of a browser on Android"
    networks = ("203.0.113.0/24", "2001:db8:1234::/48")
    for number, (event, sentence) in enumerate(list_shown()):
        at, is_opened = now() - timedelta(hours=7 * number), event is AuditEvent.SESSION_OPENED
        network = "" if event.startswith(("person:", "audit:")) else networks[number % 2]
        yield Activity(at, event, sentence, network, device * is_opened, is_opened)


def changes() -> Iterator[Example]:
    """Of the number, the address and the password; undoing one; the end of the account."""
    number = number_entry() | {"current": NUMBER, "waiting_for": None, "texts_down": False}
    yield from states(
        "account/phone.html",
        number,
        **number_states(
            first={"current": ""},
            own={"typed": NUMBER, "refusal": OwnPhone()},
            waits={"waiting_for": LONG_NUMBER},
        ),
    )
    address = {"typed": "", "suggestion": None, "current": ADDRESS, "waiting_for": None}
    taken = {"typed": ADDRESS, "refusal": EmailTakenByOther()}
    yield from states(
        "account/email.html",
        address | {"mail_down": False},
        **address_states(first={"current": None}, taken=taken, waits={"waiting_for": LONG_ADDRESS}),
    )
    for kind, channel, to in (("phone", PHONE, LONG_NUMBER), ("email", EMAIL, LONG_ADDRESS)):
        entry = code_entry(channel, f"/account/{kind}-code", to)
        yield from states(f"account/{kind}_code.html", entry, **code_states(channel))
    yield from _password_and_deletion()
    for kind, old in (("phone", "156"), ("email", LONG_ADDRESS), ("phone", "")):
        yield from _undoing(kind, old)


def _password_and_deletion() -> Iterator[Example]:
    chosen = {"username": ADDRESS, "min_length": 8, "has_password": True, "has_address": True}
    first: Values = {"has_password": False, "has_address": False, "username": NUMBER}
    yield from states("account/password.html", chosen, **password_states(first=first))
    waits = DeletionWaits("email", now(), now() + timedelta(days=7), begun=False)
    kinds = {"takes_password": True, "takes_code": True, "asks_for_phone": False}
    yield from states(
        "account/deletion.html",
        {"username": ADDRESS, "waits": None, "fresh": False, **kinds},
        fresh={"fresh": True},
        waits={"waits": waits},
        by_phone_only={"takes_password": False, "asks_for_phone": True},
        wrong={"refusal": WrongPassword()},
    )


def _undoing(kind: str, old: str) -> Iterator[Example]:
    """`old` is "" where a contact was added."""
    ask = {"state": "ask", "kind": kind, "old": old, "token": "example", "just_now": False}
    ask |= {"taken": False, "is_back": False, "stays": False, "has_address": True}
    name = f"{kind} {'' if old else 'added '}"
    yield Example("account/undo.html", f"{name}asked", ask)
    yield Example("account/undo.html", f"{name}taken", ask | {"taken": True})
    yield Example("account/undo.html", f"{name}stays", ask | {"taken": True, "stays": True})
    yield Example("account/undo.html", f"{name}is back", ask | {"is_back": True})
    done = ask | {"state": "done", "just_now": True}
    yield Example("account/undo.html", f"{name}done", done)
    yield Example("account/undo.html", f"{name}done before", ask | {"state": "done"})
    without = done | {"has_address": False}
    yield Example("account/undo.html", f"{name}done without address", without)
    over = ask | {"state": "over", "refusal": UndoExpired()}
    yield Example("account/undo.html", f"{name}over", over)


def confirmations() -> Iterator[Example]:
    """Fresh proofs: with the phone, later, without it, and of who undoes a change."""
    by_text = code_entry(PHONE, "/account/confirm", "156") | {"by_mail": False}
    by_mail = code_entry(EMAIL, "/account/confirm", LONG_ADDRESS) | {"by_mail": True}
    by_password: Values = {"opened": "phone", "kinds": ("password", "email", "provider")}
    mailed: Values = {**by_password, **by_mail, "by_code": True}
    coded = {f"code_{state}": {**mailed, **given} for state, given in code_states(EMAIL).items()}
    yield from states(
        "account/confirm.html",
        {
            **by_text,
            "opened": "password",
            "kinds": ("phone", "provider"),
            "one_mailbox": False,
            "takes_code": True,
            "username": ADDRESS,
            "auth0_down": False,
            "by_code": False,
        },
        by_password={**by_password, **by_mail},
        wrong={**by_password, **by_mail, "refusal": WrongPassword()},
        locked={**by_password, **by_mail, "refusal": PasswordLocked(600)},
        one_mailbox={"one_mailbox": True, "opened": "provider", "kinds": ("phone",)},
        lost_phone={"opened": "provider", "kinds": ("phone",)},
        provider_down=PROVIDER_DOWN,
        code_sent={"by_code": True},
        **coded,
    )
    later = now() + timedelta(days=5)
    yield from states(
        "account/confirm_later.html",
        {"more_from": later},
        refused={"refusal": RecoveredPassword(later, alone=True)},
    )
    yield from _without_phone()
    yield from _undo_confirmed()


def _without_phone() -> Iterator[Example]:
    asked, due = waiting("confirmation", "", 3), waiting("confirmation", "", -3)
    entry = code_entry(EMAIL, "/account/confirm/without-phone", ADDRESS)
    yield from states(
        "account/confirm_without_phone.html",
        {**entry, "for_contact": False, "requested": None, "email": ADDRESS, "by_code": False},
        for_a_contact={"for_contact": True},
        waits={"requested": asked},
        due={"requested": due},
        wrong={"refusal": WrongPassword()},
        code_sent={"by_code": True, "email": LONG_ADDRESS},
        code_expired={"by_code": True, "ended": "expired"},
    )


def _undo_confirmed() -> Iterator[Example]:
    here = "/account/undo/example/confirm"
    proofs = {"by_password": True, "by_provider": True, "provider_url": "/auth0/start?for=undo"}
    ended: Values = {"by_code": True, "ended": "locked", "attempts_left": 0}
    nothing = {"by_password": False, "by_provider": False, "phone_end": ""}
    yield from states(
        "account/undo_confirm.html",
        {
            **code_entry(PHONE, here, "156"),
            **proofs,
            "kind": "phone",
            "phone_end": "156",
            "auth0_down": False,
            "by_code": False,
        },
        address={"kind": "email", "by_provider": False},
        wrong={"refusal": WrongFormerPassword()},
        code_sent={"by_code": True},
        code_locked=ended,
        provider_down=PROVIDER_DOWN,
        nothing_to_ask_for=nothing,
    )
