"""Our cookies: what protects them, and what is not taken for one."""

import httpx
import pytest

from app.web.cookies import Cookies, parse_cookies
from tests.person import Person, new_email, new_phone
from tests.product import Product

SECURE = Cookies(secure=True)
# A `Cookie` header each, and what is read of `__Host-flow` in it.
HEADERS = [
    ("__Host-flow=n.abc", "n.abc"),
    ("a=b; __Host-flow=n.abc; c=d", "n.abc"),
    ("__Host-flow=n.abc;__Host-flow=n.abc", None),
    ("__Host-flow=n.abc; __Host-flow=n.def", None),
    ("__Host-flow=; __Host-flow=n.abc", None),
    ("flow=n.abc", None),
    ("__host-flow=n.abc", None),
    ("\xa0__Host-flow=n.abc", None),
    ("\u2003__Host-flow=n.abc", None),
    ("\t__Host-flow=n.abc", None),
    ("\xa0__Host-flow=n.evil; __Host-flow=n.abc", "n.abc"),
    ("__Host-flow", None),
    ("__Host-flow=", None),
    ('__Host-flow="n.abc"', None),
    ("__Host-flow=n.abc=", None),
    ("__Host-flow=n.\xe9", None),
    ("__Host-flow=n.a%62c", None),
    (f"__Host-flow=n.{'a' * 5000}", None),
    ("=__Host-flow=n.abc", None),
    ("__Host-flow =n.abc", None),
    ("", None),
]


@pytest.mark.parametrize(("header", "value"), HEADERS)
def test_only_one_well_formed_cookie_of_ours_is_read(header: str, value: str | None) -> None:
    raw = header.encode("latin-1", errors="ignore") if "\u2003" not in header else header.encode()
    assert SECURE.read(parse_cookies([(b"cookie", raw)]), "flow") == value


def test_two_headers_with_our_cookie_are_one_too_many() -> None:
    headers = [(b"cookie", b"__Host-flow=n.abc"), (b"cookie", b"__Host-flow=n.abc")]
    assert SECURE.read(parse_cookies(headers), "flow") is None


async def test_cookies_are_for_this_host_over_https_and_no_script(https: httpx.AsyncClient) -> None:
    answer = await https.get("/signup/phone")
    [line] = answer.headers.get_list("set-cookie")
    name, _, rest = line.partition("=")
    assert name == "__Host-flow"
    assert rest.split("; ")[1:] == [
        "Path=/",
        "HttpOnly",
        "SameSite=Lax",
        "Secure",
        "Max-Age=172800",
    ]


async def test_a_planted_cookie_makes_its_owner_a_stranger(https: httpx.AsyncClient) -> None:
    flow = (await https.get("/signup/phone")).cookies["__Host-flow"]
    for planted in (f"__Host-flow=n.evil; __Host-flow={flow}", "\xa0__Host-flow=n.evil"):
        https.cookies.clear()
        answer = await https.get("/signup/phone", headers=[(b"cookie", planted.encode("latin-1"))])
        fresh = answer.cookies["__Host-flow"]
        assert fresh not in (flow, "n.evil")


def test_on_loopback_they_go_without_what_needs_https(product: Product) -> None:
    [line] = Person(product).get("/signup/phone").response.headers.get_list("set-cookie")
    assert line.startswith("flow=n.")
    assert line.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=172800"]


def test_a_flow_cookie_sent_twice_is_a_visitor_who_has_not_begun(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    flow = person.http.cookies["flow"]
    seen = httpx.get(
        f"{product.url}/signup/phone-code", headers={"cookie": f"flow={flow}; flow={flow}"}
    )
    assert (seen.status_code, seen.headers["location"]) == (303, "/signup/phone")


def test_signing_in_ends_the_flow_and_brings_new_identifiers(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    planted = {"access": "planted", "refresh": "planted"}
    person.http.cookies.update(planted)
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    person.get("/signup/password")
    done = person.post("/signup/password", password="seven otters paint slowly")
    lines = done.response.headers.get_list("set-cookie")
    assert any(line.startswith("flow=;") and "Max-Age=0" in line for line in lines)
    assert all("HttpOnly; SameSite=Lax" in line for line in lines)
    set_now = dict(line.partition(";")[0].split("=", 1) for line in lines)
    assert {"access", "refresh"} <= set(set_now)
    assert "planted" not in set_now.values()


def test_no_page_holds_a_cookies_value(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    secret = person.http.cookies["flow"].partition(".")[2]
    for path in ("/signup/phone-code", "/signup/phone?change", "/signup"):
        assert secret not in person.get(path).html
