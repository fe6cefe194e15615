"""Addresses and secrets in the settings: read as they are meant, or refused by name with 2."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from random import Random

import pytest

from app.settings import DEVELOPMENT_KEY, BadSettings, read_settings
from app.settings.secret_keys import is_guessable
from tests.commands.running import PRODUCTION, latchkey
from tests.product import free_port

KEY = PRODUCTION["SECRET_KEY"]
SET_UP = PRODUCTION | {"DATABASE_URL": "postgresql://somewhere/latchkey"}
SAME = [
    ("HTTPS://Login.Example.ORG", "https://login.example.org"),
    ("https://login.example.org:443/", "https://login.example.org"),
    ("https://login.example.org:8443", "https://login.example.org:8443"),
    ("https://login.example.org.", "https://login.example.org"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://Straße.example", "https://xn--strae-oqa.example"),
    ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
]
NO_ORIGIN = [
    "https://login.example.org:99999", "https://login.example.org:0", "https://user@login.example.org",
    "https://login.example.org/?a=b", "https://login.example.org/path", "https://login.example.org#a",
    "https://login example.org", "https://a..b", "https://", "https://[::1", "ftp://login.example.org",
    "login.example.org", "https://login.example.org?", "https://a\tb.example",
]  # fmt: skip


GUESSABLE = [
    "a" * 64, "ab" * 32, "password" * 8, "abcdefgh" * 4, "12345678" * 4, "0123456789abcdef" * 2,
    "change-me-" * 4, "your-secret-key-at-least-32-bytes-long", "thisisasecretkey" * 2,
    "REPLACE_ME_WITH_A_RANDOM_STRING_OF_32_BYTES", "a" * 24 + "abcdefgh", DEVELOPMENT_KEY[:-1],
    "ChangeThisToSomethingRandomPlease", "put-a-long-random-string-here-now",
    "zyxwvutsrqponmlkjihgfedcba543210", "my_own_key_that_nobody_would_know", "a" * 9 + KEY,
    "qwertyuiopasdfghjklzxcvbnm123456", "é" * 9 + "äöüßñçøå",
]  # fmt: skip
# How keys are usually made: 32 random bytes as text, or 16 of them.
ALPHABETS: list[Callable[[bytes], str]] = [
    bytes.hex,
    lambda raw: raw[:16].hex(),
    lambda raw: b64encode(raw).decode(),
    lambda raw: urlsafe_b64encode(raw).decode().rstrip("="),
]


def problems(**env: str) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        read_settings(SET_UP | env)
    return bad.value.problems


@pytest.mark.parametrize(("given", "read"), SAME)
def test_an_origin_is_read_as_browsers_write_it(given: str, read: str) -> None:
    assert read_settings(SET_UP | {"BASE_URL": given}).base_url == read


@pytest.mark.parametrize("given", NO_ORIGIN)
def test_any_other_is_refused(given: str) -> None:
    [told] = problems(BASE_URL=given)
    assert told.startswith("BASE_URL must be an address such as")


@pytest.mark.parametrize("given", ["http://door.example.org", "http://127.0.0.1:8000"])
def test_a_plain_one_is_told_once(given: str) -> None:
    [told] = problems(BASE_URL=given)
    assert told.startswith("BASE_URL must start with https://")


@pytest.mark.parametrize(
    "networks",
    ["0.0.0.0/0", "::/0", "0.0.0.0/1,128.0.0.0/1", "::/1,8000::/1", "2000::/3", "0.0.0.0/1",
     "10.0.0.0/8,64.0.0.0/2,128.0.0.0/2", "2400::/6,2600::/7,2800::/6", "2000::/4", "2a00::/11",
     "1.0.0.0/8,2.0.0.0/7,4.0.0.0/6,8.0.0.0/5,16.0.0.0/4,32.0.0.0/3", "128.0.0.0/5", "::/3",
     "::ffff:0:0/96", "::ffff:128.0.0.0/101", "::/80", "64:ff9b::/96",
     "10.0.0.0/8,64.0.0.0/6,1.0.0.0/8"],
)  # fmt: skip
def test_proxies_that_are_together_everybody_are_refused(networks: str) -> None:
    [problem] = problems(TRUSTED_PROXIES=networks)
    assert problem == "TRUSTED_PROXIES must name your proxies; it cannot be everybody."


def test_proxies_of_ones_own_are_not() -> None:
    own = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, 173.245.48.0/20, 2400:cb00::/32"
    assert len(read_settings(SET_UP | {"TRUSTED_PROXIES": own}).trusted_proxies) == 6


def test_a_network_of_ipv4_in_ipv6_is_one_of_ipv4() -> None:
    given = SET_UP | {"TRUSTED_PROXIES": "::ffff:10.0.0.0/104,::ffff:192.0.2.7"}
    networks = read_settings(given).trusted_proxies
    assert networks == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"))


@pytest.mark.parametrize("key", GUESSABLE)
def test_a_key_that_is_no_random_text_is_refused(key: str) -> None:
    assert problems(SECRET_KEY=key) == [
        "SECRET_KEY is too easy to guess: it must be a random text."
    ]


@pytest.mark.parametrize("as_text", ALPHABETS)
def test_a_random_key_always_passes(as_text: Callable[[bytes], str]) -> None:
    source = Random(20)
    keys = [as_text(source.randbytes(32)) for _ in range(10_000)]
    assert [key for key in keys if is_guessable(key)] == []


def test_it_is_refused_at_the_start_with_2(tmp_path: Path) -> None:
    refused = latchkey(tmp_path, "serve", **SET_UP | {"SECRET_KEY": "a" * 64})
    assert (refused.returncode, "SECRET_KEY is too easy to guess" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    "host", ["x86_64-conda-linux-gnu", "nowhere.invalid", "203.0.113.7", "a b"]
)
def test_a_host_that_is_not_ours_is_named(tmp_path: Path, host: str) -> None:
    refused = latchkey(tmp_path, "serve", **SET_UP | {"HOST": host, "PORT": str(free_port())})
    assert refused.returncode == 2
    assert f"  - HOST is {host}, which is no address of this machine" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "proxy", ["proxy:3128", "socks5://proxy:1080", "http://proxy:99999", "http://"]
)
def test_a_proxy_that_cannot_be_used_is_named(proxy: str) -> None:
    [problem] = problems(HTTPS_PROXY=proxy)
    assert problem == "HTTPS_PROXY must be a proxy such as http://proxy.example.org:3128."
    assert read_settings(SET_UP | {"HTTPS_PROXY": "http://u:p@w@proxy:3128"}).https_proxy


@pytest.mark.parametrize(
    ("name", "value"),
    [("REDIS_URL", "redis://localhost?sokket=1"), ("REDIS_PREFIX", "a b"), ("HSTS", "max-age=1")],
)
def test_what_cannot_be_read_is_named_at_the_start(tmp_path: Path, name: str, value: str) -> None:
    refused = latchkey(tmp_path, "serve", **SET_UP | {name: value})
    assert (refused.returncode, f"  - {name} " in refused.stderr) == (2, True)
