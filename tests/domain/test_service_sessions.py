"""What services are given of a session: good for one origin, in one browser, for a minute."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.errors import Unauthenticated
from app.domain.sessions import service_tokens
from app.domain.sessions.service_tokens import Profile, ServiceSessions, claims_of
from app.domain.sessions.tokens import Access, RefreshTokens

KEYS = (b"k" * 32,)
SHOP, BLOG = "https://shop.example.com", "https://blog.example.com"
ACCESS = Access(UUID(int=1), UUID(int=2), 3, datetime.now(UTC), ("pwd",))
SESSIONS = ServiceSessions(KEYS)


def test_a_code_says_whose_session_it_is() -> None:
    read = SESSIONS.read_code(SESSIONS.issue_code(ACCESS, SHOP, "state"), SHOP, "state")
    assert (read.user_id, read.session_id) == (ACCESS.user_id, ACCESS.session_id)


def test_a_code_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = service_tokens.time()
    monkeypatch.setattr(service_tokens, "time", lambda: now - 58)
    fresh = SESSIONS.issue_code(ACCESS, SHOP, "state")
    monkeypatch.setattr(service_tokens, "time", lambda: now - 62)
    old = SESSIONS.issue_code(ACCESS, SHOP, "state")
    monkeypatch.undo()
    SESSIONS.read_code(fresh, SHOP, "state")
    with pytest.raises(Unauthenticated):
        SESSIONS.read_code(old, SHOP, "state")


@pytest.mark.parametrize(("origin", "state"), [(BLOG, "state"), (SHOP, "other"), (SHOP, "")])
def test_a_code_is_good_for_one_origin_and_one_browser(origin: str, state: str) -> None:
    with pytest.raises(Unauthenticated):
        SESSIONS.read_code(SESSIONS.issue_code(ACCESS, SHOP, "state"), origin, state)


def test_a_code_a_cookie_and_a_refresh_token_are_three_things() -> None:
    code, cookie = SESSIONS.issue_code(ACCESS, SHOP, ""), SESSIONS.issue_cookie(ACCESS, SHOP)
    assert SESSIONS.read_cookie(cookie, SHOP).session_id == ACCESS.session_id
    for wrong in (code, RefreshTokens(KEYS).issue_token(ACCESS), cookie[:-4], "", "ü", "a" * 96):
        with pytest.raises(Unauthenticated):
            SESSIONS.read_cookie(wrong, SHOP)
    for wrong in (cookie, RefreshTokens(KEYS).issue_token(ACCESS)):
        with pytest.raises(Unauthenticated):
            SESSIONS.read_code(wrong, SHOP, "")


def test_claims_are_named_as_openid_connect_names_them() -> None:
    person = Profile(UUID(int=1), "+12025550100", "ada@example.org", "team")
    assert claims_of(person) == {
        "phone_number": "+12025550100",
        "phone_number_verified": True,
        "email": "ada@example.org",
        "email_verified": True,
        "plan": "team",
    }
    assert claims_of(Profile(UUID(int=1))) == {}
