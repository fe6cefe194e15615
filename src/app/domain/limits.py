"""Every limit in one table, and who is counted. The numbers come from `promises`; 0 allows none.

Entries are counted in the short memory, atomically over all processes. PostgreSQL holds what was
sent, so when the short memory is silent, or has forgotten and was not told again, the
same limits are read from there: a flushed cache resets nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from ipaddress import ip_address, ip_network

from app.domain.ports import Tally, Window

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Silent(StrEnum):
    """What counts while the short memory is silent."""

    SENDS = "PostgreSQL counts the messages"
    TRAIL = "the audit trail counts, by network"
    ALWAYS = "PostgreSQL counts, always"
    OFF = "nothing counts"


@dataclass(frozen=True, slots=True)
class Limit:
    """`windows` are (seconds, most entries); `waits` the seconds before the next of an hour's.
    `per`: what is counted together. `says`: the code of the refusal, whose class has the words.
    """

    windows: tuple[tuple[int, int], ...]
    waits: tuple[int, ...] = ()
    per: str = field(default="", compare=False)
    says: str = field(default="", compare=False)
    silent: Silent = field(default=Silent.SENDS, compare=False)

    def tally(self, key: str, credit: str = "") -> Tally:
        """Each entry of the tally `credit`, if one is named, makes room for another one."""
        return Tally(key, _windows(self.windows), self.waits, credit=credit)


@cache
def _windows(pairs: tuple[tuple[int, int], ...]) -> tuple[Window, ...]:
    return tuple(Window(*pair) for pair in pairs)


@dataclass(frozen=True, slots=True)
class Budget:
    """Of a region's texts whose code was not entered: at least `hour` and `day`, else `percent` of
    what was proved there in the busiest hour or day of the last 14 days, the present one included.
    Without an `hour` or a `day` none is sent.
    """

    hour: int
    day: int
    percent: int
    per: str = field(default="region", compare=False)
    says: str = field(default="texts_stopped", compare=False)
    silent: Silent = field(default=Silent.SENDS, compare=False)

    def limit(self, proved_in_hour: int = 0, proved_in_day: int = 0) -> Limit:
        """`proved_in_hour`, `proved_in_day`: in the busiest one."""
        if not (self.hour and self.day):
            return _hour_and_day(0, 0)
        hour = max(self.hour, self.percent * proved_in_hour // 100)
        return _hour_and_day(hour, max(self.day, self.percent * proved_in_day // 100))


@lru_cache(1024)
def _hour_and_day(hour: int, day: int) -> Limit:
    return Limit(((HOUR, hour), (DAY, day)))


@dataclass(frozen=True, slots=True)
class Pressure:
    """When strangers are asked for e-mail first, and for how long they wait on top: by the percent
    of an hour's texts to a region or block, or from a network, whose code was not entered. `steps`
    are (more than so many percent, seconds to wait). It never begins below `least` such texts, of
    which none counts before it is `settled`: until then most people are still reading it. To a
    region one network counts for `most_of_network` at most, so that it alone stops no country.
    """

    least: int = 20
    settled: int = MINUTE
    most_of_network: int = 10
    steps: tuple[tuple[int, int], ...] = ((50, 0), (70, 30), (85, 120))
    per: str = field(default="region, block, network", compare=False)
    says: str = field(default="texts_stopped", compare=False)
    silent: Silent = field(default=Silent.ALWAYS, compare=False)


@dataclass(frozen=True, slots=True)
class ConversionBreaker:
    """Fewer than `percent` of the texts of an hour to a region or block were proved, and `least` or
    more were not: strangers get none for `first` seconds, then each network one as a probe, of
    `probes` networks at most. The first that is proved ends it. Where one was in vain, its network
    waits for as long again, then twice as long; where all were, everybody does, up to `longest`.
    """

    least: int = 20
    percent: int = 10
    probes: int = 10
    first: int = HOUR
    longest: int = DAY
    per: str = field(default="region, block", compare=False)
    says: str = field(default="texts_stopped", compare=False)
    silent: Silent = field(default=Silent.ALWAYS, compare=False)


Windows = tuple[int, int]


def _sends(*windows: Windows, per: str, waits: tuple[int, ...] = ()) -> Limit:
    return Limit(windows, waits, per, "too_many_sends", Silent.SENDS)


def _wrong(*windows: Windows, per: str, says: str, silent: Silent = Silent.TRAIL) -> Limit:
    return Limit(windows, (), per, says, silent)


def _rows(*windows: Windows, per: str, says: str) -> Limit:
    return Limit(windows, (), per, says, Silent.ALWAYS)


def _light(*windows: Windows, per: str, says: str) -> Limit:
    return Limit(windows, (), per, says, Silent.OFF)


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The numbers in force. `LIMITS_FILE` replaces single entries by these names."""

    # What one address may use of a contact's limit is less than all of it, so that one address
    # never locks another out. A device that the owner has used is not held to it.
    texts_per_number: Limit = _sends((HOUR, 5), (DAY, 10), per="number", waits=(30, 60, 120, 300))
    texts_per_number_and_address: Limit = _sends((HOUR, 4), (DAY, 8), per="number and address")
    # Of the following four, a text whose code is entered gives its room back. To an address and a
    # network it adds one more: a whole crowd may come from behind one, and proves what it asks for.
    texts_per_block: Limit = _sends((HOUR, 5), (DAY, 20), per="block")
    texts_per_block_and_address: Limit = _sends((HOUR, 4), (DAY, 16), per="block and address")
    texts_per_address: Limit = _sends((HOUR, 10), (DAY, 30), per="address")
    texts_per_network: Limit = _sends((HOUR, 50), per="network")
    # Of sign-ups that prove their address first; and numbers that wait for that, each in a row.
    texts_per_proved_mailbox: Limit = _sends((DAY, 4), per="mailbox")
    kept_numbers_per_network: Limit = _light((HOUR, 500), per="network", says="too_many_sends")
    # Of which the number is not proved then; but for domains where many people have mailboxes.
    signups_per_mail_domain: Limit = _light((DAY, 20), per="mail domain", says="too_many_sends")
    # That an account names as its new one; each is texted, in the room of people with an address.
    new_numbers_per_account: Limit = _light((DAY, 20), per="account", says="too_many_sends")
    # Texts whose code was not entered, of people nobody knows; of those who have proved an e-mail
    # address; of sign-ins to accounts from anywhere; and from known devices and sessions.
    strangers_per_region: Budget = Budget(100, 200, 30)
    mailed_per_region: Budget = Budget(100, 200, 30)
    accounts_per_region: Budget = Budget(300, 1000, 50)
    known_per_region: Budget = Budget(300, 1000, 50)
    pressure: Pressure = Pressure()
    conversion_breaker: ConversionBreaker = ConversionBreaker()
    # Without a window as long as `SMS_DAILY_LIMIT` is not set.
    texts_in_all: Limit = Limit((), (), "all", "texts_stopped", Silent.SENDS)
    mails_per_mailbox: Limit = _sends((HOUR, 5), (DAY, 10), per="mailbox", waits=(60,))
    mails_per_mailbox_and_address: Limit = _sends((HOUR, 4), (DAY, 8), per="mailbox and address")
    mails_per_address: Limit = _sends((HOUR, 20), per="address")
    mails_per_network: Limit = _sends((HOUR, 100), per="network")
    mails_in_all: Limit = Limit(((DAY, 5000),), (), "all", "mails_stopped", Silent.SENDS)
    # Codes to the account's own number or address that someone asks for who is signed in. They are
    # held to these in the place of those of a number or mailbox, which strangers can use up; the
    # second kind bounds all sessions together that one kind of proof has opened: whoever has stolen
    # one uses up nothing of who has another.
    texts_per_session: Limit = _sends((HOUR, 5), (DAY, 10), per="session", waits=(30, 60, 120, 300))
    texts_per_own_number: Limit = _sends((HOUR, 15), (DAY, 30), per="number and kind of proof")
    mails_per_session: Limit = _sends((HOUR, 5), (DAY, 10), per="session", waits=(60,))
    mails_per_own_mailbox: Limit = _sends((HOUR, 15), (DAY, 30), per="mailbox and kind of proof")
    wrong_codes_per_address: Limit = _wrong((HOUR, 30), per="address", says="too_many_guesses")
    wrong_codes_per_network: Limit = _wrong((HOUR, 150), per="network", says="too_many_guesses")
    # By its first window alone, as the next one; then each further one waits twice as long.
    wrong_passwords_per_account: Limit = _rows(
        (15 * MINUTE, 10), per="account", says="password_locked"
    )
    wrong_passwords_per_account_and_address: Limit = _rows(
        (15 * MINUTE, 5), per="account and address", says="password_locked"
    )
    wrong_passwords_per_address: Limit = _wrong(
        (15 * MINUTE, 20), per="address", says="too_many_passwords"
    )
    wrong_passwords_per_network: Limit = _wrong(
        (15 * MINUTE, 100), per="network", says="too_many_passwords"
    )
    # In the row of the session, so by its first window alone.
    refreshes_per_session: Limit = _rows((MINUTE, 30), per="session", says="too_many_refreshes")
    # Passwords that someone tries to set, in one sign-up or recovery and for one account; by its
    # first window.
    new_passwords: Limit = _rows((HOUR, 10), per="flow, account", says="too_many_new_passwords")
    accounts_per_address: Limit = _wrong(
        (15 * MINUTE, 10), per="address", says="too_many_passwords"
    )
    accounts_per_network: Limit = _wrong(
        (15 * MINUTE, 50), per="network", says="too_many_passwords"
    )
    # Codes of an identity provider that it does not take.
    refused_grants_per_address: Limit = _wrong(
        (15 * MINUTE, 20), per="address", says="too_many_grants"
    )
    refused_grants_per_network: Limit = _wrong(
        (15 * MINUTE, 100), per="network", says="too_many_grants"
    )
    # Sign-ups that begin with an identity, each of which writes rows.
    new_identities_per_address: Limit = _light(
        (HOUR, 60), per="address", says="too_many_identities"
    )
    new_identities_per_network: Limit = _light(
        (HOUR, 300), per="network", says="too_many_identities"
    )
    # Calls with an Idempotency-Key by whoever is not signed in: over it the key is not kept.
    kept_calls_per_address: Limit = _light((HOUR, 300), per="address", says="")
    # Each may write a row; over it none is written.
    languages_per_account: Limit = _light((HOUR, 20), per="account", says="")
    # Of contact, password or identities.
    changes_per_account: Limit = _rows((DAY, 10), per="account", says="too_many_changes")
    # Each counted apart: by what was asked for without the phone, nobody keeps the owner from
    # changing anything, and by no change from a new password.
    delayed_changes_per_account: Limit = _rows((DAY, 10), per="account", says="too_many_changes")
    password_changes_per_account: Limit = _rows((DAY, 10), per="account", says="too_many_changes")
    # Other sessions that are ended without a fresh proof.
    session_ends_per_account: Limit = _rows((HOUR, 5), per="account", says="confirmation_required")
    wrong_codes_per_contact: Limit = _rows(
        (HOUR, 10), (DAY, 20), per="contact", says="contact_locked"
    )
    wrong_codes_per_contact_and_address: Limit = _rows(
        (HOUR, 5), (DAY, 8), per="contact and address", says="contact_locked"
    )
    # For strangers, after a hundred in a row; whoever has proved an e-mail address has as many, and
    # is held to no share of them.
    wrong_codes_per_held_contact: Limit = _rows((DAY, 5), per="contact", says="contact_locked")
    wrong_codes_per_held_contact_and_address: Limit = _rows(
        (DAY, 2), per="contact and address", says="contact_locked"
    )
    # Regions with another least budget for strangers than `strangers_per_region`, in a day; half of
    # it in an hour. E.g. {"US": 5000}.
    raised_regions: dict[str, int] = field(default_factory=dict)

    def strangers_in(self, region: str) -> Budget:
        day = self.raised_regions.get(region)
        budget = self.strangers_per_region
        return budget if day is None else Budget(-(-day // 2), day, budget.percent)


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device that someone has signed in from, in the `users.device_epoch` of that time: when
    that has grown since, the device was forgotten.
    """

    id: str
    epoch: int


def _no_device(contact: bytes) -> KnownDevice | None:
    return None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as coarse as it is counted and kept. `known_to` answers, for the
    digest of a contact, with the device if its owner has signed in from it. It gives nothing until
    its epoch was compared. `counts_down`: who asks too soon for a code is shown a page that
    waits; a call of the API is refused.
    """

    address: str
    network: str
    counts_down: bool = True
    known_to: Callable[[bytes], KnownDevice | None] = field(
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


NOWHERE = Origin("", "")  # of what the server or an operator does: no address of the person's
