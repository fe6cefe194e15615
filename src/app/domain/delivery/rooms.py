"""Whose room a text takes: that of strangers, or that of people the product knows."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.limits import Origin


class Standing(StrEnum):
    """What is known of whoever asks for a text, apart from the number.

    Someone who signs in is never told that there is no room for strangers, as a number with an
    account has its own: where that would tell them apart, nothing is sent, and nothing looks
    different (promise 1).
    """

    STRANGER = "stranger"
    MAILED = "mailed"  # has proved an e-mail address
    SIGNING_IN = "signing-in"
    MEMBER = "member"  # asks for a code to a number of their own account


class Room(StrEnum):
    """The value is that of `deliveries.room`. A `SIGN_IN` from a device nobody knows takes the room
    of strangers and of accounts: else how fast either fills would tell whether its number has an
    account. Strangers have less than accounts, so they never use that up; and whoever signs in to
    the accounts of others uses up nothing of `KNOWN` devices and sessions.
    """

    STRANGERS = "strangers"
    MAILED = "mailed"
    ACCOUNTS = "accounts"
    KNOWN = "known"
    SIGN_IN = "sign-in"
    WITHHELD = "withheld"  # counted for number, address and network, and not sent

    @property
    def judged_as(self) -> "Room":
        """By whose texts it is found out whether there is pressure, and whose stop counts."""
        if self is Room.ACCOUNTS:
            return Room.KNOWN
        return Room.STRANGERS if self is Room.SIGN_IN else self


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks for a send. `is_owners` says that the owner of the contact has signed in from that
    device, which was not forgotten since; `session` is whose own contact it is, '' in flows of
    people who are not signed in. `opened_by` is the kind of proof that opened that, or stands for
    the mailbox that a stranger has proved to be texted; else ''. `has_account`: the contact is in
    an account; only asked for who is signing in.
    """

    origin: Origin
    is_owners: bool = False
    session: str = ""
    opened_by: str = ""
    standing: Standing = Standing.STRANGER
    has_account: bool = False

    @property
    def room(self) -> Room:
        if self.session or self.is_owners or self.standing is Standing.MEMBER:
            return Room.KNOWN
        if self.standing is Standing.MAILED:
            return Room.MAILED
        return Room.SIGN_IN if self.standing is Standing.SIGNING_IN else Room.STRANGERS
