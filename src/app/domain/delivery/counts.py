"""Which limits a send is counted in, and what a code that is entered gives back of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from app.domain.delivery.rooms import Requester, Room, Standing
from app.domain.errors import Refusal
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import MailsStopped, TextsStopped, TooManySends, TooSoon
from app.domain.limits import DAY, HOUR, LimitTable
from app.domain.ports import ReachedLimit, Tally, Window

CREDIT = (Window(HOUR, 1), Window(DAY, 1))  # as long as what they make room in


@dataclass(frozen=True, slots=True)
class Proved:
    """Texts to a region whose code was entered, in the busiest hour and day of 14 days."""

    hour: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class CountedLimit:
    """One limit of a send: its `name` in the table, its tally, and the column of `count_texts` or
    `count_mails` that shows the same, '' for a tally that lives in the short memory only. One that
    `is_freed` loses the entry again when its code is entered. `watched`: the kind of what it
    counts, where that may come under pressure.
    """

    name: str
    tally: Tally
    column: str
    refused: Callable[[ReachedLimit], Exception]
    is_freed: bool = False
    watched: str = ""

    @property
    def is_of_region(self) -> bool:
        return self.name.endswith("_per_region")


def list_counts(
    table: LimitTable,
    to: Phone | EmailAddress,
    requester: Requester,
    room: Room = Room.WITHHELD,
    proved: Proved = Proved(),
) -> Iterator[CountedLimit]:
    """All limits of a send; of a text that takes that `room`."""
    if isinstance(to, Phone):
        return _text_counts(table, to, requester, room, proved)
    return _mail_counts(table, to, requester)


def weigh(counted: CountedLimit, weight: int, entry: str) -> Iterator[CountedLimit]:
    """The limit of a send that counts as so many: there has to be room for all of them, and each is
    an entry of its own. What weighs more than one is a call, which has a wait of its own.
    """
    if weight == 1:
        yield counted
        return
    windows = tuple(
        replace(window, limit=window.limit - weight + 1) for window in counted.tally.windows
    )
    for name in list_entries(entry, weight):
        tally = replace(counted.tally, windows=windows, waits=(), entry=name)
        yield replace(counted, tally=tally, watched=counted.watched if name == entry else "")


def list_entries(entry: str, weight: int) -> list[str]:
    """What a send is called in a tally, as often as it counts."""
    return [entry, *(f"{entry}:{n}" for n in range(1, weight))]


def list_credits(address: str, network: str) -> tuple[Tally, Tally]:
    """Where a text is counted once its code was entered."""
    return Tally(_credit("address", address), CREDIT), Tally(_credit("network", network), CREDIT)


def _credit(kind: str, place: str) -> str:
    return f"proved:{kind}:{place}"


def _text_counts(
    table: LimitTable, phone: Phone, requester: Requester, room: Room, proved: Proved
) -> Iterator[CountedLimit]:
    """In the order they are told: the person's own limits before everybody's."""
    number, origin = phone.e164, requester.origin
    if requester.session:
        limit = table.texts_per_session
        yield _sends("texts_per_session", limit.tally(f"texts:session:{requester.session}"), "")
        own = f"texts:own:{number}:confirm:{requester.opened_by}"
        yield _sends("texts_per_own_number", table.texts_per_own_number.tally(own), "own")
    else:
        yield from _number_counts(table, phone, requester)
    credit = _credit("address", origin.address)
    here = table.texts_per_address.tally(f"texts:address:{origin.address}", credit)
    yield _sends("texts_per_address", here, "address", is_freed=True)
    credit = _credit("network", origin.network)
    around = table.texts_per_network.tally(f"texts:network:{origin.network}", credit)
    yield _sends("texts_per_network", around, "network", is_freed=True, watched="network")
    yield from _region_counts(table, phone.region, requester, room, proved)
    if table.texts_in_all.windows:
        in_all = table.texts_in_all.tally("texts:all:sms")
        # What is withheld is refused like the others, and is not sent.
        in_all = replace(in_all, is_only_checked=room is Room.WITHHELD)
        yield CountedLimit("texts_in_all", in_all, "in_all", _texts_stopped)


def _number_counts(table: LimitTable, phone: Phone, requester: Requester) -> Iterator[CountedLimit]:
    """What anybody can use up, and one address not all of it."""
    number, block, share = phone.e164, phone.block, requester.origin.share
    if requester.opened_by:
        of_mailbox = table.texts_per_proved_mailbox.tally(f"texts:mailbox:{requester.opened_by}")
        yield _sends("texts_per_proved_mailbox", of_mailbox, "mailbox")
    yield _sends(
        "texts_per_number", table.texts_per_number.tally(f"texts:number:{number}"), "number"
    )
    if not requester.is_owners:
        limit, key = table.texts_per_number_and_address, f"texts:number-address:{number}:{share}"
        yield _sends("texts_per_number_and_address", limit.tally(key), "number_and_share")
        limit, key = table.texts_per_block_and_address, f"texts:block-address:{block}:{share}"
        name, column = "texts_per_block_and_address", "block_and_share"
        yield _sends(name, limit.tally(key), column, is_freed=True)
    of_block = table.texts_per_block.tally(f"texts:block:{block}")
    yield _sends("texts_per_block", of_block, "block", is_freed=True, watched="block")


def _region_counts(
    table: LimitTable, region: str, requester: Requester, room: Room, proved: Proved
) -> Iterator[CountedLimit]:
    if room in (Room.STRANGERS, Room.SIGN_IN):
        limit = table.strangers_in(region).limit(proved.hour, proved.day)
        helps = requester.standing is Standing.STRANGER
        refused = partial(_texts_stopped, email_helps=helps)
        of_strangers = limit.tally(f"texts:strangers:{region}")
        yield CountedLimit(
            "strangers_per_region", of_strangers, "strangers", refused, True, "region"
        )
    if room is Room.MAILED:
        of_mailed = table.mailed_per_region.limit(proved.hour, proved.day).tally(
            f"texts:mailed:{region}"
        )
        yield CountedLimit("mailed_per_region", of_mailed, "mailed", _texts_stopped, True, "region")
    if room in (Room.ACCOUNTS, Room.SIGN_IN):
        of_accounts = table.accounts_per_region.limit(proved.hour, proved.day).tally(
            f"texts:accounts:{region}"
        )
        yield CountedLimit("accounts_per_region", of_accounts, "accounts", _texts_stopped, True)
    if room is Room.KNOWN:
        of_known = table.known_per_region.limit(proved.hour, proved.day).tally(
            f"texts:known:{region}"
        )
        yield CountedLimit("known_per_region", of_known, "known", _texts_stopped, True)


def _mail_counts(
    table: LimitTable, email: EmailAddress, requester: Requester
) -> Iterator[CountedLimit]:
    mailbox, origin = email.mailbox, requester.origin
    if requester.session:
        limit = table.mails_per_session
        yield _sends("mails_per_session", limit.tally(f"mails:session:{requester.session}"), "")
        own = f"mails:own:{mailbox}:confirm:{requester.opened_by}"
        yield _sends("mails_per_own_mailbox", table.mails_per_own_mailbox.tally(own), "own")
    else:
        limit = table.mails_per_mailbox
        yield _sends("mails_per_mailbox", limit.tally(f"mails:mailbox:{mailbox}"), "mailbox")
        if not requester.is_owners:
            key = f"mails:mailbox-address:{mailbox}:{origin.share}"
            limit = table.mails_per_mailbox_and_address
            yield _sends("mails_per_mailbox_and_address", limit.tally(key), "mailbox_and_share")
    here = table.mails_per_address.tally(f"mails:address:{origin.address}")
    yield _sends("mails_per_address", here, "address")
    around = table.mails_per_network.tally(f"mails:network:{origin.network}")
    yield _sends("mails_per_network", around, "network")
    if table.mails_in_all.windows:
        in_all = table.mails_in_all.tally("mails:all:email")
        yield CountedLimit("mails_in_all", in_all, "in_all", _mails_stopped)


def text_values(phone: Phone, requester: Requester) -> dict[str, str]:
    """What `count_texts` compares with."""
    to = {"numbers": phone.e164, "blocks": phone.block, "regions": phone.region}
    return to | _requester_values(requester)


def mail_values(email: EmailAddress, requester: Requester) -> dict[str, str]:
    """What `count_mails` compares with."""
    return {"mailboxes": email.mailbox} | _requester_values(requester)


def of_deleted(name: str) -> Tally:
    """Holds what was sent under a pseudonym, and so is in no tally that anybody looks at."""
    return Tally(f"sent_to_deleted:{name}", (Window(DAY, 1),))


def _requester_values(requester: Requester) -> dict[str, str]:
    origin = requester.origin
    return {
        "addresses": origin.address,
        "networks": origin.network,
        "shares": origin.share,
        "opened_by": requester.opened_by,
    }


def _sends(
    name: str, tally: Tally, column: str, *, is_freed: bool = False, watched: str = ""
) -> CountedLimit:
    return CountedLimit(name, tally, column, _too_many, is_freed, watched)


def _too_many(reached: ReachedLimit) -> Refusal:
    return TooSoon(reached.retry_after) if reached.waiting else TooManySends()


def _texts_stopped(reached: ReachedLimit, *, email_helps: bool = False) -> Refusal:
    return TextsStopped(email_helps=email_helps)


def _mails_stopped(reached: ReachedLimit) -> Refusal:
    return MailsStopped(retry_after=None)
