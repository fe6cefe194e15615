"""Limits hold for pages and for calls of the API together, and both are refused alike."""

from tests.client import Client, problem_of
from tests.controllers.conftest import Limited
from tests.crowd import wrong_codes
from tests.holder import Holder
from tests.person import PASSWORD, Person, new_phone
from tests.product import Product

WRONG = "not the right one"


def pages_first(person: Person, client: Client, email: str) -> list[int]:
    """Three wrong passwords by pages, two by calls."""
    pair = {"email": email, "password": WRONG}
    pages = [person.submit("/login/password", **pair).status for _ in range(3)]
    return pages + [client.post("/login/password", **pair).status_code for _ in range(2)]


def test_wrong_passwords_are_counted_together(product: Product) -> None:
    owner, person = Holder(product), Person(product)
    with Client(product) as client:
        assert pages_first(person, client, owner.email) == [422] * 3 + [401] * 2
        locked = person.submit("/login/password", email=owner.email, password=PASSWORD)
        refused = client.post("/login/password", email=owner.email, password=PASSWORD)
    assert locked.status == 429
    assert problem_of(refused)[:2] == (429, "password_locked")
    assert refused.headers["retry-after"] == locked.response.headers["retry-after"]
    assert refused.json()["detail"] in locked.alert


def test_sends_to_a_number_are_counted_together(limited: Limited) -> None:
    phone, person = new_phone(), limited.visitor("10.9.9.1")
    there = {"x-forwarded-for": "10.9.9.1"}
    with Client(limited.product, **there) as client:
        for _ in range(2):
            person.http.cookies.clear()
            assert person.submit("/signup/phone", phone=phone).path == "/signup/phone-code"
            limited.wait(750)
            client.handles.clear()
            assert client.post("/signup/phone", phone=phone).status_code == 201
            limited.wait(750)
        client.handles.clear()
        refused = client.post("/signup/phone", phone=phone)
        person.http.cookies.clear()
        page = person.submit("/signup/phone", phone=phone)
    assert (page.status, problem_of(refused)[:2]) == (429, (429, "too_many_sends"))
    assert refused.json()["detail"] in page.alert
    assert "retry-after" not in refused.headers
    assert limited.texts(phone) == 4


def test_a_code_asked_for_too_soon_is_refused_where_a_page_counts_down(limited: Limited) -> None:
    """Ruling 9.9: only naming the number again differs."""
    phone, there = new_phone(), {"x-forwarded-for": "10.9.8.1"}
    person = limited.visitor("10.9.8.1")
    with Client(limited.product, **there) as client:
        client.post("/signup/phone", phone=phone)
        client.handles.clear()
        refused = client.post("/signup/phone", phone=phone)
        page = person.submit("/signup/phone", phone=phone)
        resent = person.post("/signup/phone-code/resend")
    assert problem_of(refused) == (429, "too_soon", None)
    assert (page.status, page.path) == (200, "/signup/phone-code")
    assert (resent.status, limited.texts(phone)) == (429, 1)


def test_wrong_codes_for_a_number_are_counted_together(limited: Limited) -> None:
    phone, person = new_phone(), limited.visitor("10.9.7.1")
    with Client(limited.product, **{"x-forwarded-for": "10.9.7.1"}) as client:
        person.submit("/signup/phone", phone=phone)
        own = client.code(phone)
        limited.wait(60)
        client.post("/signup/phone", phone=phone)
        code = client.code(phone, 1)
        tries = [person.post("/signup/phone-code", code=each) for each in wrong_codes(own, 3)]
        calls = [client.post("/signup/phone-code", code=each) for each in wrong_codes(code, 2)]
        refused = client.post("/signup/phone-code", code=code)
        page = person.post("/signup/phone-code", code=own)
    assert [each.status for each in tries] == [422] * 3
    assert [problem_of(each)[:2] for each in calls] == [(422, "wrong_code")] * 2
    assert (page.status, problem_of(refused)) == (429, (429, "contact_locked", "code"))
    assert refused.headers["retry-after"] == page.response.headers["retry-after"]
    assert refused.json()["detail"] in page.alert
