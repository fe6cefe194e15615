"""The likely cause of a code that did not help, and what to do next, in a sentence each."""

from dataclasses import dataclass
from datetime import timedelta

from app.domain.support.contact import ContactReport, RefusedSend
from app.domain.support.messages import FoundMessage

WAITS_LONG = timedelta(seconds=60)  # in the queue
NO_RECEIPT = timedelta(minutes=2)  # since a vendor took it
# What is refused so soon after a message was sent says no more than that one.
SOON_AFTER = timedelta(minutes=10)

OTHER_WAYS = "Meanwhile the person can sign in by another way they have set up."


@dataclass(frozen=True, slots=True)
class Cause:
    likely: str
    next: str


# By the reason a vendor or network gave.
REASONS = {
    "unusable": Cause(
        "The number or address doesn't exist, or can't receive this kind of message.",
        "Check it with the person, sign by sign. They may have another one.",
    ),
    "landline": Cause(
        "The number is a landline, or of a carrier that takes no texts.",
        "Ask for a mobile number.",
    ),
    "opted_out": Cause(
        "The person has replied STOP to one of our texts, so the vendor sends them none.",
        "Ask them to text START to our number from this phone, then to ask for a new code.",
    ),
    "unserved": Cause(
        "The vendor doesn't send to this country or network with our account.",
        "Switch the country on in the vendor's console, or offer another way in.",
    ),
    "filtered": Cause(
        "The carrier or the mail service has blocked it.",
        "Give the vendor's id to its support. Meanwhile offer another number or another way in.",
    ),
    "misconfigured": Cause(
        "The vendor refuses our own account, sender or settings; others aren't reached either.",
        "Mend what the vendor's words say, and look at /health. Then ask the person to try again.",
    ),
    "unreachable": Cause(
        "The phone was off or without signal, or the carrier gave no reason.",
        "Ask the person to switch the phone off and on where there's signal, then to send again.",
    ),
    "expired": Cause(
        "It was on its way for longer than its code lives, and was dropped.",
        "Ask the person to send a new code. If others wait as long, ask the vendor.",
    ),
    "blocked": Cause(
        "An operator keeps this number out.",
        "See `latchkey block list` for the reason; `latchkey block remove` ends it.",
    ),
    "busy": Cause(
        "The person's line was busy when we called.",
        "Ask them to end their other call, then to ask for the code again.",
    ),
    "no_answer": Cause(
        "Nobody answered our call.",
        "Ask the person to keep the phone at hand, then to ask for the code again.",
    ),
}
# By the code of a refusal.
REFUSALS = {
    "too_soon": Cause(
        "They asked again before the wait was over, so nothing more was sent.",
        "Ask them to wait until the page lets them send again, and to use the newest code.",
    ),
    "too_many_sends": Cause(
        "This contact, or where it was asked from, has had as many codes as it may for now.",
        f"It's free again within the hour or day. {OTHER_WAYS}",
    ),
    "texts_stopped": Cause(
        "The texts that may go to that country, or to all, are used up for now.",
        f"Look at who used them up before you raise a limit. {OTHER_WAYS}",
    ),
    "withheld": Cause(
        "No account has this number, and the texts that strangers there may get were used up. The"
        " page doesn't say so, or it would tell who has an account.",
        "Ask the person to sign up, with their e-mail address first, or by another way.",
    ),
    "mails_stopped": Cause(
        "The mails of the day are used up.",
        f"Look at who used them up before you raise a limit. {OTHER_WAYS}",
    ),
}

NOTHING = Cause(
    "Nothing was sent there and nothing refused in the last 30 days: nobody has asked for a code"
    " with it, or it was typed in another way.",
    "Ask how it was typed, with its country, and what the page said.",
)


def find_cause(report: ContactReport) -> Cause:
    """By the newest code, or the limit that kept it from being sent."""
    newest = report.codes[-1] if report.codes else None
    refused = next((each for each in reversed(report.refused) if each.is_unsent), None)
    if refused and (newest is None or _says_more(refused, newest)):
        default = Cause(f"A limit refused it: {refused.limit}.", OTHER_WAYS)
        return REFUSALS.get(refused.refusal, default)
    if newest is None:
        return NOTHING
    return _of_message(newest, report)


def _says_more(refused: RefusedSend, newest: FoundMessage) -> bool:
    wait = SOON_AFTER if refused.refusal == "too_soon" else timedelta()
    return refused.at > newest.created_at + wait


def _of_message(message: FoundMessage, report: ContactReport) -> Cause:
    if message.proved_at:
        return Cause(
            "It arrived, and its code was entered right.",
            "Ask where the person is now: this step is done. A later one may be what fails.",
        )
    if message.guesses and message.state in ("sent", "delivered"):
        return _of_guesses(message, report)
    match message.state:
        case "queued" | "sending":
            return _of_waiting(message, report)
        case "sent" | "delivered":
            return _of_sent(message, report)
        case "cancelled":
            return Cause("An operator took it back.", "Ask the person to send a new code.")
    if message.is_withheld:
        return REFUSALS["withheld"]
    if message.reason in REASONS:
        return REASONS[message.reason]
    if message.state == "expired":
        return Cause(
            "It waited for longer than its code lives, so it wasn't sent.",
            "Look at /health: nothing is sent, or the vendor doesn't answer.",
        )
    return Cause(
        f"No vendor took it in time: {_said(message)}.",
        "Look at /health. When the vendor answers again, ask the person to send a new code.",
    )


def _of_guesses(message: FoundMessage, report: ContactReport) -> Cause:
    if report.locks.code_wait:
        return Cause(
            "It arrived, but too many wrong codes were entered for this contact, so it's locked.",
            "If the person is who they say, run latchkey person unlock with this contact.",
        )
    return Cause(
        f"It arrived, and {message.wrong_guesses} wrong codes were entered.",
        "Ask the person to send a new code and to use the newest message alone.",
    )


def _of_waiting(message: FoundMessage, report: ContactReport) -> Cause:
    if message.tries > 1 or (message.tries and message.state == "queued"):
        return Cause(
            f"The vendor hasn't taken it yet: {_said(message)}. It's tried again by itself.",
            "Look at /health. If it goes on, offer another way in.",
        )
    if report.now - message.created_at > WAITS_LONG:
        return Cause(
            "It waits to be sent, and nothing sends it.",
            "Look at /health: is latchkey serve running, and does the vendor answer?",
        )
    return Cause("It's on its way.", "Wait for a minute and look again.")


def _of_sent(message: FoundMessage, report: ContactReport) -> Cause:
    is_mail = message.channel == "email"
    where = "the folder for spam" if is_mail else "blocked and filtered messages"
    if message.state == "delivered":
        return Cause(
            "The network says that it was delivered; no code was entered.",
            f"Check the contact with the person, and have them look into {where}.",
        )
    if report.now - (message.sent_at or message.updated_at) < NO_RECEIPT:
        return Cause("The vendor has just taken it.", "Wait for a minute and look again.")
    return Cause(
        "The vendor took it, and hasn't said since that it arrived.",
        f"Have the person look into {where}. Look up the vendor's id in its console: the carrier"
        " is slow, or its receipts don't reach us.",
    )


def _said(message: FoundMessage) -> str:
    """The last that a vendor said."""
    words = next((step.words for step in reversed(message.steps) if step.words), "")
    return ", ".join(filter(None, (message.provider_code, words))) or "it gave no reason"
