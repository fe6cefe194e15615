"""A message whose sender died with it in hand: none is lost, and nobody is sent it too often."""

from app.domain.delivery.breaker import Breaker
from app.domain.delivery.outbox import claim, settle
from app.domain.delivery.sending import ASK_AGAIN, Sending
from tests.faults.desk import LAPSE, Desk, NoMail, composed


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
