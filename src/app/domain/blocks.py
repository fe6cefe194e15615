"""Numbers, blocks of numbers, networks and mail domains that an operator keeps out. What is kept
out says nothing of accounts: it is refused whoever asks.

PostgreSQL holds them; each process goes by what it has read in the last second.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from time import monotonic

import phonenumbers

from app.domain.audit import AuditEvent, current_operator, record_operator
from app.domain.errors import Forbidden, Refusal, Rejected, Unavailable
from app.domain.i18n import _
from app.domain.identity.email_address import EmailAddress
from app.domain.ports import Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "blocks.sql")

KEPT = 1.0  # seconds that a process goes by what it has read
BLOCK = re.compile(r"\+[1-9][0-9]{3,13}")
BETWEEN = re.compile(r"[ ().-]")
# The finest network that is told apart (`Origin.of`), and the finest in the audit trail.
FINEST, ON_RECORD = {4: 32, 6: 64}, {4: 24, 6: 48}


class NumberBlocked(Rejected):
    code = "number_blocked"
    field = "phone"
    message = _("We can’t send codes to that number. Use another number, or another way in.")


class NetworkBlocked(Forbidden):
    code = "network_blocked"
    message = _(
        "Nobody can sign up or sign in from your network right now. Try another one, such as your"
        " phone’s."
    )


class DomainBlocked(Rejected):
    code = "domain_blocked"
    field = "email"
    message = _("We don’t accept addresses from that mail service. Use another address.")


class BlockKind(StrEnum):
    NUMBER = "number"
    BLOCK = "block"  # all numbers that begin so
    NETWORK = "network"
    DOMAIN = "domain"  # of mail addresses, with all below it


CONSEQUENCES = {
    BlockKind.NUMBER: "No code goes to {}, and nobody signs up with it",
    BlockKind.BLOCK: "No code goes to numbers that begin with {}, and nobody signs up with one",
    BlockKind.NETWORK: "Nobody signs up, signs in or recovers an account from {}",
    BlockKind.DOMAIN: "Nobody signs up with an address at {} or below",
}


@dataclass(frozen=True, slots=True)
class Target:
    """`value`: E.164, its beginning, a CIDR such as 203.0.113.0/24, or a domain in lower case."""

    kind: BlockKind
    value: str

    @property
    def consequence(self) -> str:
        """What an operator is told of it."""
        return CONSEQUENCES[self.kind].format(self.value)

    @property
    def on_record(self) -> str:
        """As coarse as the audit trail may have it."""
        if self.kind is BlockKind.NUMBER:
            return f"{self.value[:5]}****"
        if self.kind is BlockKind.NETWORK:
            net = ip_network(self.value)
            return str(net.supernet(new_prefix=min(net.prefixlen, ON_RECORD[net.version])))
        return self.value


@dataclass(frozen=True, slots=True)
class Blocked:
    """`until` is None for one without an end."""

    kind: BlockKind
    value: str
    reason: str
    added_by: str
    added_at: datetime
    until: datetime | None


def read_target(given: str) -> Target | None:
    """What somebody has typed; None for what is none of them."""
    if (digits := BETWEEN.sub("", given)).startswith("+"):
        if not BLOCK.fullmatch(digits):
            return None
        number = phonenumbers.parse(digits)
        is_whole = phonenumbers.is_valid_number(number)
        return Target(BlockKind.NUMBER if is_whole else BlockKind.BLOCK, digits)
    try:
        net = ip_network(given, strict=False)
    except ValueError:
        return _read_domain(given)
    return Target(BlockKind.NETWORK, str(net)) if net.prefixlen <= FINEST[net.version] else None


def _read_domain(given: str) -> Target | None:
    try:
        address = EmailAddress.parse(f"somebody@{given.removeprefix('@')}", as_typed=True)
    except Refusal:
        return None
    return Target(BlockKind.DOMAIN, address.value.partition("@")[2])


class Blocks:
    """Asked at each start and guess. `now` in seconds since any moment."""

    def __init__(self, database: Database, now: Callable[[], float] = monotonic) -> None:
        self._database, self._now = database, now
        self._read_at = -KEPT
        self._reading = asyncio.Lock()
        self._known = _Known(())

    async def check_number(self, e164: str) -> None:
        """Raises `NumberBlocked`."""
        if (await self._find()).has_number(e164):
            raise NumberBlocked

    async def check_network(self, address: str) -> None:
        """`address` as of `Origin`. Raises `NetworkBlocked`."""
        if address and (await self._find()).has_network(address):
            raise NetworkBlocked

    async def check_domain(self, email: str) -> None:
        """Raises `DomainBlocked`."""
        if (await self._find()).has_domain(email.partition("@")[2]):
            raise DomainBlocked

    async def _find(self) -> "_Known":
        """While the database is away, those of before."""
        if self._now() - self._read_at < KEPT:
            return self._known
        async with self._reading:
            if self._now() - self._read_at >= KEPT:
                asked_at = self._now()
                with suppress(Unavailable):
                    self._known = _Known(await list_blocks(self._database))
                self._read_at = asked_at
        return self._known


class _Known:
    """What was read, so that one look finds a match."""

    def __init__(self, blocked: Iterable[Blocked]) -> None:
        self._numbers, self._domains = set[str](), set[str]()
        self._blocks = defaultdict[int, set[str]](set)
        self._networks = defaultdict[tuple[int, int], set[int]](set)
        for each in blocked:
            match each.kind:
                case BlockKind.NUMBER:
                    self._numbers.add(each.value)
                case BlockKind.DOMAIN:
                    self._domains.add(each.value)
                case BlockKind.BLOCK:
                    self._blocks[len(each.value)].add(each.value)
                case BlockKind.NETWORK:
                    version, bits, first = _parts(each.value)
                    self._networks[version, bits].add(first)

    def has_number(self, e164: str) -> bool:
        return e164 in self._numbers or any(
            e164[:length] in begun for length, begun in self._blocks.items()
        )

    def has_network(self, address: str) -> bool:
        if not self._networks:
            return False
        version, bits, first = _parts(address)
        return any(
            version == other and bits >= width and first >> bits - width in found
            for (other, width), found in self._networks.items()
        )

    def has_domain(self, domain: str) -> bool:
        if not self._domains:
            return False
        labels = domain.split(".")
        return any(".".join(labels[n:]) in self._domains for n in range(len(labels)))


@lru_cache(4096)
def _parts(network: str) -> tuple[int, int, int]:
    """Version, width of the prefix, and the prefix as a number."""
    net = ip_network(network)
    return net.version, net.prefixlen, int(net.network_address) >> net.max_prefixlen - net.prefixlen


# What operators do; every process goes by it within two seconds.


async def list_blocks(database: Database) -> list[Blocked]:
    """Those in force, the newest first."""
    async with database.connection() as connection:
        rows = await connection.fetch(*sql.list_blocks())
    names = ("value", "reason", "added_by", "added_at", "until")
    return [Blocked(BlockKind(row["kind"]), *(row[name] for name in names)) for row in rows]


async def show_blocks(database: Database) -> list[Blocked]:
    """For an operator. It is on record."""
    found = await list_blocks(database)
    async with database.connection() as connection:
        await record_operator(connection, AuditEvent.BLOCKS_LISTED)
    return found


async def add_block(database: Database, target: Target, reason: str, seconds: int | None) -> None:
    """For so long, or until it is removed; in the place of an earlier one. It is on record."""
    async with database.transaction() as connection:
        await connection.execute(
            *sql.add_block(
                kind=target.kind.value,
                value=target.value,
                reason=reason,
                added_by=current_operator.get(),
                seconds=seconds,
            )
        )
        await record_operator(
            connection,
            AuditEvent.BLOCK_ADDED,
            kind=target.kind.value,
            value=target.on_record,
            reason=reason,
            seconds=seconds or 0,
        )


async def remove_block(database: Database, target: Target) -> bool:
    """Whether it was in force. It is on record."""
    kind = target.kind.value
    async with database.transaction() as connection:
        if not await connection.fetchval(*sql.remove_block(kind=kind, value=target.value)):
            return False
        facts = target.on_record
        await record_operator(connection, AuditEvent.BLOCK_REMOVED, kind=kind, value=facts)
    return True
