"""A message whose sender died with it in flight: none is lost, and nobody is sent it too often."""

from dataclasses import dataclass, field

from app.domain.delivery.outbox import ASK_AGAIN, Message, claim_due, record_outcomes
from app.domain.delivery.senders import Senders
from app.domain.ports import Email, SendOutcome, Sent
from tests.faults.dispatchers import LAPSE, DispatcherSetup, named, sending_by


@dataclass
class Post:
    """Takes each letter, and nobody lives to hear of it."""

    taken: list[str] = field(default_factory=list)

    async def send(self, email: Email) -> SendOutcome:
        self.taken.append(email.to)
        return Sent("")


def written(message: Message) -> Email:
    return Email(message.destination, "123456", "123456", "123456", str(message.id))


async def test_an_email_goes_out_twice_at_most(setup: DispatcherSetup) -> None:
    await setup.queue("ada@example.org")
    await setup.sql("UPDATE deliveries SET channel = 'email'")
    post = Post()
    async with setup.database() as database, database.connection() as connection:
        send = sending_by({Email: Senders(named("mail", post))}, database, written)
        for _ in range(3):
            [message] = await claim_due(connection, 9, 9)
            outcome = await send.send_message(message)  # and dies before it is written down
            await setup.sql(LAPSE)
        await record_outcomes(connection, [outcome])
    assert post.taken == ["ada@example.org"] * 2
    [told] = await setup.sql("SELECT state, provider_code, uncertain FROM deliveries")
    assert told == ("failed", "abandoned", 2)


async def test_a_text_that_takes_each_process_along_is_given_up(setup: DispatcherSetup) -> None:
    await setup.queue("+1")
    setup.vendor.lists = "kept"
    async with setup.database() as database, database.connection() as connection:
        send = setup.sending(database)
        for _ in range(4):
            [message] = await claim_due(connection, 9, 9)
            await setup.sql(LAPSE)
    outcome = await send.send_message(message)
    assert (outcome.state, outcome.provider_code) == ("failed", "abandoned")
    assert setup.vendor.taken == []


async def test_a_text_is_asked_about_until_the_vendor_can_tell(setup: DispatcherSetup) -> None:
    await setup.queue("+1")
    setup.vendor.lists = "busy"
    async with setup.database() as database, database.connection() as connection:
        send = setup.sending(database)
        await claim_due(connection, 9, 9)  # by someone who dies with it in flight
        for asked in range(10):
            await setup.sql(LAPSE)
            [message] = await claim_due(connection, 9, 9)
            outcome = await send.send_message(message)
            assert (outcome.state, outcome.delay <= ASK_AGAIN) == ("sending", True), asked
            await record_outcomes(connection, [outcome])
    assert setup.vendor.taken == []
    setup.vendor.lists = "kept"
    await setup.sql(LAPSE)
    async with setup.dispatcher():
        await setup.until("sent", "+1")
    assert setup.vendor.taken == ["+1"]
