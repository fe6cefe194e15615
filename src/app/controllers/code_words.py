"""What the pages of codes say: of a code by its channel, and of what became of its message."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.delivery.outbox import Progress, State
from app.domain.i18n import Text, _
from app.domain.ports import Reason
from app.domain.verification.codes import EMAIL, PHONE, Channel

POLLED = 120.0  # seconds; what has not been confirmed by then hardly ever is
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
    unusable: Text
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
        unusable=_("We can’t text that number. Check it, or use another."),
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
        unusable=_("That address can’t receive our e-mail. Check it, or use another."),
    ),
}
NOT_SENT = _("We couldn’t send the code. Try again in a few minutes.")
# Of a number; of an address no more is known than that it is unusable.
REFUSED = {
    Reason.OPTED_OUT: _(
        "Texts from us are turned off for this number. Reply START to our last text,"
        " or use another number."
    ),
    Reason.UNSERVED: _("We can’t text that country yet. Use a number from another country."),
}


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What became of the message, in words. `polling`: it may still change."""

    state: str
    sentence: Text
    polling: bool


# Asked for by a page that stayed open; a redirect would be no line, and asked for for ever.
LEFT = DeliveryLine(
    "left", _("You’ve moved on from this page. Reload it to see where you are."), False
)


def delivery_line(channel: Channel, progress: Progress | None) -> DeliveryLine:
    words = WORDS[channel.name]
    if progress is None:
        return DeliveryLine("queued", words.on_its_way, polling=False)
    young = progress.age < POLLED
    match progress.state:
        case State.QUEUED | State.SENDING if progress.age < SLOW:
            return DeliveryLine("queued", words.on_its_way, polling=True)
        case State.QUEUED | State.SENDING:
            return DeliveryLine("late", words.slow, polling=young)
        case State.SENT if young:
            return DeliveryLine("sent", words.sent, polling=True)
        case State.SENT:
            return DeliveryLine("sent", words.unconfirmed, polling=False)
        case State.DELIVERED:
            return DeliveryLine("delivered", words.delivered, polling=False)
        case State.REFUSED:
            return DeliveryLine("refused", _refused(words, progress.reason), polling=False)
    return DeliveryLine("refused", words.unsure if progress.unsure else NOT_SENT, polling=False)


def _refused(words: CodeWords, reason: Reason | None) -> Text:
    if reason is Reason.MISCONFIGURED:
        return NOT_SENT
    if words.by_mail or reason is Reason.UNUSABLE:
        return words.unusable
    return REFUSED.get(reason, NOT_SENT) if reason else NOT_SENT
