"""A message whose sender died with it in flight: none is lost, and nobody is sent it too often."""

from dataclasses import dataclass, field

from app.domain.delivery.outbox import ASK_AGAIN, Message, claim_due, record_outcomes
from app.domain.delivery.senders import Senders
from app.domain.ports import Email, SendOutcome, Sent, Uncertain, Unsent
from tests.faults.dispatchers import LAPSE, DispatcherSetup, named, sending_by

BUDGET = (
    "INSERT INTO text_budget (currency, budget, dearest, text, call) VALUES ('USD', $1, 10, 10, 30)"
)
PAID = "SELECT sum(cost)::int, (SELECT sum(spent)::int FROM text_spending) FROM deliveries"


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


async def try_once(setup: DispatcherSetup, trouble: SendOutcome | None) -> tuple[object, ...]:
    """The state of the only message after one more try, its code and when it is due, in hours."""
    setup.vendor.trouble = trouble
    async with setup.database() as database, database.connection() as connection:
        send = setup.sending(database)
        await setup.sql(LAPSE)
        [message] = await claim_due(connection, 9, 9)
        await record_outcomes(connection, [await send.send_message(message)])
    [told] = await setup.sql("SELECT state, provider_code, next_try_at > now() FROM deliveries")
    return told


async def test_a_text_that_may_have_gone_out_is_paid_each_time(setup: DispatcherSetup) -> None:
    await setup.sql(BUDGET, 100)
    await setup.queue("+1")
    paid = []
    for trouble in (Unsent("429"), Uncertain("timeout"), Unsent("503"), Unsent("503"), None):
        await try_once(setup, trouble)
        paid.append(await setup.sql(PAID))
    assert paid == [[(10, 10)]] * 2 + [[(20, 20)]] * 3
    assert setup.vendor.taken == ["+1"]


async def test_it_does_not_go_out_again_where_nothing_is_left(setup: DispatcherSetup) -> None:
    await setup.sql(BUDGET, 10)
    await setup.queue("+1")
    await try_once(setup, Uncertain("timeout"))
    assert await try_once(setup, None) == ("failed", "budget", False)
    assert (setup.vendor.taken, await setup.sql(PAID)) == ([], [(10, 10)])


async def test_a_notice_waits_for_the_next_day_then(setup: DispatcherSetup) -> None:
    await setup.sql(BUDGET, 10)
    await setup.queue_notice("+1")
    await try_once(setup, Uncertain("timeout"))
    assert await try_once(setup, None) == ("queued", "budget", True)
    at_midnight = "SELECT next_try_at - date_trunc('day', now() + interval '1 day', 'UTC')"
    [(off,)] = await setup.sql(f"{at_midnight} BETWEEN '0' AND '1 minute' FROM deliveries")
    assert (off, setup.vendor.taken) == (True, [])
    await setup.sql("UPDATE text_budget SET budget = 20")
    assert (await try_once(setup, None))[0] == "sent"
    assert await setup.sql(PAID) == [(20, 20)]
