"""The services that trust us, in the settings."""

from pathlib import Path

import pytest

from app.domain.services import EVENT_TYPES, Service
from tests.commands.test_auth0_settings import problems, settings

SECRET, OTHER = "whsec_" + "A" * 32, "whsec_" + "B" * 32
SHOP = """
[[service]]
name = "shop"
audience = "https://shop.example.com"
"""
FULL = f"""{SHOP}
origins = ["https://Shop.example.com/", "http://127.0.0.1:9000"]
scopes = ["openid", "email"]
events_url = "https://shop.example.com/events"
events_secrets = ["{SECRET}", "{OTHER}"]
events = ["user.deleted"]
"""
BROKEN = [
    ("", "must hold nothing but tables [[service]]."),
    ("[service]\nname = 'shop'", "must hold nothing but tables [[service]]."),
    (SHOP + "[other]\n", "must hold nothing but tables [[service]]."),
    ("[[service]]\nname = 'shop'", "service 1 (shop): audience must be a text"),
    ("[[service]]\naudience = 'shop'", "service 1: name must be at most 40"),
    ("[[service]]\nname = 'a b'\naudience = 'shop'", "service 1 (a b): name must be"),
    ("[[service]]\nname = 3\naudience = 'a'", "service 1 (3): name must be"),
    ("[[service]]\nname = 'a'\naudience = 'a b'", "service 1 (a): audience must be"),
    (SHOP + "scope = ['openid']", "service 1 (shop): scope is not known; there are name, audience"),
    (SHOP + "scopes = 'openid'", "service 1 (shop): scopes must be a list of some of openid"),
    (SHOP + "scopes = ['address']", "service 1 (shop): scopes must be a list of some of openid"),
    (SHOP + "origins = ['http://shop.example.com']", "service 1 (shop): origins must be a list"),
    (SHOP + "origins = ['https://shop.example.com/a']", "service 1 (shop): origins must be"),
    (SHOP + "origins = ['shop.example.com']", "service 1 (shop): origins must be a list"),
    (SHOP + "origins = ['https://*.example.com']", "service 1 (shop): origins must be a list"),
    (SHOP + "events = ['user.born']", "service 1 (shop): events must be a list of some of"),
    (SHOP + "events_url = 'https://shop.example.com/'", "events_url and events_secrets need"),
    (SHOP + f"events_secrets = ['{SECRET}']", "events_url and events_secrets need each other."),
    (FULL.replace("https://shop.example.com/events", "http://a.example/"), "events_url must be"),
    (FULL.replace("https://shop.example.com/events", "https:///events"), "events_url must be"),
    (FULL.replace(OTHER, "whsec_c2hvcnQ="), "events_secrets must be one or two of whsec_"),
    (FULL.replace(OTHER, "x" * 40), "events_secrets must be one or two of whsec_"),
    (FULL.replace(f'"{OTHER}"', f'"{OTHER}", "{OTHER}"'), "events_secrets must be one or two"),
    (SHOP + SHOP.replace("shop", "shop2", 1), "audience: https://shop.example.com is there more"),
    (FULL + FULL.replace("= \"https://shop", "= \"https://b"), "name: shop is there more"),
    ("[[service", "SERVICES cannot be read"),
    (
        SHOP.replace("https://shop.example.com", "http://127.0.0.1:8000/api"),
        "SERVICES: http://127.0.0.1:8000/browser and http://127.0.0.1:8000/api are audiences of",
    ),
]  # fmt: skip


def file_of(folder: Path, text: str) -> str:
    path = folder / "services.toml"
    path.write_text(text)
    return str(path)


def test_a_service_is_what_its_table_says(tmp_path: Path) -> None:
    assert settings(SERVICES=file_of(tmp_path, FULL)).services == (
        Service(
            name="shop",
            audience="https://shop.example.com",
            origins=("https://shop.example.com", "http://127.0.0.1:9000"),
            scopes=frozenset({"openid", "email"}),
            events_url="https://shop.example.com/events",
            events_secrets=(SECRET, OTHER),
            events=frozenset({"user.deleted"}),
        ),
    )


def test_a_service_is_told_the_id_and_all_events_unless_its_table_says_more(tmp_path: Path) -> None:
    [shop] = settings(SERVICES=file_of(tmp_path, SHOP)).services
    assert shop.scopes == {"openid"}
    assert shop.events == {*EVENT_TYPES}
    assert settings().services == settings(SERVICES="").services == ()


def test_the_secrets_of_a_service_are_not_shown(tmp_path: Path) -> None:
    assert SECRET not in repr(settings(SERVICES=file_of(tmp_path, FULL)))


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_entry_is_named(tmp_path: Path, text: str, told: str) -> None:
    found = problems(SERVICES=file_of(tmp_path, text))
    assert [each for each in found if told in each and each.startswith("SERVICES")] != []
    assert told.startswith("name: ") or len(found) == 1


def test_all_problems_are_told_at_once_with_the_file(tmp_path: Path) -> None:
    path = file_of(tmp_path, "[[service]]\nscopes = 1\n[[service]]\nname = 'a'\norigins = 2")
    found = problems(SERVICES=path)
    assert len(found) == 5
    assert all(each.startswith(f"SERVICES: {path}, service ") for each in found)
    assert "cannot be read" in problems(SERVICES="/nowhere/services.toml")[0]
