"""A notice is never dropped: it is tried for a week, with pauses that grow to an hour. One that may
have gone out each time goes out a few times in that week.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.domain.delivery.outbox import UNSURE, DeliveryOutcome, claim_due, record_outcomes
from app.domain.delivery.senders import Senders
from app.domain.ports import Dependency, Email, Reason, Refused, SendOutcome, Uncertain, Unsent
from tests.controllers.test_account_forgotten import found, soon_nowhere
from tests.faults.dispatchers import LAPSE, DispatcherSetup, named, sending_by
from tests.faults.staged import Staged, until
from tests.faults.test_sending import written
from tests.owner import Owner
from tests.person import new_email
from tests.standins import behaviour as acts
from tests.standins import sendgrid as mail
from tests.standins.behaviour import Behaviour
from tests.standins.twilio import rate_limited, refuse

WAITING = """
SELECT tries, round(extract(epoch FROM next_try_at - clock_timestamp()) / 60)::int AS minutes
FROM deliveries WHERE destination = $1 AND template = ANY($2) AND state = 'queued'
"""
DUE = "UPDATE deliveries SET next_try_at = clock_timestamp() WHERE state = 'queued'"
CHANGED = ["email_changed", "email_changed_text"]
DELETED = ["account_deleted", "account_deleted_text"]
NOT_SENT = """
SELECT details->>'template' AS template, details->>'state' AS state FROM audit_events
WHERE event = 'notice:not_sent' AND user_id = (SELECT id FROM users WHERE phone = $1)
"""
# How the vendors are, and the tries and minutes to wait that are seen of the text and of the mail.
# One that says 500 may have taken it; that of texts can tell that it did not.
TROUBLE = {
    "says 500": (acts.http_500(), acts.http_500(), [((1, 1), (1, 1)), ((2, 1), (2, 15))]),
    "has too much to do": (rate_limited(), mail.rate_limited(1), [((3, 1),) * 2, ((4, 5),) * 2]),
    "knows our key no more": (
        refuse(20003),
        mail.refuse(401, "authorization grant is invalid"),
        [((3, 1),) * 2, ((4, 5),) * 2],
    ),
}
PASS = """
UPDATE deliveries SET created_at = created_at - make_interval(secs => $1),
  expires_at = expires_at - make_interval(secs => $1),
  next_try_at = next_try_at - make_interval(secs => $1)
"""
DAY = [60.0, 300.0, 900.0, *[3600.0] * 20]


def troubled(staged: Staged, owner: Owner, text: Behaviour, letter: Behaviour) -> None:
    """The vendors, from now on, with what is for the owner."""
    staged.twilio.script.for_destination(owner.phone, text)
    staged.sendgrid.script.for_destination(owner.email, letter)


Waits = tuple[tuple[int, int], tuple[int, int]]


def wait(staged: Staged, owner: Owner, templates: list[str], seen: Waits) -> None:
    """Until the text and the mail have been tried so often, and have so many minutes to wait."""
    for to, waits in zip((owner.phone, owner.email), seen, strict=True):
        until(lambda: waits in staged.sql(WAITING, to, templates))  # noqa: B023


@pytest.mark.parametrize(("text", "letter", "waits"), TROUBLE.values(), ids=TROUBLE)
def test_it_goes_out_once_its_vendor_recovers(
    staged: Staged, text: Behaviour, letter: Behaviour, waits: tuple[Waits, Waits]
) -> None:
    owner = Owner(staged)
    troubled(staged, owner, text, letter)
    owner.change("email", new_email())
    wait(staged, owner, CHANGED, waits[0])
    staged.sql(DUE)
    wait(staged, owner, CHANGED, waits[1])
    for vendor in ("twilio", "sendgrid"):
        until(lambda: "1 wait to be tried again" in staged.health_of(vendor)["output"])  # noqa: B023
        assert staged.health_of(vendor)["status"] == "warn"
    had = len(staged.texts_to(owner.phone)), len(staged.emails_to(owner.email))
    troubled(staged, owner, acts.ordinary(), acts.ordinary())
    staged.sql(DUE)
    staged.wait_for_state(owner.phone, "sent")
    staged.wait_for_state(owner.email, "sent")
    assert len(staged.texts_to(owner.phone)) == had[0] + 1
    assert len(staged.emails_to(owner.email)) == had[1] + 1
    assert staged.sql(NOT_SENT, owner.phone) == []


def test_one_for_a_contact_that_takes_none_ends_at_once_and_is_on_record(staged: Staged) -> None:
    owner = Owner(staged)
    troubled(staged, owner, refuse(21211), mail.bad_address())
    owner.change("email", new_email())
    until(lambda: len(staged.sql(NOT_SENT, owner.phone)) == 2)
    assert sorted(staged.sql(NOT_SENT, owner.phone)) == [
        ("email_changed", "refused"),
        ("email_changed_text", "refused"),
    ]


def test_a_deleted_accounts_contacts_are_kept_until_then(staged: Staged) -> None:
    owner = Owner(staged)
    troubled(staged, owner, acts.http_500(), acts.http_500())
    assert owner.submit("/account/deletion", password="seven otters paint slowly").path == "/"
    wait(staged, owner, DELETED, ((1, 1), (1, 1)))
    assert {"deliveries", "deleted_contacts"} <= found(staged, owner.phone, owner.email)
    troubled(staged, owner, acts.ordinary(), acts.ordinary())
    staged.sql(DUE)
    soon_nowhere(staged, owner.phone, owner.email)
    assert "deleted" in staged.texts_to(owner.phone)[-1].body


async def outcomes(setup: DispatcherSetup, tries: int) -> AsyncIterator[DeliveryOutcome]:
    """What became of the one message that is queued, at each try."""
    async with setup.database() as database, database.connection() as connection:
        sending = setup.sending(database)
        for _ in range(tries):
            await setup.sql(LAPSE)
            [message] = await claim_due(connection, 9, 9)
            outcome = await sending.send_message(message)
            await record_outcomes(connection, [outcome])
            yield outcome


@pytest.mark.parametrize(
    "trouble",
    [Unsent("429"), Unsent("429", 0), Unsent("429", 1e9), Uncertain("500"), Unsent("ConnectError"),
     Refused(Reason.MISCONFIGURED, "401")],
)  # fmt: skip
async def test_the_pauses_grow_to_an_hour(setup: DispatcherSetup, trouble: SendOutcome) -> None:
    await setup.queue_notice("+1")
    setup.vendor.trouble, setup.vendor.lists = trouble, "kept"
    settled = [each async for each in outcomes(setup, 2 + len(DAY))]
    assert {each.state for each in settled} == {"queued"}
    pauses = [each.delay for each in settled[2:]]
    assert pauses == ([3600.0] * len(DAY) if trouble == Unsent("429", 1e9) else DAY)


@dataclass
class Silent:
    """Takes each letter, and says nothing."""

    taken: int = 0
    dependency = Dependency("silent", "")

    async def send(self, email: Email) -> SendOutcome:
        self.taken += 1
        return Uncertain("ReadTimeout")


async def test_a_mail_that_may_have_gone_out_goes_out_a_few_times_in_its_week(
    setup: DispatcherSetup,
) -> None:
    await setup.queue_notice("ada@example.org")
    await setup.sql("UPDATE deliveries SET channel = 'email'")
    post, passed, state = Silent(), 0.0, "queued"
    async with setup.database() as database, database.connection() as connection:
        sending = sending_by({Email: Senders(named("mail", post))}, database, written)
        while state == "queued":
            [message] = await claim_due(connection, 9, 9)
            outcome = await sending.send_message(message)
            await record_outcomes(connection, [outcome])
            await setup.sql(PASS, outcome.delay)
            passed, state = passed + outcome.delay, outcome.state
    assert (post.taken, state) == (7, "failed")
    assert passed > 6 * 86400


async def test_a_text_that_surely_did_not_go_out_is_tried_each_hour(
    setup: DispatcherSetup,
) -> None:
    """Which the vendor can tell again, after it could not for some tries."""
    await setup.queue_notice("+1")
    setup.vendor.trouble, setup.vendor.lists = Uncertain("500"), "none"
    unsure = [each.delay async for each in outcomes(setup, 5)]
    setup.vendor.lists = "kept"
    assert unsure == list(UNSURE[:5])
    assert [each.delay async for each in outcomes(setup, 2)] == [3600.0, 3600.0]


async def test_codes_are_taken_before_notices_that_waited_longer(setup: DispatcherSetup) -> None:
    """They expire in minutes, and after an outage many notices are due."""
    await setup.queue_notice("+1")
    await setup.sql(LAPSE)
    await setup.queue("+2", "+3")
    async with setup.database() as database, database.connection() as connection:
        taken = [
            sorted(each.destination for each in await claim_due(connection, 2, 2)) for _ in range(2)
        ]
    assert taken == [["+2", "+3"], ["+1"]]


async def test_a_bug_of_ours_ends_no_notice(setup: DispatcherSetup) -> None:
    await setup.queue_notice("poison")
    assert {each.state async for each in outcomes(setup, 5)} == {"queued"}


async def test_a_notice_ends_after_its_week(setup: DispatcherSetup) -> None:
    await setup.queue_notice("+1")
    await setup.sql("UPDATE deliveries SET tries = 170, expires_at = now() + interval '59 minutes'")
    setup.vendor.trouble = Unsent("429")
    assert [each.state async for each in outcomes(setup, 1)] == ["failed"]
    [event] = await setup.sql("SELECT event, details->>'state' FROM audit_events")
    assert event == ("notice:not_sent", "failed")


async def test_a_text_whose_senders_died_is_sent_where_nobody_can_tell(
    setup: DispatcherSetup,
) -> None:
    await setup.queue_notice("+1")
    async with setup.database() as database, database.connection() as connection:
        await claim_due(connection, 9, 9)  # by someone who dies with it in flight
    assert [each.state async for each in outcomes(setup, 2)] == ["queued", "sent"]


async def test_a_text_that_may_have_gone_out_is_asked_about_ever_more_rarely(
    setup: DispatcherSetup,
) -> None:
    await setup.queue_notice("+1")
    setup.vendor.lists = "busy"
    async with setup.database() as database, database.connection() as connection:
        await claim_due(connection, 9, 9)  # by someone who dies with it in flight
    await setup.sql("UPDATE deliveries SET created_at = now() - interval '1 day'")
    settled = [each async for each in outcomes(setup, 20)]
    assert {each.state for each in settled} == {"sending"}
    assert 600 < max(each.delay for each in settled) <= 3600
