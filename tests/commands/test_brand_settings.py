"""Whose product it is, in the settings."""

import pytest

from tests.commands.test_auth0_settings import problems, settings


def test_it_is_latchkey_unless_it_is_given_a_name() -> None:
    assert settings().brand_name == settings(BRAND_NAME=" ").brand_name == "Latchkey"
    assert settings(BRAND_NAME="Søren & Søn").brand_name == "Søren & Søn"
    assert problems(BRAND_NAME="a" * 41) == problems(BRAND_NAME="<b>")


@pytest.mark.parametrize(
    ("given", "link"),
    [
        ("", ""),
        ("help@acme.example", "mailto:help@acme.example"),
        ("https://acme.example/help?from=door", "https://acme.example/help?from=door"),
    ],
)
def test_a_contact_is_a_mailbox_or_a_page(given: str, link: str) -> None:
    assert settings(CONTACT=given).contact == link


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTACT", "call us"),
        ("CONTACT", "javascript:alert(1)"),
        ("LEGAL_LINKS", "Terms"),
        ("LEGAL_LINKS", "Terms=/terms"),
        ("LEGAL_LINKS", "=https://acme.example/terms"),
        ("LEGAL_LINKS", "Terms=javascript:alert(1)"),
        ("BRAND_DIR", "/nowhere/at/all"),
    ],
)
def test_what_leads_nowhere_is_a_problem(name: str, value: str) -> None:
    [problem] = problems(**{name: value})
    assert problem.startswith(f"{name} must be ")


def test_legal_links_have_a_label_each() -> None:
    links = settings(LEGAL_LINKS="Terms=https://acme.example/t?a=b, Privacy=https://acme.example/p")
    assert links.legal_links == (
        ("Terms", "https://acme.example/t?a=b"),
        ("Privacy", "https://acme.example/p"),
    )
