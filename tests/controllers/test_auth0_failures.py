"""Sign-ins with Auth0 that come to nothing: a page with the ways on, and never a session."""

from time import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from app.domain.federation.transactions import Purpose, Transaction, Transactions
from app.domain.keys import keys_for
from app.settings import read_settings
from tests.crowd import sql
from tests.federated import Federated, identities_of, returned_at_once, sessions_of
from tests.person import Seen
from tests.product import Product

LOST = "took too long or was opened elsewhere"


@pytest.fixture
def zoe(product: Product) -> Federated:
    return Federated(product)


def changed(url: str, **query: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | query)}"


def refused(zoe: Federated, seen: Seen, words: str, status: int = 422) -> None:
    """A page with the reason, another try and the other ways in; its address tells nothing."""
    assert (seen.status, words in seen.alert) == (status, True), seen.alert
    came_to_nothing(zoe, seen)


def came_to_nothing(zoe: Federated, seen: Seen) -> None:
    assert seen.path.startswith("/auth0/failed/")
    query = seen.response.url.query
    assert b"code=" not in query
    assert b"state" not in query
    assert 'href="/login/phone"' in seen.html or 'href="/signup/phone"' in seen.html
    assert "access" not in zoe.http.cookies
    assert zoe.opened_nothing


@pytest.mark.parametrize("purpose", ["signup", "login"])
def test_who_cancelled_is_told_no_error(zoe: Federated, purpose: str) -> None:
    seen = zoe.follow(zoe.answered(purpose, "refuse"))
    came_to_nothing(zoe, seen)
    assert (seen.status, "wasn’t finished. Nothing was changed." in seen.html) == (200, True)
    assert ('class="alert" role="alert" tabindex="-1" autofocus' in seen.html) is False
    assert "Error" not in seen.title
    assert f'href="/auth0/start?for={purpose}"' in seen.html
    assert zoe.come_with_auth0(purpose).path == "/signup/phone", "another try"


@pytest.mark.parametrize("purpose", ["signup", "login"])
def test_a_provider_that_fails_is_told_with_another_try(zoe: Federated, purpose: str) -> None:
    seen = zoe.follow(zoe.answered(purpose, "fail"))
    refused(zoe, seen, "isn’t available right now", 503)
    assert f'href="/auth0/start?for={purpose}"' in seen.html
    assert zoe.come_with_auth0(purpose).path == "/signup/phone", "another try"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("unauthorized", "can’t sign in here"),
        ("invalid_scope", "couldn’t finish"),
        ("<script>", "couldn’t finish"),
    ],
)
def test_what_it_answers_instead_is_told_in_our_words(
    zoe: Federated, error: str, words: str
) -> None:
    state = dict(parse_qsl(urlsplit(zoe.leave()).query))["state"]
    told = {"error": error, "error_description": "DESCRIPTION", "state": state}
    seen = zoe.follow(f"/auth0/callback?{urlencode(told)}")
    refused(zoe, seen, words)
    assert "DESCRIPTION" not in seen.html
    log = zoe.product.log.read_text()
    word = error if error.isidentifier() else "-"
    assert f'"reason":"{word}","purpose":"signup"' in log.replace(" ", "")
    assert "DESCRIPTION" not in log


@pytest.mark.parametrize("purpose", ["signup", "login"])
def test_one_that_asks_again_is_told_with_another_try(zoe: Federated, purpose: str) -> None:
    """Not sent there at once: whoever it asks every time would go round for ever."""
    state = dict(parse_qsl(urlsplit(zoe.leave(purpose)).query))["state"]
    told = {"error": "login_required", "state": state}
    seen = zoe.follow(f"/auth0/callback?{urlencode(told)}")
    refused(zoe, seen, "sign in once more")
    assert f'href="/auth0/start?for={purpose}"' in seen.html


@pytest.mark.parametrize("query", [{}, {"state": "x" * 43}, {"state": "ü"}, {"code": "x" * 3000}])
def test_an_answer_to_nothing_is_told_so(zoe: Federated, query: dict[str, str]) -> None:
    refused(zoe, zoe.follow(f"/auth0/callback?{urlencode(query)}"), LOST)


@pytest.mark.parametrize("name", ["state", "code", "iss"])
def test_an_answer_with_a_parameter_twice_is_refused_and_burns_nothing(
    zoe: Federated, name: str
) -> None:
    """RFC 6749 3.1."""
    url = zoe.answered()
    given = dict(parse_qsl(urlsplit(url).query)) | {"iss": "x"}
    twice = f"{changed(url, iss='x')}&{urlencode({name: given[name]})}"
    refused(zoe, zoe.follow(twice), LOST)
    assert zoe.follow(url).path == "/signup/phone"


def test_a_browser_that_keeps_no_cookies_is_told_what_to_do(zoe: Federated) -> None:
    url = zoe.answered()
    zoe.http.cookies.clear()
    refused(zoe, zoe.follow(url), "turn on cookies for this site")


def test_another_tabs_answer_leaves_the_newer_one_alone(zoe: Federated) -> None:
    first = zoe.answered()
    second = zoe.answered()
    refused(zoe, zoe.follow(first), LOST)
    assert zoe.follow(second).path == "/signup/phone"


def test_another_browsers_answer_is_refused(zoe: Federated) -> None:
    url = zoe.answered()
    other = Federated(zoe.product)
    other.leave()
    refused(other, other.follow(url), LOST)
    assert zoe.follow(url).path == "/signup/phone", "and nobody else can spend it"


def test_a_state_that_was_tampered_with_is_refused(zoe: Federated) -> None:
    refused(zoe, zoe.follow(changed(zoe.answered(), state="A" * 43)), LOST)


@pytest.mark.parametrize(("age", "path"), [(590, "/signup/phone"), (611, "/auth0/failed/")])
def test_a_transaction_lives_for_ten_minutes(zoe: Federated, age: int, path: str) -> None:
    """Begun then, and answered by the provider just now."""
    url = zoe.leave()
    old = begun_before(zoe.product, age)
    asked = {"state": old.state, "nonce": old.nonce, "code_challenge": old.challenge}
    zoe.http.cookies.set("oidc", old.cookie, domain="127.0.0.1")
    zoe.get(changed(url, **asked))
    who = {"person": "new", "name": "Zoe", "email": zoe.email}
    back = zoe.post(changed(url, **asked), answer="continue", **who).location
    assert zoe.follow(back).path.startswith(path)


def begun_before(product: Product, seconds: int) -> Transaction:
    keys = keys_for("transactions", read_settings(product.env).secret_key)
    begun = Transactions(None, keys, lambda: time() - seconds)  # type: ignore[arg-type]
    return begun.begin(Purpose.SIGNUP)


def test_ten_replays_at_once_open_one_session(zoe: Federated) -> None:
    zoe.sign_up_with_auth0()
    before = sessions_of(zoe.product, zoe.email)
    other = Federated(zoe.product, zoe.email)
    given = returned_at_once([other] * 10, [other.answered("login")] * 10)
    assert given == {"/account": 1, "/auth0/failed/grant-spent?for=login": 9}
    assert sessions_of(zoe.product, zoe.email) == before + 1


def test_the_same_answer_later_goes_on_where_it_led(zoe: Federated) -> None:
    zoe.sign_up_with_auth0()
    url = zoe.answered("login")
    assert zoe.follow(url).path == "/account"
    assert zoe.follow(url).path == "/account", "signed in already"
    zoe.post("/logout")
    zoe.http.cookies.clear()
    seen = zoe.follow(url)
    assert (seen.status, LOST in seen.alert) == (422, True)


def test_a_code_of_someone_else_is_refused(zoe: Federated) -> None:
    """Mixed up or planted: the verifier belongs to another transaction."""
    other = Federated(zoe.product)
    stolen = dict(parse_qsl(urlsplit(other.answered()).query))["code"]
    refused(zoe, zoe.follow(changed(zoe.answered(), code=stolen)), LOST)
    assert identities_of(zoe.product, zoe.email) == []


def test_setting_off_writes_nothing(zoe: Federated) -> None:
    counted = "SELECT (SELECT count(*) FROM spent_transactions) + (SELECT count(*) FROM"
    both = f"{counted} identity_proofs) AS n"
    before = sql(zoe.product, both)[0]["n"]
    zoe.leave()
    assert sql(zoe.product, both)[0]["n"] == before


def test_a_link_of_another_site_gets_a_button(zoe: Federated) -> None:
    for site in ("cross-site", "same-site"):
        seen = zoe.get("/auth0/start?for=signup", **{"sec-fetch-site": site})
        assert (seen.status, seen.heading) == (200, "Continue with single sign-on")
        assert 'href="/auth0/start?for=signup"' in seen.html
    assert "oidc" not in zoe.http.cookies
    assert zoe.get("/auth0/start", **{"sec-fetch-site": "none"}).status == 303


def test_an_unknown_reason_is_no_page(zoe: Federated) -> None:
    assert zoe.get("/auth0/failed/whatever").status == 404
