"""Guesses at a code: counted and committed first, compared after, refused in words."""

import asyncio
import secrets
from contextlib import suppress
from datetime import timedelta
from math import ceil

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, is_recorded_limit_full, outlasts, record, record_hourly
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Refusal, Rejected, TooMany, Unavailable
from app.domain.i18n import Text, _, ngettext
from app.domain.limit_refusals import TooManyGuesses, name_limit
from app.domain.limits import DAY, HOUR, LimitTable
from app.domain.moments import Wait
from app.domain.ports import Connection, CountResult, NotUnique, Record, Tally
from app.domain.verification.codes import (
    GUESSES,
    MOST_IN_A_ROW,
    NONCE_BYTES,
    PHONE,
    digest_guess,
    note_proof,
    parse_code,
)
from app.domain.verification.pending import NoCode, PendingCode
from app.domain.verification.sending import find_owners_device
from app.domain.verification.verification import Challenge, Verifications

WRONG = "%:code_refused"  # events
GUESS_LIMITS = ("wrong_codes_per_address", "wrong_codes_per_network")
LOOK_AGAIN = 0.1  # seconds
TELL_FROM = 2  # tries left, from which the page says how many


class WrongCode(Rejected):
    code = "wrong_code"
    field = "code"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(_wrong(attempts_left))
        self.attempts_left = attempts_left


class SpentCode(Rejected):
    code = "spent_code"
    field = "code"
    message = _("Too many wrong tries with that code. Ask for a new one below.")
    attempts_left = 0


class ExpiredCode(Rejected):
    code = "expired_code"
    field = "code"
    message = _("That code has expired. Ask for a new one below.")


class OthersCode(Rejected):
    """The flow is held, so whatever code there is belongs to another one. Which it is, and whether
    it was entered here, is not looked at: nobody guesses at a code but in its own flow.
    """

    code = "others_code"
    field = "code"
    message = _(
        "That code only works on the page that asked for it. Enter it there, or send a new one to"
        " this page below."
    )


class ContactLocked(TooMany):
    """The failure budget of the number or address is used up for whoever asks now."""

    code = "contact_locked"
    field = "code"

    def __init__(self, seconds: int, destination: str) -> None:
        wait = Wait.in_minutes(seconds)
        if "@" in destination:
            sentence = _("Too many wrong codes for this address. Try again %(when)s.", when=wait)
        else:
            sentence = _("Too many wrong codes for this number. Try again %(when)s.", when=wait)
        super().__init__(sentence, retry_after=wait.seconds)


async def check_code(
    codes: Verifications, challenge: Challenge, pending: PendingCode, raw: str
) -> None:
    """Returns when `raw` holds the code of `pending`, which is not consumed by it. The very same
    guess again is compared, and not counted. Raises `BadCode` for what is no code, `WrongCode`,
    `OthersCode`, `SpentCode`, `ExpiredCode`, `NoCode`, `ContactLocked`, `TooManyGuesses`.
    """
    guess = parse_code(raw, codes.channel.digits, codes.dependencies.host)
    if pending.kept:
        raise NoCode
    if pending.is_held:
        raise OthersCode
    await _GuessCheck(codes, challenge, pending).check(guess)


class _GuessCheck:
    """One guess at one code."""

    def __init__(self, codes: Verifications, challenge: Challenge, pending: PendingCode) -> None:
        self._codes, self._challenge, self._pending = codes, challenge, pending
        self._database, self._memory = codes.database, codes.dependencies.memory
        self._keys, self._limits = codes.dependencies.keys, codes.dependencies.limits
        self._origin = challenge.origin
        self._entry = str(uuid7())  # names the guess in the short memory

    async def check(self, guess: str) -> None:
        try:
            await self._take_room()
        except TooManyGuesses as limit:
            await self._record_stop(limit)
            raise
        if self._pending.unsent:
            await self._write_unsent()
        counted = await self._count(guess)
        if counted is None:
            refusal = await self._find_refusal()
            await self._record_stop(refusal)
            raise refusal
        right = self._codes.is_right(self._challenge, self._pending, counted["nonce"], guess)
        if not right and not counted["repeated"]:
            await self._record_wrong(counted["in_a_row"])
            raise WrongCode(GUESSES - counted["attempts"])
        await self._release_room()
        if not right:
            raise WrongCode(GUESSES - counted["attempts"])
        if not counted["repeated"]:
            note_proof(self._codes.channel, counted["attempts"], self._pending.seconds_left)
        if self._codes.channel is PHONE:
            await self._codes.dependencies.limiter.proved.note(self._pending.id)
        if self._pending.consumed and not counted["repeated"]:
            async with self._database.connection() as connection:
                await connection.execute(*self._codes.sql.uncount_guess(id=self._pending.id))

    async def _take_room(self) -> None:
        """Every guess is entered as wrong, and taken out when it was right."""
        tallies = self._tallies()
        try:
            count = await self._memory.count(tallies, self._entry)
        except Unavailable:
            count = CountResult(None, memory_age=0)
        if full := count.reached:
            raise name_limit(TooManyGuesses(full.retry_after), GUESS_LIMITS[full.index])
        _, of_network = tallies
        if outlasts(of_network, count.memory_age):
            async with self._database.connection() as connection:
                window = await is_recorded_limit_full(
                    connection, of_network, WRONG, self._origin.network
                )
            if window:
                await self._release_room()
                raise name_limit(TooManyGuesses(window.seconds), GUESS_LIMITS[1])

    async def _release_room(self) -> None:
        try:
            await self._memory.uncount(self._tallies(), self._entry)
        except Unavailable:
            return  # it stays counted as wrong for an hour: strict, and nobody's loss

    def _tallies(self) -> tuple[Tally, Tally]:
        table = self._limits
        return (
            table.wrong_codes_per_address.tally(f"guesses:{self._origin.address}"),
            table.wrong_codes_per_network.tally(f"guesses:{self._origin.network}"),
        )

    async def _write_unsent(self) -> None:
        """The row of a code that was not sent: from the first guess on it is counted like others,
        and whoever guesses has taken room for it.
        """
        with suppress(NotUnique):  # another guess was faster
            async with self._database.connection() as connection:
                await connection.execute(
                    *self._codes.sql.start_unsent_code(
                        flow_id=self._challenge.flow_id,
                        purpose=self._challenge.purpose,
                        id=self._pending.id,
                        nonce=secrets.token_bytes(NONCE_BYTES),
                        contact=self._pending.destination,
                        lifetime=timedelta(seconds=self._pending.seconds_left),
                        most_guesses=GUESSES,
                    )
                )

    async def _count(self, guess: str) -> Record | None:
        """Committed before anything is compared, so that a kill in between costs a guess."""
        sql, budget = self._codes.sql, await self._budget(self._pending)
        async with self._database.transaction() as connection:
            await connection.execute(*sql.lock_contact(contact=self._pending.destination))
            return await connection.fetchrow(
                *sql.count_guess(
                    **budget,
                    most_guesses=GUESSES,
                    was_consumed=self._pending.consumed,
                    guess=digest_guess(self._keys[0], self._pending.id, guess),
                )
            )

    async def _budget(self, pending: PendingCode) -> dict[str, object]:
        """The parameters of `find_lock`: a device that was forgotten is anybody's."""
        destination, pseudonyms = pending.destination, self._codes.dependencies.pseudonyms
        return {
            "id": pending.id,
            "contact_names": pseudonyms.list_names(destination),
            "subject": self._codes.dependencies.subjects.of(destination),
            "device": await find_owners_device(self._codes, self._origin, destination),
            "address_names": pseudonyms.list_names(self._origin.share)[1:],
            "most_in_a_row": MOST_IN_A_ROW,
            **most_wrong(self._limits),
        }

    async def _find_refusal(self) -> Refusal:
        """Why the guess was not even counted. Read again: what was shown may be older than that."""
        now = await self._codes.find_pending(self._challenge)
        while now and now.is_being_decided:
            await asyncio.sleep(LOOK_AGAIN)
            now = await self._codes.find_pending(self._challenge)
        if now is None or now.id != self._pending.id or now.consumed:
            return NoCode()
        if now.seconds_left <= 0:
            return ExpiredCode()
        if now.attempts_left == 0:
            return SpentCode()
        seconds = await self._find_lock(now)
        return name_limit(ContactLocked(seconds, now.destination), "wrong_codes_per_contact")

    async def _find_lock(self, now: PendingCode) -> int:
        """In seconds, by what the budget of the contact still holds, for whoever asks."""
        budget = await self._budget(now)
        async with self._database.connection() as connection:
            seconds = await connection.fetchval(*self._codes.sql.find_lock(**budget))
        return max(0, ceil(seconds or 0))

    async def _record_stop(self, refusal: Refusal) -> None:
        event = AuditEvent(f"{self._challenge.purpose}:guess_stopped")
        limit = refusal.limit or refusal.code
        with suppress(Unavailable):  # the guess is refused either way
            await record_hourly(self._database, event, self._origin.network, limit=limit)

    async def _record_wrong(self, in_a_row: int | None) -> None:
        async with self._database.transaction() as connection:
            await record(
                connection,
                AuditEvent(f"{self._challenge.purpose}:code_refused"),
                flow_id=self._challenge.flow_id,
                network=self._origin.network,
                channel=self._codes.channel.name,
            )
            if in_a_row == MOST_IN_A_ROW:
                await self._notify_owner(connection)

    async def _notify_owner(self, connection: Connection) -> None:
        """Once, by mail: someone guesses, and how the account is opened all the same."""
        channel, contact = self._codes.channel, self._pending.destination
        owner = await connection.fetchval(*self._codes.sql.find_owner(contact=contact))
        held = AuditEvent(f"{channel.column}:guesses_held")
        await record(connection, held, user_id=owner, network=self._origin.network)
        if owner:
            what = channel.column
            await queue_notice(connection, "guesses_held", owner, self._origin, what=what)


def most_wrong(table: LimitTable) -> dict[str, int | None]:
    """By the parameters of `find_lock`; None where there is no such window."""
    anywhere = dict(table.wrong_codes_per_contact.windows)
    here = dict(table.wrong_codes_per_contact_and_address.windows)
    held = dict(table.wrong_codes_per_held_contact.windows)
    held_here = dict(table.wrong_codes_per_held_contact_and_address.windows)
    return {
        "most_an_hour": anywhere.get(HOUR),
        "most_a_day": anywhere.get(DAY),
        "most_an_hour_here": here.get(HOUR),
        "most_a_day_here": here.get(DAY),
        "most_when_held": held.get(DAY),
        "most_when_held_here": held_here.get(DAY),
    }


def _wrong(attempts_left: int) -> Text:
    if attempts_left > TELL_FROM:
        return _("That isn’t the code we sent. Check it and try again.")
    if attempts_left == 0:
        return _("That isn’t the code we sent, and that was the last try. Ask for a new one below.")
    return ngettext(
        "That isn’t the code we sent. You have %(num)s try left with this code.",
        "That isn’t the code we sent. You have %(num)s tries left with this code.",
        attempts_left,
    )
