"""A message and its history in words, for operators: English, with times in UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.domain.support.messages import FoundMessage, Step

PURPOSES = {
    "signup": "sign-up or sign-in",
    "login": "sign-in after a long time",
    "recovery": "recovery",
    "confirm": "confirming who they are",
    "confirm-without-phone": "confirming without the phone",
    "change-phone": "a new phone number",
    "change-email": "a new e-mail address",
    "undo": "undoing a change",
}
CHANNELS = {"sms": "text", "email": "e-mail"}
CALL = "phone_call"  # the template; its channel is that of texts
REASONS = {
    "unusable": "it can't receive this",
    "landline": "it's a landline",
    "opted_out": "the person replied STOP",
    "unserved": "the place isn't served",
    "filtered": "the carrier or mail service blocked it",
    "misconfigured": "our account or settings are refused",
    "unreachable": "the phone can't be reached",
    "expired": "it was on its way for too long",
    "busy": "the line was busy",
    "blocked": "an operator keeps the number out",
    "no_answer": "nobody answered the call",
}
# After a try.
TRIED = {
    "sending": "not taken, given to the next sender",
    "queued": "not taken, to be tried again",
    "failed": "given up",
    "refused": "refused",
    "expired": "too old to be sent",
    "cancelled": "taken back by an operator",
}


def clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def purpose_in_words(purpose: str) -> str:
    return PURPOSES.get(purpose, purpose)


def headline(message: FoundMessage) -> str:
    """What it is and how it stands."""
    channel = "call" if message.template == CALL else CHANNELS.get(message.channel, message.channel)
    what = "a notice" if message.is_notice else f"a code for {purpose_in_words(message.purpose)}"
    state = "withheld by a limit" if message.is_withheld else message.state
    tries = f"{message.tries} {'try' if message.tries == 1 else 'tries'}"
    return f"{channel} with {what} ({message.template}): {state}, {tries}"


def list_history(message: FoundMessage) -> list[tuple[datetime, str]]:
    """Its steps in order."""
    return sorted(_all_steps(message), key=lambda step: step[0])


def _all_steps(message: FoundMessage) -> Iterator[tuple[datetime, str]]:
    yield message.created_at, "queued"
    if message.sent_at:
        known = f" as {message.provider_id}" if message.provider_id else ""
        yield message.sent_at, f"taken by {message.sender or 'the vendor'}{known}"
    for step in message.steps:
        yield step.at, _in_words(step)
    if message.proved_at:
        yield message.proved_at, "its code was entered right"


def _in_words(step: Step) -> str:
    what = f"receipt: {step.state}" if step.is_receipt else TRIED.get(step.state, step.state)
    why = (REASONS.get(step.reason, step.reason), step.sender, step.code, step.words)
    return ": ".join([what, *filter(None, [", ".join(filter(None, why))])])
