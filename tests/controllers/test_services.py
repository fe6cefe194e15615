"""Services that ask through their proxy: what they are told, and how a browser comes to them."""

from time import sleep

import httpx
import pytest

from app.domain.sessions.service_tokens import REMEMBERED
from tests.crowd import sql
from tests.holder import PASSWORD, Holder
from tests.neighbours import BLOG, SHOP, Asking
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.sessions.held import send_at_once

ROTATIONS = """
SELECT generation FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
PLAN = """
INSERT INTO plan_choices (user_id, plan, interval, currency, amount_minor)
SELECT id, 'team', 'month', 'EUR', 900 FROM users WHERE email = $1
"""
ELSEWHERE = [
    "https://evil.example/",
    "https://shop.example.com",
    "https://shop.example.com.evil.example/",
    "https://shop.example.com@evil.example/",
    "https://shop.example.com:444/",
    "http://shop.example.com/",
    "https:/shop.example.com/",
    "//shop.example.com/",
    "https://SHOP.example.com/",
    "https://shop.example.com\\@evil.example/",
    "https://shop.example.com/\\evil",
    "https://shop.example.com/a b",
    "https://shop.example.com/#latchkey",
    "https://shop.example.com/\r\nset-cookie: a=b",
    "https://shop.example.com/ä",
    "https://shop.example.com/" + "a" * 1001,
    "javascript:alert(1)",
    "/account",
    "",
]


@pytest.fixture(scope="module")
def product(serviced: Product) -> Product:
    return serviced


@pytest.fixture(scope="module")
def own(own_origin: str) -> str:
    return own_origin


@pytest.fixture(scope="module")
def holder(product: Product) -> Holder:
    holder = Holder(product)
    sql(product, PLAN, holder.email)
    return holder


def told(answer: httpx.Response) -> dict[str, str]:
    return {
        name.removeprefix("x-latchkey-"): value
        for name, value in answer.headers.items()
        if name.startswith("x-latchkey-")
    }


def user_id(holder: Holder) -> str:
    [row] = sql(holder.product, "SELECT id FROM users WHERE email = $1", holder.email)
    return str(row["id"])


def session(holder: Holder) -> dict[str, str]:
    return {name: holder.http.cookies[name] for name in ("access", "refresh")}


def comes_back(browser: Person, start: str) -> str:
    """Where a browser is led by the sign-in that a service has sent it to."""
    page = browser.get(start)
    while page.status == 303:
        page = browser.get(page.location)
    return page.response.headers["refresh"].removeprefix("0; url=")


def signed_in_at(holder: Holder, origin: str = SHOP) -> Asking:
    asking = Asking(holder.product, origin)
    code = comes_back(holder, asking.ask("/").headers["location"])
    asking.ask(code.removeprefix(origin))
    return asking


# What a service is told.


def test_a_service_is_told_what_its_scopes_allow(holder: Holder, own: str) -> None:
    everything = {"user": user_id(holder), "phone": holder.phone, "email": holder.email}
    for asking in (Asking(holder.product, own, session(holder)), signed_in_at(holder)):
        answer = asking.ask()
        assert (answer.status_code, told(answer)) == (204, everything | {"plan": "team"})
    assert told(signed_in_at(holder, BLOG).ask()) == {"user": user_id(holder), "plan": "team"}


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_host": "other.example.com"},
        {"x_forwarded_host": "127.0.0.1, 127.0.0.1"},
        {"x_forwarded_host": ""},
        {"x_forwarded_proto": "gopher"},
    ],
)
def test_a_host_that_nobody_configured_is_told_the_id_alone(
    holder: Holder, own: str, headers: dict[str, str]
) -> None:
    asking = Asking(holder.product, own, session(holder))
    assert told(asking.ask(**headers)) == {"user": user_id(holder)}
    nobody = Asking(holder.product, own).ask(**headers)
    assert (nobody.status_code, told(nobody)) == (401, {})


def test_whoever_is_no_trusted_proxy_does_not_say_which_service_asks(
    holder: Holder, own: str
) -> None:
    host = {"x-forwarded-host": own.removeprefix("http://"), "x-forwarded-proto": "http"}
    stranger = Person(holder.product, "127.0.0.8")
    stranger.http.cookies.update(session(holder))
    assert told(stranger.get("/api/v1/forward-auth", **host).response) == {"user": user_id(holder)}
    twice = [*host.items(), ("x-forwarded-host", "shop.example.com"), *cookie_header(holder)]
    answer = httpx.get(f"{holder.product.url}/api/v1/forward-auth", headers=twice)
    assert told(answer) == {"user": user_id(holder)}


def cookie_header(holder: Holder) -> list[tuple[str, str]]:
    return [("cookie", "; ".join(f"{name}={value}" for name, value in session(holder).items()))]


def test_a_value_that_is_no_plain_text_is_left_out(product: Product, own: str) -> None:
    """No account can hold one; were there one, it would be no second header."""
    holder = Holder(product)
    sql(product, "ALTER TABLE plan_choices DROP CONSTRAINT IF EXISTS code_is_plain")
    sql(product, PLAN.replace("team", "team\r\nx-latchkey-phone: +12025550100"), holder.email)
    answer = Asking(product, own, session(holder)).ask()
    assert answer.status_code == 204
    assert "plan" not in told(answer)
    assert answer.headers.get_list("x-latchkey-phone") == [holder.phone]


def test_a_service_is_told_of_a_change_within_a_second(product: Product, own: str) -> None:
    holder = Holder(product)
    asking = Asking(product, own, session(holder))
    assert "plan" not in told(asking.ask())
    sql(product, PLAN, holder.email)
    sleep(REMEMBERED)
    assert told(asking.ask())["plan"] == "team"


# How a browser comes to a service.


def test_a_browser_comes_back_to_the_page_of_another_host(product: Product) -> None:
    holder, asking, page = Holder(product), Asking(product), "/cart?item=1&size=~m%20l"
    browser = Person(product)
    start = asking.ask(page).headers["location"]
    assert start.startswith(f"{product.url}/login?return_to=%2Fservices%2Freturn%3Fto%3D")
    browser.get(start)
    landed = browser.submit("/login/password", email=holder.email, password=PASSWORD)
    assert (landed.path, landed.heading) == (
        "/services/return",
        "We’re taking you to shop.example.com",
    )
    url = landed.response.headers["refresh"].removeprefix("0; url=")
    assert url.startswith(f"{SHOP}{page}&latchkey=")
    answer = asking.ask(url.removeprefix(SHOP))
    assert (answer.status_code, answer.headers["location"]) == (302, SHOP + page)
    assert asking.ask(page).status_code == 204
    assert asking.ask("/api", "application/json").status_code == 204


def test_a_sign_up_leads_back_too(product: Product) -> None:
    browser, asking = Person(product), Asking(product, BLOG)
    browser.get(asking.ask("/").headers["location"])
    assert browser.sign_up(new_phone(), new_email()).path == "/services/return"


def test_a_service_on_our_own_host_needs_no_code(product: Product, own: str) -> None:
    holder = Holder(product)
    start = Asking(product, own).ask("/a?b=c").headers["location"]
    assert comes_back(holder, start) == f"{own}/a?b=c"
    assert comes_back(holder, f"/services/return?to={SHOP}/cart") == f"{SHOP}/cart"


def test_a_script_is_told_to_leave_by_a_header(holder: Holder) -> None:
    page = holder.get(f"/services/return?to={SHOP}/cart", **{"hx-request": "true"})
    assert (page.status, page.response.headers["hx-redirect"]) == (200, f"{SHOP}/cart")


def test_an_access_token_alone_leads_to_no_service(holder: Holder) -> None:
    """Whoever runs a service below our own host may have read it."""
    thief = Person(holder.product)
    thief.http.cookies.set("access", holder.http.cookies["access"], domain="127.0.0.1")
    turned_away = thief.get(f"/services/return?to={SHOP}/cart")
    assert turned_away.location.startswith("/login?return_to=%2Fservices%2Freturn")
    assert thief.get(turned_away.location).status == 200


def test_a_parameter_of_the_name_of_our_code_is_the_services_own_elsewhere(
    holder: Holder, own: str
) -> None:
    mine = Asking(holder.product, own, session(holder))
    assert mine.ask("/?latchkey=1").status_code == 204
    posted = signed_in_at(holder).ask("/?latchkey=1", x_forwarded_method="POST")
    assert posted.status_code == 204


# A code is good once it comes back to the browser that asked, and nowhere else.


def test_a_code_is_of_no_use_to_another_browser_or_service(holder: Holder) -> None:
    asking = Asking(holder.product)
    url = comes_back(holder, asking.ask("/").headers["location"])
    nobody = Asking(holder.product).ask(url.removeprefix(SHOP))
    assert (nobody.status_code, told(nobody)) == (401, {})
    for origin in (SHOP, BLOG):
        other = Asking(holder.product, origin)
        other.ask("/")
        led = other.ask(url.removeprefix(SHOP))
        assert (led.headers["location"], "service" in other.cookies) == (f"{origin}/", False)
        assert other.ask("/").status_code == 302
    asking.ask(url.removeprefix(SHOP))
    assert asking.ask("/").status_code == 204
    stolen = Asking(holder.product, BLOG, {"service": asking.cookies["service"]})
    assert stolen.ask("/").status_code == 302


def test_a_session_that_ends_is_over_at_each_service(product: Product) -> None:
    holder = Holder(product)
    asking = signed_in_at(holder)
    assert asking.ask().status_code == 204
    holder.get("/account")
    holder.post("/logout")
    assert asking.ask().status_code == 302


def test_what_is_no_page_is_refused_and_led_nowhere(product: Product, own: str) -> None:
    for asking in (Asking(product, SHOP), Asking(product, own)):
        answers = (
            asking.ask(accept="application/json"),
            asking.ask(hx_request="true"),
            asking.ask(x_forwarded_method="POST"),
            asking.ask(accept="*/*", query="?redirect=no"),
        )
        assert {(each.status_code, *told(each)) for each in answers} == {(401,)}
        assert asking.cookies == {}


def test_a_proxy_that_takes_no_redirect_is_told_where_to_go(product: Product, own: str) -> None:
    for asking in (Asking(product, SHOP), Asking(product, own)):
        answer, location = asking.ask(query="?redirect=no"), asking.ask().headers["location"]
        assert (answer.status_code, told(answer)) == (401, {"location": location})


@pytest.mark.parametrize("to", ELSEWHERE)
def test_nobody_is_led_to_where_no_service_is(holder: Holder, to: str) -> None:
    answer = holder.http.get("/services/return", params={"to": to, "state": "s" * 43})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_fifty_requests_with_one_expired_token_are_one_rotation(holder: Holder, own: str) -> None:
    [before] = sql(holder.product, ROTATIONS, holder.email)
    refresh = holder.http.cookies["refresh"]
    headers = {"x-forwarded-host": own.removeprefix("http://"), "x-forwarded-proto": "http"}
    url = f"{holder.product.url}/api/v1/forward-auth"
    asked = httpx.Request("GET", url, headers=headers | {"cookie": f"refresh={refresh}"})
    answers = send_at_once([asked] * 50)
    assert {each.status_code for each in answers} == {204}
    assert {told(each)["email"] for each in answers} == {holder.email}
    assert len({each.headers.get_list("set-cookie")[1] for each in answers}) == 1
    [after] = sql(holder.product, ROTATIONS, holder.email)
    assert after["generation"] == before["generation"] + 1
