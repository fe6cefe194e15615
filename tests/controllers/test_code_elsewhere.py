"""Asked again within the wait, from another device or page: the page of the code opens and counts
down. Nothing is sent, and the code that was sent proves nothing there.
"""

from redis import Redis

from app.domain.verification.held import MOST_FLOWS
from tests.controllers.conftest import Limited
from tests.controllers.test_signup_limits import ask, outcome, refusal
from tests.crowd import at_once, sql
from tests.dormant import UNUSED
from tests.person import Person, Seen, new_email, new_phone

CODE_PAGE = (303, "/signup/phone-code")
TOLD = "We just sent a code to this {} from another page."
OTHERS = "That code only works on the page that asked for it."
WRONG_ONES = "SELECT sum(attempts) FROM {}_verifications"


def counts_down(page: Seen, what: str) -> bool:
    """Seconds of a wait on the button for another one, and no word of a code on its way."""
    html = page.html
    told = TOLD.format(what) in html and "Send a new one in" in html
    return page.status == 200 and told and "timed h0" in html and 'id="delivery"' not in html


def held(limited: Limited, phone: str, address: str = "") -> Person:
    """Someone who asks for a code to a number that one was sent to just now."""
    assert outcome(ask(limited.visitor(), phone)) == CODE_PAGE
    second = limited.visitor(address)
    assert outcome(ask(second, phone)) == CODE_PAGE
    return second


def test_a_second_device_waits_on_the_page_of_the_code(limited: Limited) -> None:
    phone = new_phone()
    second = held(limited, phone)
    assert limited.texts(phone) == 1
    assert counts_down(second.get("/signup/phone-code"), "number")
    refused = second.post("/signup/phone-code/resend")
    assert refused.status == 429
    assert 20 <= int(refused.response.headers["retry-after"]) <= 30
    limited.wait(31)
    page = second.get("/signup/phone-code")
    assert (page.status, "timed" in page.html) == (200, False)
    assert outcome(second.post("/signup/phone-code/resend")) == CODE_PAGE
    assert limited.texts(phone) == 2
    code = limited.product.code_for(phone, 1)
    assert 'id="delivery"' in second.get("/signup/phone-code").html
    assert second.post("/signup/phone-code", code=code).location == "/signup/email"


def test_the_code_of_another_page_proves_nothing_and_no_guess_counts(limited: Limited) -> None:
    phone = new_phone()
    second = held(limited, phone)
    page = second.get("/signup/phone-code")
    for code in [limited.product.code_for(phone), *(f"00000{n}" for n in range(8))]:
        page = second.post("/signup/phone-code", code=code)
        assert (page.status, OTHERS in page.alert, page.field("code")) == (422, True, code)
    assert counts_down(second.get("/signup/phone-code"), "number")
    assert sql(limited.product, WRONG_ONES.format("phone"))[0]["sum"] == 0


def test_a_wait_that_others_have_begun_anew_goes_on_there(limited: Limited) -> None:
    phone = new_phone()
    second = held(limited, phone)
    limited.wait(31)
    ask(limited.visitor(), phone)
    assert second.post("/signup/phone-code/resend").status == 429
    assert counts_down(second.get("/signup/phone-code"), "number")


def test_a_code_that_is_asked_for_in_two_ways_at_once_is_not_ended_by_a_wait(
    limited: Limited,
) -> None:
    for _ in range(3):
        phone = new_phone()
        person = held(limited, phone)
        limited.wait(31)
        person.get("/signup/phone-code")
        form = {"csrf_token": person.token(), "phone": phone}
        ways = ("/signup/phone-code/resend", "/signup/phone")
        at_once([(person, way, form) for way in ways * 4])
        code = limited.product.code_for(phone, 1)
        assert person.post("/signup/phone-code", code=code).location == "/signup/email"


def test_another_number_ends_the_code_to_the_one_before(limited: Limited) -> None:
    mine, theirs, person = new_phone(), new_phone(), limited.visitor()
    ask(limited.visitor(), theirs)
    ask(person, mine)
    code = limited.product.code_for(mine)
    person.get("/signup/phone?change")
    assert outcome(person.post("/signup/phone?change", phone=theirs)) == CODE_PAGE
    assert counts_down(person.get("/signup/phone-code"), "number")
    assert person.post("/signup/phone-code", code=code).status == 422
    person.get("/signup/phone?change")
    assert outcome(person.post("/signup/phone?change", phone=mine)) == CODE_PAGE


def test_signing_in_is_the_same_with_and_without_an_account(limited: Limited) -> None:
    known, unknown = new_phone(), new_phone()
    limited.visitor().sign_up(known, new_email())
    limited.wait(3600)
    pages = []
    for phone in (known, unknown):
        ask(limited.visitor(), phone)
        person = limited.visitor()
        person.get("/login/phone")
        assert person.post("/login/phone", phone=phone).location == "/login/phone-code"
        page = person.get("/login/phone-code")
        assert counts_down(page, "number")
        refused = person.post("/login/phone-code", code="123456")
        pages.append((page.title, page.heading, refused.status, refused.alert))
    assert pages[0] == pages[1]


def test_a_network_can_wait_so_on_only_so_many_pages(limited: Limited) -> None:
    here = "198.18.7.1"
    held(limited, phone := new_phone(), here)
    with Redis.from_url(limited.valkey.url) as memory:
        [waiting] = memory.keys("*held_flows:198.18.7.0/24")
        [(_, since)] = memory.zrange(waiting, 0, -1, withscores=True)
        memory.zadd(waiting, {f"one more {n}": since for n in range(MOST_FLOWS - 2)})
    assert outcome(ask(limited.visitor(here), phone)) == CODE_PAGE
    assert refusal(ask(limited.visitor(here), phone))[0] == 429


def test_an_address_that_was_just_mailed_to_waits_too(limited: Limited) -> None:
    email = new_email()
    for _ in range(2):
        person, phone = limited.visitor(), new_phone()
        ask(person, phone)
        person.give_phone_code(phone)
        page = person.give_email(email)
        assert page.path == "/signup/email-code"
    assert limited.texts(email) == 1
    assert counts_down(page, "address")
    refused = person.post("/signup/email-code", code=limited.product.code_for(email))
    assert (refused.status, OTHERS in refused.alert) == (422, True)
    limited.wait(61)
    assert person.post("/signup/email-code/resend").status == 303
    assert limited.texts(email) == 2


def test_a_new_number_of_an_account_waits_too_and_can_be_given_up(limited: Limited) -> None:
    person, phone = limited.visitor(), new_phone()
    person.sign_up(new_phone(), new_email())
    ask(limited.visitor(), phone)
    assert person.submit("/account/phone", phone=phone).path == "/account/phone-code"
    assert counts_down(person.get("/account/phone-code"), "number")
    refused = person.post("/account/phone-code", code=limited.product.code_for(phone))
    assert (refused.status, OTHERS in refused.alert) == (422, True)
    assert person.post("/account/phone-code/resend").status == 429
    given_up = person.get(person.post("/account/phone/cancel").location)
    assert "Change cancelled." in given_up.html
    assert person.get("/account/phone-code").location == "/account"


def test_what_was_named_before_does_not_come_back_when_a_change_is_cancelled(
    limited: Limited,
) -> None:
    person, phone = limited.visitor(), new_phone()
    person.sign_up(new_phone(), new_email())
    ask(limited.visitor(), phone)
    assert person.submit("/account/phone", phone=phone).path == "/account/phone-code"
    assert person.submit("/account/phone", phone=new_phone()).path == "/account/phone-code"
    person.get("/account")
    assert person.post("/account/phone/cancel").location == "/account"
    assert person.get("/account/phone-code").location == "/account"


def test_a_second_press_leads_to_the_code_one_confirms_with(limited: Limited) -> None:
    person, phone = limited.visitor(), new_phone()
    person.sign_up(phone, new_email())
    person.get("/account/confirm")
    for _ in range(2):
        asked = person.post("/account/confirm/code")
        assert outcome(asked) == (303, "/account/confirm")
        limited.forget("*once:*")  # no double click
    page = person.get(asked.location)
    assert "timed h0" in page.html
    assert limited.texts(phone) == 2
    assert person.post("/account/confirm/resend").status == 429
    code = limited.product.code_for(phone, 1)
    assert outcome(person.post("/account/confirm", code=code)) == (303, "/account")
    person.get("/account/confirm")
    assert outcome(person.post("/account/confirm/code")) == (303, "/account/confirm")
    assert counts_down(person.get("/account/confirm"), "number")


def test_the_owner_of_an_unused_account_is_told_of_no_other_mail(limited: Limited) -> None:
    """Who has the number may be someone else, and learns nothing of the mailbox."""
    person, phone, email = limited.visitor(), new_phone(), new_email()
    limited.visitor().sign_up(phone, email)
    sql(limited.product, UNUSED, email, 91)
    limited.wait(3600)
    limited.visitor().submit("/recovery/email", email=email)
    person.submit("/login/phone", phone=phone)
    page = person.submit("/login/phone-code", code=limited.product.code_for(phone, 1))
    assert (page.status, page.path, "another page" in page.html) == (
        200,
        "/login/email-code",
        False,
    )
    assert limited.texts(email) == 2
    assert refusal(person.post("/login/email-code/resend"))[0] == 429
    limited.wait(61)
    assert person.post("/login/email-code/resend").location == "/login/email-code"
    code = limited.product.code_for(email, 2)
    assert person.post("/login/email-code", code=code).location == "/account"
