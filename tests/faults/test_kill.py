"""SIGKILL at any moment: the flow goes on, nobody is texted twice, no account is half made."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import sleep

import httpx
import pytest

from tests.faults.staged import Staged, locked, told, until, waiting
from tests.person import Person, new_email, new_phone
from tests.standins import behaviour as acts

PASSWORD = "seven otters paint slowly"


def test_killed_after_each_step_the_flow_goes_on_where_it_was(staged: Staged) -> None:
    phone, email, person = new_phone(), new_email(), Person(staged)
    person.give_phone(phone)
    staged.wait_for_state(phone, "sent")
    restart(staged)
    assert person.get("/signup/phone").location == "/signup/phone-code"
    person.give_phone_code(phone)
    restart(staged)
    assert person.get("/signup/phone").location == "/signup/email"
    person.give_email(email)
    staged.wait_for_state(email, "sent")
    restart(staged)
    assert person.get("/signup/phone").location == "/signup/email-code"
    person.give_email_code(email)
    kill_while_the_account_is_made(staged, person)
    assert accounts(staged, phone) == 0
    assert person.give_password(PASSWORD).heading == "Your account is ready"
    restart(staged)
    assert person.get("/signup/done").heading == "Your account is ready"
    assert_one_of_each(staged, phone, email)


def assert_one_of_each(staged: Staged, phone: str, email: str) -> None:
    assert (accounts(staged, phone), sessions(staged, phone)) == (1, 1)
    assert len(staged.texts_to(phone)) == len(staged.emails_to(email)) == 1


def kill_while_the_account_is_made(staged: Staged, person: Person) -> None:
    """When the person is written already, and their session is not."""
    url = staged.database_url
    with locked(url, "sessions"), ThreadPoolExecutor(1) as thread:
        finishing = thread.submit(person.post, "/signup/password", password=PASSWORD)
        until(lambda: waiting(url) == 1)
        staged.kill()
        assert isinstance(finishing.exception(10), httpx.TransportError)
    staged.start()


@dataclass(frozen=True)
class Caught:
    """People whose message was being sent when the process was killed."""

    never_taken: str
    taken: str
    no_list: str
    busy_list: str
    letter: str
    waiting: dict[str, Person]


@pytest.fixture(scope="module")
def caught(staged: Staged) -> Caught:
    phones = never, taken, no_list, busy_list = [new_phone() for _ in range(4)]
    letter = new_email()
    people = Caught(*phones, letter, {to: Person(staged) for to in (*phones, letter)})
    staged.twilio.script.for_destination(never, acts.hang(), acts.ordinary())
    staged.twilio.script.for_destination(taken, acts.accept_then_hang())
    staged.twilio.script.for_destination(no_list, acts.accept_then_hang(), acts.ordinary())
    staged.twilio.lists.for_destination(no_list, acts.answers(405))
    staged.twilio.script.for_destination(busy_list, acts.hang(), acts.ordinary())
    staged.twilio.lists.for_destination(busy_list, acts.http_500(), acts.ordinary())
    staged.sendgrid.script.for_destination(letter, acts.accept_then_hang(), acts.ordinary())
    phone = new_phone()
    people.waiting[letter].give_phone(phone)
    people.waiting[letter].give_phone_code(phone)
    before = staged.twilio.requests
    for to in phones:
        people.waiting[to].give_phone(to)
    people.waiting[letter].give_email(letter)
    until(lambda: staged.twilio.requests - before == 4 and bool(staged.emails_to(letter)))
    restart(staged)
    sleep(1.2)  # longer than a dispatcher's look takes: what is claimed is left alone
    assert {staged.state_of(to) for to in people.waiting} == {"sending"}
    staged.end_all_claims()
    for to in people.waiting:
        staged.wait_for_state(to, "sent", "failed")
    return people


def test_a_text_that_never_reached_the_vendor_is_sent_by_another_process(
    staged: Staged, caught: Caught
) -> None:
    assert staged.state_of(caught.never_taken) == "sent"
    assert len(staged.texts_to(caught.never_taken)) == 1
    on = caught.waiting[caught.never_taken].give_phone_code(caught.never_taken)
    assert on.path == "/signup/email"


def test_a_text_that_did_is_not_sent_again(staged: Staged, caught: Caught) -> None:
    assert staged.state_of(caught.taken) == "sent"
    [text] = staged.texts_to(caught.taken)
    [row] = staged.sql("SELECT provider_id FROM deliveries WHERE destination = $1", caught.taken)
    assert row["provider_id"] == text.sid
    assert caught.waiting[caught.taken].give_phone_code(caught.taken).path == "/signup/email"


def test_nor_is_one_of_which_the_vendor_can_tell_nothing(staged: Staged, caught: Caught) -> None:
    assert len(staged.texts_to(caught.no_list)) == 1
    person = caught.waiting[caught.no_list]
    assert told(person, "/signup/phone-code") == (
        "We couldn’t be sure that the text went out. If nothing arrives, ask for another."
    )
    assert person.submit("/signup/phone-code/resend").path == "/signup/phone-code"
    staged.wait_for_state(caught.no_list, "sent")
    assert len(staged.texts_to(caught.no_list)) == 2
    assert person.give_phone_code(caught.no_list).path == "/signup/email"


def test_one_of_which_it_cannot_tell_at_first_is_not_lost(staged: Staged, caught: Caught) -> None:
    assert staged.state_of(caught.busy_list) == "sent"
    assert len(staged.texts_to(caught.busy_list)) == 1
    on = caught.waiting[caught.busy_list].give_phone_code(caught.busy_list)
    assert on.path == "/signup/email"


def test_an_email_is_sent_twice_at_most_with_the_same_code(staged: Staged, caught: Caught) -> None:
    first, second = staged.emails_to(caught.letter)
    assert first.subject == second.subject
    assert caught.waiting[caught.letter].give_email_code(caught.letter).path == "/signup/password"


def restart(staged: Staged) -> None:
    staged.kill()
    staged.start()


def accounts(staged: Staged, phone: str) -> int:
    return staged.sql("SELECT count(*) FROM users WHERE phone = $1", phone)[0]["count"]


def sessions(staged: Staged, phone: str) -> int:
    [row] = staged.sql(
        "SELECT count(*) FROM sessions JOIN users u ON u.id = user_id WHERE u.phone = $1", phone
    )
    return row["count"]
