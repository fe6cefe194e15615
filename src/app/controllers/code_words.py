"""What the pages of codes say: of a code by its channel, and of what became of its message."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from app.domain.delivery.outbox import Progress, State
from app.domain.i18n import Text, _
from app.domain.moments import Ago
from app.domain.ports import Reason
from app.domain.verification.codes import EMAIL, PHONE, Channel

POLLED = 120.0  # seconds; what has not been confirmed by then hardly ever is
FRESH = 60.0  # seconds for which it is told how long ago a message was delivered
SLOW = 10.0  # seconds in the outbox, from which the wait is told
ENDED = {"expired": _("That code has expired"), "locked": _("That code is locked")}


@dataclass(frozen=True, slots=True)
class CodeWords:
    """What pages say of a code that travels by text or by mail, and of its message."""

    by_mail: bool
    heading: Text
    label: Text
    send_first: Text
    send_again: Text
    send_new: Text
    can_send: Text
    expired: Text
    held: Text  # another page has just had one sent
    on_its_way: Text
    slow: Text
    sent: Text
    unconfirmed: Text
    delivered: Text
    unsure: Text
    expired_on_its_way: Text
    reasons: Mapping[Reason, Text]
    ended: Mapping[str, Text] = field(default_factory=lambda: ENDED)


WORDS = {
    PHONE.name: CodeWords(
        by_mail=False,
        heading=_("Enter the code from the text"),
        label=_("6-digit code"),
        send_first=_("Text me a code"),
        send_again=_("Send the text again"),
        send_new=_("Text me a new code"),
        can_send=_("We can text a new one."),
        expired=_("Codes work for 10 minutes."),
        held=_("We just sent a code to this number from another page. It only works there."),
        on_its_way=_("Your text is on its way."),
        slow=_("We can’t reach the service that sends the text right now. We’ll keep trying."),
        sent=_("The text was sent."),
        unconfirmed=_(
            "The text was sent, but we can’t tell if it arrived. If nothing came, ask again."
        ),
        delivered=_("The text was delivered."),
        unsure=_(
            "We couldn’t be sure that the text went out. If nothing arrives, ask for another."
        ),
        expired_on_its_way=_("The text took too long, so we stopped it. Send a new one."),
        reasons={
            Reason.UNUSABLE: _("We can’t text that number. Check it, or use another."),
            Reason.LANDLINE: _(
                "That looks like a landline, which can’t receive texts. Use a mobile number."
            ),
            Reason.OPTED_OUT: _(
                "Texts from us are turned off for this number. Reply START to our last text,"
                " or use another number."
            ),
            Reason.UNSERVED: _(
                "We can’t text that country yet. Use a number from another country."
            ),
            Reason.FILTERED: _("Your carrier blocked our text. Use another number."),
            Reason.UNREACHABLE: _(
                "The text didn’t get through. Check that your phone is on and has signal,"
                " then send it again."
            ),
        },
    ),
    EMAIL.name: CodeWords(
        by_mail=True,
        heading=_("Enter the code from the e-mail"),
        label=_("8-digit code"),
        send_first=_("E-mail me a code"),
        send_again=_("Send the e-mail again"),
        send_new=_("E-mail me a new code"),
        can_send=_("We can e-mail a new one."),
        expired=_("Codes by e-mail work for 30 minutes."),
        held=_("We just sent a code to this address from another page. It only works there."),
        on_its_way=_("Your e-mail is on its way."),
        slow=_("We can’t reach the service that sends the e-mail right now. We’ll keep trying."),
        sent=_("The e-mail was sent."),
        unconfirmed=_(
            "The e-mail was sent, but we can’t tell if it arrived. If nothing came, ask again."
        ),
        delivered=_("The e-mail was delivered."),
        unsure=_(
            "We couldn’t be sure that the e-mail went out. If nothing arrives, ask for another."
        ),
        expired_on_its_way=_("The e-mail took too long, so we stopped it. Send a new one."),
        reasons={
            Reason.UNUSABLE: _("That address can’t receive our e-mail. Check it, or use another."),
            Reason.FILTERED: _(
                "The mail service of that address turned our e-mail away. Use another address."
            ),
        },
    ),
}
# Of the message, where it is a call.
CALL_WORDS = replace(
    WORDS[PHONE.name],
    heading=_("Enter the code from the call"),
    on_its_way=_("Your phone is about to ring."),
    slow=_("We can’t reach the service that makes the call right now. We’ll keep trying."),
    sent=_("We’re calling you now. Pick up to hear the code."),
    unconfirmed=_("We called you, but we can’t tell if anybody picked up."),
    delivered=_("The call was answered."),
    unsure=_(
        "We couldn’t be sure that the call went out. If your phone doesn’t ring, try again later,"
        " or use another number."
    ),
    expired_on_its_way=_(
        "The call took too long, so we stopped it. Try again later, or use another number."
    ),
    reasons={
        Reason.UNUSABLE: _("We can’t call that number. Check it, or use another."),
        Reason.UNSERVED: _("We can’t call that country yet. Use a number from another country."),
        Reason.BUSY: _("The line was busy. Try again later, or use another number."),
        Reason.NO_ANSWER: _("Nobody picked up. Try again later, or use another number."),
        Reason.UNREACHABLE: _(
            "The call didn’t get through. Try again later, or use another number."
        ),
    },
)
# Why a text does not arrive, where a call may.
CALL_HELPS = {
    Reason.LANDLINE: _(
        "That looks like a landline, which can’t receive texts. We can call it instead."
    ),
    Reason.OPTED_OUT: _(
        "Texts from us are turned off for this number. We can call you instead. To get texts again,"
        " reply START to our last one."
    ),
    Reason.FILTERED: _("Your carrier blocked our text. We can call you instead."),
}
NOT_SENT = _("We couldn’t send the code. Try again in a few minutes.")


class MessageState(StrEnum):
    """As people are told it. What has `FAILED` is worth another try; what was `REFUSED` is not, and
    no call is, as there is hardly room for two.
    """

    QUEUED = "queued"
    LATE = "late"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What became of the message, in words. `polling`: it may still change. `ago`: for how long it
    is so.
    """

    state: MessageState | Literal["left"]
    sentence: Text
    polling: bool
    ago: Ago | None = None


# Asked for by a page that stayed open; a redirect would be no line, and asked for for ever.
LEFT = DeliveryLine(
    "left", _("You’ve moved on from this page. Reload it to see where you are."), False
)
# Of a number that is texted later, which programs may ask about too.
UNTEXTED = _("Your text hasn’t gone out yet.")


def words_of(channel: Channel, progress: Progress | None) -> CodeWords:
    return CALL_WORDS if progress and progress.is_call else WORDS[channel.name]


def delivery_line(
    channel: Channel, progress: Progress | None, *, can_call: bool = False
) -> DeliveryLine:
    """`can_call`: where a text has failed, a call is what to do next."""
    words = words_of(channel, progress)
    if progress is None:
        return DeliveryLine(MessageState.QUEUED, words.on_its_way, polling=False)
    match progress.state:
        case State.QUEUED | State.SENDING if progress.age < SLOW:
            return DeliveryLine(MessageState.QUEUED, words.on_its_way, polling=True)
        case State.QUEUED | State.SENDING:
            return DeliveryLine(MessageState.LATE, words.slow, polling=True)
        case State.SENT if progress.since < POLLED:
            return DeliveryLine(MessageState.SENT, words.sent, polling=True)
        case State.SENT:
            return DeliveryLine(MessageState.SENT, words.unconfirmed, polling=False)
        case State.DELIVERED if progress.since < FRESH:
            return DeliveryLine(MessageState.DELIVERED, words.delivered, True, Ago(progress.since))
        case State.DELIVERED:
            return DeliveryLine(MessageState.DELIVERED, words.delivered, polling=False)
    is_for_good = progress.reason is not None and progress.reason.is_for_good
    over = is_for_good or progress.is_call
    state = MessageState.REFUSED if over else MessageState.FAILED
    helped = CALL_HELPS.get(progress.reason) if progress.reason and can_call else None
    return DeliveryLine(state, helped or _trouble(words, progress), polling=False)


def _trouble(words: CodeWords, progress: Progress) -> Text:
    """Why it did not arrive. One without an answer may have gone out all the same."""
    if progress.reason is None and progress.unsure:
        return words.unsure
    if progress.state is State.EXPIRED or progress.reason is Reason.EXPIRED:
        return words.expired_on_its_way
    return words.reasons.get(progress.reason, NOT_SENT) if progress.reason else NOT_SENT
