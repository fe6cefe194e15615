"""A message whose sender died with it in hand: none is lost, and nobody is sent it too often."""

from dataclasses import dataclass, field

from app.domain.delivery.breaker import Breaker
from app.domain.delivery.outbox import Message, claim, settle
from app.domain.delivery.sending import ASK_AGAIN, Sending
from app.domain.ports import Letter, SendOutcome, Sent
from tests.faults.desk import LAPSE, Desk, NoMail, composed


@dataclass
class Post:
    """Takes each letter, and nobody lives to hear of it."""

    taken: list[str] = field(default_factory=list)

    async def send(self, letter: Letter) -> SendOutcome:
        self.taken.append(letter.to)
        return Sent("")


def written(message: Message) -> Letter:
    return Letter(message.destination, "123456", "123456", "123456", str(message.id))


async def test_a_letter_goes_out_twice_at_most(desk: Desk) -> None:
    await desk.queue("ada@example.org")
    await desk.sql("UPDATE deliveries SET channel = 'email'")
    post = Post()
    send = Sending(desk.vendor, post, written, {"email": Breaker()})
    async with desk.database() as database, database.connection() as connection:
        for _ in range(3):
            [message] = await claim(connection, 9, 9)
            settled = await send(message)  # and dies before it is written down
            await desk.sql(LAPSE)
        await settle(connection, [settled])
    assert post.taken == ["ada@example.org"] * 2
    [told] = await desk.sql("SELECT state, provider_code, uncertain FROM deliveries")
    assert told == ("failed", "abandoned", 2)


async def test_a_text_that_takes_each_process_along_is_given_up(desk: Desk) -> None:
    await desk.queue("+1")
    desk.vendor.lists = "kept"
    send = Sending(desk.vendor, NoMail(), composed, {"sms": Breaker()})
    async with desk.database() as database, database.connection() as connection:
        for _ in range(4):
            [message] = await claim(connection, 9, 9)
            await desk.sql(LAPSE)
    settled = await send(message)
    assert (settled.state, settled.provider_code) == ("failed", "abandoned")
    assert desk.vendor.taken == []


async def test_a_text_is_asked_about_until_the_vendor_can_tell(desk: Desk) -> None:
    await desk.queue("+1")
    desk.vendor.lists = "busy"
    send = Sending(desk.vendor, NoMail(), composed, {"sms": Breaker()})
    async with desk.database() as database, database.connection() as connection:
        await claim(connection, 9, 9)  # by somebody who dies with it in hand
        for asked in range(10):
            await desk.sql(LAPSE)
            [message] = await claim(connection, 9, 9)
            settled = await send(message)
            assert (settled.state, settled.delay <= ASK_AGAIN) == ("sending", True), asked
            await settle(connection, [settled])
    assert desk.vendor.taken == []
    desk.vendor.lists = "kept"
    await desk.sql(LAPSE)
    async with desk.dispatcher():
        await desk.until("sent", "+1")
    assert desk.vendor.taken == ["+1"]
