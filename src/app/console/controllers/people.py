"""One person: found by number, address or id, with what happened to them and what can be done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, get, post
from litestar.exceptions import NotFoundException

from app.console.context import AnyRequest, Console, OperatorContext, Question, read_contact
from app.domain.audit import AuditEvent
from app.domain.errors import Rejected
from app.domain.operations.people import FoundPerson, PersonReport, find_person, show_person
from app.domain.operations.person_changes import sign_out_person, unlock
from app.domain.operations.trail import RecordedEvent
from app.domain.operations.words import describe_refused, describe_unlocked
from app.domain.support.cause import find_cause
from app.domain.support.contact import ContactReport, ContactReports, RefusedSend
from app.domain.support.messages import FoundMessage, clock, headline, list_history
from app.web.response import HttpResponse

# Whoever opens a person's page is on record as having been shown them; that is enough here.
SEEN = (AuditEvent.MESSAGES_FOUND,)


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is message, limit or audit; `href` leads to more."""

    at: datetime
    kind: str
    what: str
    details: tuple[str, ...] = ()
    href: str = ""


def build_timeline(
    messages: Sequence[FoundMessage],
    refused: Sequence[RefusedSend],
    events: Sequence[RecordedEvent],
) -> list[Entry]:
    """The newest first."""
    entries = [
        *map(_of_message, messages),
        *map(_of_refused, refused),
        *(_of_event(event) for event in events if event.event not in SEEN),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def describe_details(details: Mapping[str, Any]) -> str:
    """by Ada, codes 3. The digest of a contact says nothing to anybody."""
    known = {name: value for name, value in details.items() if value != "" and name != "contact"}
    return ", ".join(f"{name} {value}" for name, value in known.items())


def _of_message(message: FoundMessage) -> Entry:
    return Entry(
        message.created_at,
        "message",
        headline(message),
        (*_history(message),),
        f"/console/messages/{message.id}",
    )


def _history(message: FoundMessage) -> Iterator[str]:
    for at, what in list_history(message):
        yield f"{clock(at)} {what}"
    if message.wrong_guesses:
        yield f"Wrong codes entered: {message.wrong_guesses}"


def _of_refused(refused: RefusedSend) -> Entry:
    words = describe_refused(refused)
    return Entry(refused.at, "limit", f"{words[0].upper()}{words[1:]}")


def _of_event(event: RecordedEvent) -> Entry:
    facts = {"from": event.network, **event.details}
    words = describe_details(facts)
    return Entry(event.at, "audit", event.event, (words,) if words else ())


MOST = 100  # messages and events of a person
PEOPLE = "/console/people"


class PeopleController(Controller):
    path = "/people"

    @get()
    async def show_person(self, request: AnyRequest) -> HttpResponse:
        """The form alone while nobody was asked for."""
        context = OperatorContext.from_request(request)
        given = context.info.query_params.get("contact")
        if given is None:
            return context.render("people.html", given="", found=None)
        try:
            named = read_contact(given, context.console.settings.sms_regions)
        except Rejected as refusal:
            return context.render("people.html", given=given, found=None, refusal=refusal)
        found = await _find_all(context.console, named)
        return context.render("people.html", given=given, found=found)

    @get("/unlock")
    async def show_unlock(self, request: AnyRequest) -> HttpResponse:
        context, contact = _asked(request)
        return Question(
            f"Unlock {contact}?",
            (
                "The wrong codes and passwords for it, and for the account that has it, count no"
                " more. Whoever guessed can guess again.",
                "Do it only for somebody you know to be the owner.",
            ),
            action=f"{PEOPLE}/unlock",
            button="Unlock",
            back=_page_of(contact),
            fields={"contact": contact},
        ).render(context)

    @post("/unlock")
    async def submit_unlock(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        console, contact = context.console, await _posted(context)
        unlocked = await unlock(console.database, console.subjects, contact)
        return context.leave_for(_page_of(contact), describe_unlocked(unlocked))

    @get("/sign-out")
    async def show_sign_out(self, request: AnyRequest) -> HttpResponse:
        context, contact = _asked(request)
        found = await _find(context.console, contact, is_recorded=True)
        return Question(
            f"Sign {contact} out?",
            (
                f"All sessions of {' and '.join(found.contacts)} end within a second, on every"
                " device. They sign in again as always.",
            ),
            action=f"{PEOPLE}/sign-out",
            button="Sign out everywhere",
            back=_page_of(contact),
            fields={"contact": contact},
        ).render(context)

    @post("/sign-out")
    async def submit_sign_out(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        contact = await _posted(context)
        found = await _find(context.console, contact, is_recorded=False)
        count = await sign_out_person(context.console.database, found.id)
        return context.leave_for(_page_of(contact), f"Signed out. Sessions that ended: {count}.")


async def _find_all(console: Console, named: UUID | str) -> Mapping[str, Any] | None:
    """None where nobody has this id."""
    reports = ContactReports(console.database, console.subjects, console.pseudonyms, console.limits)
    person = await show_person(console.database, reports, named, MOST)
    contacts = [named] if isinstance(named, str) else []
    if person:
        contacts += [one for one in _contacts(person) if one not in contacts]
    if not contacts:
        return None
    found = [await reports.find(contact, MOST) for contact in contacts]
    return {"contact": contacts[0], "person": person, "cause": find_cause(found[0]),
            "reports": found, "timeline": _timeline(person, found)}  # fmt: skip


def _timeline(person: PersonReport | None, reports: list[ContactReport]) -> list[Any]:
    messages = {message.id: message for report in reports for message in report.messages}
    refused = [each for report in reports for each in report.refused]
    return build_timeline([*messages.values()], refused, person.events if person else ())


def _contacts(person: PersonReport) -> list[str]:
    return [one for one in (person.account.phone, person.account.email) if one]


def _page_of(contact: str) -> str:
    return f"{PEOPLE}?{urlencode({'contact': contact})}"


def _asked(request: AnyRequest) -> tuple[OperatorContext, str]:
    """Whom the page that asks is about: a contact as it stands in the tables."""
    context = OperatorContext.from_request(request)
    return context, _contact(context, context.info.query_params.get("contact", ""))


async def _posted(context: OperatorContext) -> str:
    form = await context.read_own_form("contact")
    return _contact(context, form["contact"])


def _contact(context: OperatorContext, given: str) -> str:
    """Raises `Rejected`."""
    named = read_contact(given, context.console.settings.sms_regions)
    if isinstance(named, UUID):
        raise NotFoundException
    return named


async def _find(console: Console, contact: str, *, is_recorded: bool) -> FoundPerson:
    found = await find_person(console.database, contact, is_recorded=is_recorded)
    if found is None:
        raise NotFoundException
    return found
