"""Sending one claimed message: by the first sender that takes it, and never by two at once.

The next sender gets it when the one before surely did not take it: it was busy or not reached, or
refused for a reason of its own account. What it refused for good is refused, and what it may have
taken stays with it, until it says that it has not.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from typing import Any

from app.domain.audit import current_request
from app.domain.delivery.calls import Call
from app.domain.delivery.outbox import (
    UNKNOWN,
    Claim,
    DeliveryOutcome,
    Message,
    State,
    ask_later,
    give_up_or_retry,
    move_claim,
    not_paid,
    outcome_of_send,
    record_outcomes,
    wait_for_its_own,
)
from app.domain.delivery.senders import Sender, Senders
from app.domain.delivery.spending import pay_again
from app.domain.errors import Unavailable
from app.domain.metrics import SENDS
from app.domain.ports import Database, Email, Reason, Refused, SendOutcome, Text, Uncertain, Unsent
from app.domain.ports import Sent as Taken
from app.domain.tracing import Tracer

log = logging.getLogger("app.sending")

# Uncertain so often, it is not sent at once: a text where each process that starts it dies.
MAY_BE_LEFT = {Email: UNKNOWN, Text: UNKNOWN + 1, Call: UNKNOWN + 1}

Compose = Callable[[Message], Text | Call | Email]

SWEEP = 1.0  # seconds between looks for what other processes queued, or left
PAUSE = 0.01  # seconds between two claims or writings: one for ten messages costs as one for one


class OutcomeRecorder:
    """Writes down what became of messages. While it `is_behind`, nothing more should be started."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._finished: asyncio.Queue[DeliveryOutcome | None] = asyncio.Queue()
        self.is_behind = False

    async def put(self, outcome: DeliveryOutcome | None) -> None:
        await self._finished.put(outcome)

    async def run(self) -> None:
        """Whatever has finished meanwhile goes into one statement; a `None` is the last."""
        last = False
        while not last:
            batch = [await self._finished.get()]
            while not self._finished.empty():
                batch.append(self._finished.get_nowait())
            last = None in batch
            await self._record_batch([outcome for outcome in batch if outcome])
            await asyncio.sleep(PAUSE)

    async def _record_batch(self, batch: list[DeliveryOutcome]) -> None:
        """Tried until PostgreSQL answers: what was sent must not be forgotten."""
        for wait in chain((0.0,), repeat(SWEEP)):
            await asyncio.sleep(wait)
            try:
                async with self._database.connection() as connection:
                    await record_outcomes(connection, batch)
            except Unavailable:
                self.is_behind = True
            except Exception:
                await self._record_each(batch)
                break
            else:
                break
        self.is_behind = False

    async def _record_each(self, batch: list[DeliveryOutcome]) -> None:
        """After a batch was refused: one that cannot be written down stops no other. Its claim runs
        out, and then the provider is asked what became of it.
        """
        if len(batch) > 1:
            for outcome in batch:
                await self._record_batch([outcome])
            return
        log.exception("what became of a message could not be written down",
                      extra={"delivery": str(batch[0].message.id)})  # fmt: skip


class MessageSender:
    """`compose` turns a claimed row into words, code and all; `senders` are by what they send."""

    def __init__(
        self,
        database: Database,
        recorder: OutcomeRecorder,
        compose: Compose,
        senders: Mapping[type, Senders[Any]],
        tracer: Tracer | None = None,
    ) -> None:
        self._database, self._recorder = database, recorder
        self._compose, self._senders, self._tracer = compose, senders, tracer
        self._questions: set[asyncio.Task[None]] = set()

    async def send_and_record(self, message: Message) -> None:
        """In a task of its own: what is logged meanwhile names the request that asked for it."""
        current_request.set(message.request_id or "")
        facts = {"delivery": str(message.id), "template": message.template}
        request_id = message.request_id or ""
        trace = self._tracer and self._tracer.message(message.channel, request_id, facts)
        with trace or nullcontext():
            await self._recorder.put(await self.send_message(message))

    async def send_message(self, message: Message) -> DeliveryOutcome:
        """Never lets one bad message stop another: what goes wrong here is its own outcome."""
        try:
            return await self._try_to_send(message)
        except Exception:
            log.exception("message could not be sent", extra={"delivery": str(message.id)})
            return give_up_or_retry(message.claim, "internal")

    async def _try_to_send(self, whole: Message) -> DeliveryOutcome:
        message = whole.claim
        if message.is_too_late:
            return DeliveryOutcome(message, State.EXPIRED)
        composed = self._compose(whole)
        if message.abandoned and message.uncertain >= MAY_BE_LEFT[type(composed)]:
            return give_up_or_retry(message, "abandoned")
        senders = self._senders[type(composed)]
        able = senders.able or [senders.next]
        (senders.find(message.sender) or able[0]).in_flight.add(message.id)
        try:
            if isinstance(composed, Email):
                return await self._send_by_first(message, composed, able)
            for sender in senders.to_be_asked:
                self._ask_whether_back(sender, composed)
            if message.abandoned or message.uncertain:
                return await self._send_again(message, composed, senders)
            return await self._send_by_first(message, composed, able)
        finally:
            senders.let_go(message.id)

    async def _send_again(
        self, message: Claim, text: Text | Call, senders: Senders[Any]
    ) -> DeliveryOutcome:
        """One that may have gone out. Nobody is texted, or called, twice by a crash of ours, and no
        other sender has it before its own has said that it did not take it.
        """
        its_own = senders.find(message.sender)
        if its_own is None:  # nobody can be asked any more
            return give_up_or_retry(message, "abandoned")
        try:
            found = await (await its_own.port.get()).find(text, timedelta(seconds=message.age))
        except Unavailable:
            if message.abandoned:
                return ask_later(message)
            found = None
        if found:
            return DeliveryOutcome(message, State.SENT, found, "found")
        if found == "":  # of a notice that surely did not, no earlier try counts
            message = replace(message, uncertain=0) if message.notice else message
            others = [sender for sender in senders.able if sender is not its_own]
            return await self._send_by_first(message, text, [*others, its_own])
        if message.abandoned:
            return give_up_or_retry(message, "abandoned")
        if its_own.breaker.is_open and (waiting := wait_for_its_own(message)):
            return waiting
        try:
            wait = await pay_again(self._database, message.id, message.uncertain)
        except Unavailable:
            return outcome_of_send(message, Unsent("database"))
        if wait is not None:
            return not_paid(message, wait)
        return await self._send_by_first(message, text, [its_own])

    async def _send_by_first(
        self, message: Claim, composed: Text | Call | Email, senders: list[Sender[Any]]
    ) -> DeliveryOutcome:
        """By the first of `senders` that takes it."""
        answers: list[SendOutcome] = []
        for sender in senders:
            if sender.name != message.sender:
                try:
                    async with self._database.connection() as connection:
                        moved = await move_claim(
                            connection, message, sender.name, *_said(answers[-1:])
                        )
                except Unavailable:
                    answers.append(Unsent("database"))
                    break
                if moved is None:
                    return DeliveryOutcome(message, State.QUEUED)  # it is somebody else's by now
                message = moved
            answers.append(await self._hand_over(sender, message, composed))
            if not _may_go_on(answers[-1]):
                break
        last = _outcome_of_all(answers)
        return replace(outcome_of_send(message, last), words=_said([last])[1])

    async def _hand_over(
        self, sender: Sender[Any], message: Claim, composed: Text | Call | Email
    ) -> SendOutcome:
        sender.in_flight.add(message.id)
        answer: SendOutcome = await (await sender.port.get()).send(composed)
        self._note_answer(sender, message, answer, len(self._senders[type(composed)].all) > 1)
        return answer

    def _note_answer(
        self, sender: Sender[Any], message: Claim, answer: SendOutcome, has_others: bool
    ) -> None:
        """One that is not set up rightly is left alone, too, where others are."""
        breaker, (code, words) = sender.breaker, _said([answer])
        outcome, (channel, region) = type(answer).__name__.lower(), message.counted_as
        SENDS.add(channel, sender.name, region, outcome)
        if isinstance(answer, Taken | Refused) and not (has_others and _may_go_on(answer)):
            breaker.record_success()
        else:
            breaker.record_failure(message.id, unsure=isinstance(answer, Uncertain))
            sender.is_back = False
        theirs = isinstance(answer, Refused) and answer.reason.is_for_good
        if isinstance(answer, Taken) or (words and not theirs):
            breaker.words = words
        log.info(
            "message handed over",
            extra={"delivery": str(message.id), "channel": message.channel,
                   "sender": sender.name, "template": message.template,
                   "outcome": outcome,
                   "provider_id": answer.provider_id if isinstance(answer, Taken) else None,
                   "provider_code": code or None, "words": words},
        )  # fmt: skip

    def _ask_whether_back(self, sender: Sender[Any], text: Text | Call) -> None:
        """A question costs nothing and keeps nobody waiting."""

        async def ask() -> None:
            try:
                await (await sender.port.get()).find(text, timedelta(0))
                sender.is_back = True
            except Unavailable as error:
                sender.breaker.record_failure()
                sender.breaker.words = error.reason or sender.breaker.words
            finally:
                sender.is_asked = False

        sender.is_asked = True
        question = asyncio.create_task(ask())
        self._questions.add(question)
        question.add_done_callback(self._questions.discard)


def _said(answers: list[SendOutcome]) -> tuple[str, str]:
    """Code and words of the only one of `answers`; "" for none, or where it was taken."""
    if not answers or isinstance(answers[0], Taken):
        return "", ""
    return answers[0].provider_code, answers[0].words


def _may_go_on(answer: SendOutcome) -> bool:
    """Whether another sender may be given the message: this one surely has not taken it, and it is
    not the number that keeps it away.
    """
    match answer:
        case Unsent() | Refused(Reason.MISCONFIGURED):
            return True
    return False


def _outcome_of_all(answers: list[SendOutcome]) -> SendOutcome:
    """Where none took it, it is tried again as soon as one asks for it."""
    busy = [answer for answer in answers if isinstance(answer, Unsent)]
    if not _may_go_on(answers[-1]) or not busy:
        return answers[-1]
    return min(busy, key=lambda answer: answer.retry_after or 0.0)
