"""Every limit in one table, and who is counted. The numbers come from `promises`; 0 allows none.

Entries are counted in the short memory, atomically over all processes. PostgreSQL holds what was
sent, so when the short memory is silent, or has forgotten and was not told again, the
same limits are read from there: a flushed cache resets nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from ipaddress import ip_address, ip_network

from app.domain.errors import TooMany, Unavailable
from app.domain.i18n import _
from app.domain.moments import Wait
from app.domain.ports import Tally, Window

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """`windows` are (seconds, most entries); `waits` the seconds before the next of an hour's."""

    windows: tuple[tuple[int, int], ...]
    waits: tuple[int, ...] = ()

    def tally(self, key: str) -> Tally:
        return Tally(key, _windows(self.windows), self.waits)


@cache
def _windows(pairs: tuple[tuple[int, int], ...]) -> tuple[Window, ...]:
    return tuple(Window(*pair) for pair in pairs)


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The numbers in force. `LIMITS_FILE` replaces single entries by these names."""

    # What one address may use of a contact's limit is less than all of it, so that one address
    # never locks another out. A device that the owner has used is not held to it.
    texts_per_number: Limit = Limit(((HOUR, 5), (DAY, 10)), waits=(30, 60, 120, 300))
    texts_per_number_and_address: Limit = Limit(((HOUR, 4), (DAY, 8)))
    texts_per_block: Limit = Limit(((HOUR, 5), (DAY, 20)))
    texts_per_block_and_address: Limit = Limit(((HOUR, 4), (DAY, 16)))
    texts_per_region: Limit = Limit(((DAY, 50),))
    texts_in_all: Limit = Limit(((DAY, 500),))
    texts_per_address: Limit = Limit(((HOUR, 10), (DAY, 30)))
    texts_per_network: Limit = Limit(((HOUR, 50),))
    mails_per_mailbox: Limit = Limit(((HOUR, 5), (DAY, 10)), waits=(60,))
    mails_per_mailbox_and_address: Limit = Limit(((HOUR, 4), (DAY, 8)))
    mails_per_address: Limit = Limit(((HOUR, 20),))
    mails_per_network: Limit = Limit(((HOUR, 100),))
    mails_in_all: Limit = Limit(((DAY, 5000),))
    # Codes to the account's own number or address that someone asks for who is signed in. They are
    # held to these in the place of those of a number or mailbox, which strangers can use up; the
    # second kind bounds all sessions together that one kind of proof has opened: whoever has stolen
    # one uses up nothing of who has another.
    texts_per_session: Limit = Limit(((HOUR, 5), (DAY, 10)), waits=(30, 60, 120, 300))
    texts_per_own_number: Limit = Limit(((HOUR, 15), (DAY, 30)))
    mails_per_session: Limit = Limit(((HOUR, 5), (DAY, 10)), waits=(60,))
    mails_per_own_mailbox: Limit = Limit(((HOUR, 15), (DAY, 30)))
    wrong_codes_per_address: Limit = Limit(((HOUR, 30),))
    wrong_codes_per_network: Limit = Limit(((HOUR, 150),))
    # By its first window alone, as the next one; then each further one waits twice as long.
    wrong_passwords_per_account: Limit = Limit(((15 * MINUTE, 10),))
    wrong_passwords_per_account_and_address: Limit = Limit(((15 * MINUTE, 5),))
    wrong_passwords_per_address: Limit = Limit(((15 * MINUTE, 20),))
    wrong_passwords_per_network: Limit = Limit(((15 * MINUTE, 100),))
    # In the row of the session, so by its first window alone.
    refreshes_per_session: Limit = Limit(((MINUTE, 30),))
    # Passwords that someone tries to set, in one sign-up or recovery and for one account; in
    # PostgreSQL alone, by its first window.
    new_passwords: Limit = Limit(((HOUR, 10),))
    accounts_per_address: Limit = Limit(((15 * MINUTE, 10),))
    accounts_per_network: Limit = Limit(((15 * MINUTE, 50),))
    # Codes of an identity provider that it does not take.
    refused_grants_per_address: Limit = Limit(((15 * MINUTE, 20),))
    refused_grants_per_network: Limit = Limit(((15 * MINUTE, 100),))
    # Sign-ups that begin with an identity, each of which writes rows; in the short memory alone.
    new_identities_per_address: Limit = Limit(((HOUR, 60),))
    new_identities_per_network: Limit = Limit(((HOUR, 300),))
    # Calls with an Idempotency-Key by whoever is not signed in; in the short memory alone.
    kept_calls_per_address: Limit = Limit(((HOUR, 300),))
    # Each may write a row; in the short memory alone.
    languages_per_account: Limit = Limit(((HOUR, 20),))
    # Of contact, password or identities; in PostgreSQL alone.
    changes_per_account: Limit = Limit(((DAY, 10),))
    # Each counted apart: by what was asked for without the phone, nobody keeps the owner from
    # changing anything, and by no change from a new password.
    delayed_changes_per_account: Limit = Limit(((DAY, 10),))
    password_changes_per_account: Limit = Limit(((DAY, 10),))
    # Other sessions that are ended without a fresh proof; in PostgreSQL alone.
    session_ends_per_account: Limit = Limit(((HOUR, 5),))
    wrong_codes_per_contact: Limit = Limit(((HOUR, 10), (DAY, 20)))
    wrong_codes_per_contact_and_address: Limit = Limit(((HOUR, 5), (DAY, 8)))
    # For strangers, after a hundred in a row; whoever has proved an e-mail address has as many, and
    # is held to no share of them.
    wrong_codes_per_held_contact: Limit = Limit(((DAY, 5),))
    wrong_codes_per_held_contact_and_address: Limit = Limit(((DAY, 2),))
    # Regions that may receive more texts than `texts_per_region`, e.g. {"US": 5000} a day.
    raised_regions: dict[str, int] = field(default_factory=dict)

    def for_region(self, region: str) -> Limit:
        raised = self.raised_regions.get(region)
        return self.texts_per_region if raised is None else Limit(((DAY, raised),))


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device that someone has signed in from, in the `users.device_epoch` of that time: when
    that has grown since, the device was forgotten.
    """

    id: str
    epoch: int


def _no_device(contact: str) -> KnownDevice | None:
    return None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as coarse as it is counted and kept. `known_to` answers, for a
    contact, with the device if the owner of that contact has signed in from it. It gives nothing
    until its epoch was compared. `counts_down`: who asks too soon for a code is shown a page that
    waits; a call of the API is refused.
    """

    address: str
    network: str
    counts_down: bool = True
    known_to: Callable[[str], KnownDevice | None] = field(
        default=_no_device, compare=False, repr=False
    )

    @property
    def share(self) -> str:
        """Who takes a share of what a contact has: a v4 address, but a whole /48 of v6, since one
        customer may be given all of that.
        """
        return self.network if ":" in self.network else self.address

    @classmethod
    @lru_cache(4096)
    def of(cls, ip: str) -> "Origin":
        """v4: /32 and /24. v6: /64 and /48, since one customer is given at least a /64."""
        wide, near = (24, 32) if ip_address(ip).version == 4 else (48, 64)
        return cls(
            str(ip_network(f"{ip}/{near}", strict=False)),
            str(ip_network(f"{ip}/{wide}", strict=False)),
        )


class TooSoon(TooMany):
    """Asked again before the wait between two sends was over."""

    code = "too_soon"

    def __init__(self, seconds: int) -> None:
        sentence = _("You can ask again %(when)s.", when=Wait(seconds))
        super().__init__(sentence, retry_after=seconds)


class TooManySends(TooMany):
    """An hourly or daily cap of one person's; how long it lasts is not told (contract 9.9)."""

    code = "too_many_sends"
    message = _("That’s as many codes as we can send for now. Try again later, or another way.")


class TooManyGuesses(TooMany):
    code = "too_many_guesses"

    def __init__(self, seconds: int) -> None:
        wait = Wait.in_minutes(seconds)
        sentence = _("Too many wrong codes. Try again %(when)s.", when=wait)
        super().__init__(sentence, field="code", retry_after=wait.seconds)


class TextsStopped(Unavailable):
    """The day's texts, or a region's, are spent: nobody's fault who asks now."""

    code = "texts_stopped"
    message = _("We can’t send texts to that number today. Nothing was lost. Try again tomorrow.")


class MailsStopped(Unavailable):
    """The day's mails are spent."""

    code = "mails_stopped"
    message = _("We can’t send more e-mail today. Nothing was lost. Try again tomorrow.")


SEND_LIMITS = (TooMany, TextsStopped, MailsStopped)  # whatever a limit of sends says
