"""Auth0 in the settings: named, left out on purpose, or stood in for on a developer's machine."""

import pytest

from app.settings import BadSettings, Settings, read_settings
from tests.commands.running import PRODUCTION

CLIENT = {"AUTH0_CLIENT_ID": "client", "AUTH0_CLIENT_SECRET": "secret"}
SET_UP = PRODUCTION | {"DATABASE_URL": "postgresql://somewhere/latchkey"}


def settings(**env: str) -> Settings:
    return read_settings({"ENVIRONMENT": "test"} | env)


def problems(**env: str) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        settings(**env)
    return bad.value.problems


@pytest.mark.parametrize(
    "issuer",
    [
        "https://tenant.eu.auth0.com/",
        "https://login.example.org:8443/realms/door/",
        "http://127.0.0.1:3000/",
        "http://localhost/",
        "http://[::1]:3000/",
    ],
)
def test_an_issuer_is_kept_to_its_last_slash(issuer: str) -> None:
    read = settings(AUTH0_ISSUER=f" {issuer} ", **CLIENT)
    assert read.auth0_issuer == issuer
    assert not read.asks_own_auth0


@pytest.mark.parametrize(
    "issuer",
    [
        "https://tenant.eu.auth0.com",
        "tenant.eu.auth0.com/",
        "https:///",
        "https://[/",
        "https://tenant.eu.auth0.com/?a=/",
        "https://tenant.eu.auth0.com/#/",
        "https://user@tenant.eu.auth0.com/",
        "ftp://127.0.0.1/",
        "http://tenant.eu.auth0.com/",
    ],
)
def test_any_other_issuer_is_a_problem(issuer: str) -> None:
    [problem] = problems(AUTH0_ISSUER=issuer, **CLIENT)
    assert problem.startswith("AUTH0_ISSUER must ")


@pytest.mark.parametrize(
    "env",
    [
        {"AUTH0_ISSUER": "https://tenant.eu.auth0.com/"},
        {"AUTH0_ISSUER": "https://tenant.eu.auth0.com/", "AUTH0_CLIENT_ID": "client"},
        {"AUTH0_ISSUER": "https://tenant.eu.auth0.com/", "AUTH0_CLIENT_SECRET": "secret"},
        CLIENT,
        {"AUTH0_CLIENT_ID": "client"},
    ],
)
def test_half_of_it_is_a_problem(env: dict[str, str]) -> None:
    [problem] = problems(**env)
    assert "AUTH0_ISSUER" in problem
    assert "AUTH0_CLIENT_SECRET" in problem


def test_a_developers_machine_has_one_of_its_own_unless_it_is_left_out() -> None:
    assert settings().asks_own_auth0
    assert settings(ENVIRONMENT="development").asks_own_auth0, "as `make run` starts it"
    assert settings(BASE_URL="http://localhost:8000").asks_own_auth0
    assert not settings(AUTH0_ISSUER="").asks_own_auth0
    brought = {name: value for name, value in SET_UP.items() if name != "AUTH0_ISSUER"}
    for elsewhere in ({"HOST": "192.168.0.2"}, {"BASE_URL": "https://door.example.org"}):
        assert not settings(**brought | {"ENVIRONMENT": "test"} | elsewhere).asks_own_auth0


def test_production_is_told_of_a_missing_issuer_and_starts_without_one_left_out() -> None:
    missing = {name: value for name, value in SET_UP.items() if name != "AUTH0_ISSUER"}
    [problem] = problems(**missing)
    assert "AUTH0_ISSUER is missing" in problem
    assert "(AUTH0_ISSUER=)" in problem
    assert settings(**SET_UP).auth0_issuer == ""
    assert not settings(**SET_UP).asks_own_auth0


def test_people_read_the_label_or_a_word_that_fits_everywhere() -> None:
    assert settings().auth0_label == settings(AUTH0_LABEL=" ").auth0_label == "single sign-on"
    assert settings(AUTH0_LABEL="Åland’s ID").auth0_label == "Åland’s ID"
    for label in ("a" * 41, "<b>", "{name}", "two\nlines"):
        [problem] = problems(AUTH0_LABEL=label)
        assert problem == "AUTH0_LABEL must be a name of at most 40 characters such as Google."
