"""Whose request it is: the right-most address that is not one of our proxies."""

from ipaddress import ip_network

import pytest

from app.domain.limits import Origin
from app.web.client_address import UNKNOWN, _parsed, find_client_ip

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
# Peer, `X-Forwarded-For`, and who that is.
FORWARDED = [
    ("198.51.100.1", [], "198.51.100.1"),
    # Not through a proxy of ours: whatever the header says is the client's own invention.
    ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
    ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
    ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
    ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
    ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
    ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
    ("10.0.0.1", ["nonsense, 203.0.113.9"], "203.0.113.9"),
    ("10.0.0.1", ["203.0.113.9, nonsense"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9,,"], "203.0.113.9"),
    ("10.0.0.1", [""], "10.0.0.1"),
    # With a port or in brackets, as some proxies write it.
    ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
    ("10.0.0.1", ["1.1.1.1, 203.0.113.7:51234, 10.9.9.9:80"], "203.0.113.7"),
    ("10.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
    ("10.0.0.1", ["[2001:DB8::7]"], "2001:db8::7"),
    ("10.0.0.1", ["[::ffff:203.0.113.9]:1"], "203.0.113.9"),
    ("10.0.0.1", ["203.0.113.9:"], "10.0.0.1"),
    ("10.0.0.1", ["[2001:db8::7"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9:443:1"], "10.0.0.1"),
    ("10.0.0.1", ["2001:DB8::1"], "2001:db8::1"),
    ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
    ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
    ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
    ("10.0.0.1", [f"{'1.1.1.1, ' * 2000}203.0.113.9"], "203.0.113.9"),
    ("10.0.0.1", ["\xff\xfe"], "10.0.0.1"),
    # Of our own addresses, which a client may write too, only so many are read.
    ("10.0.0.1", [f"203.0.113.9{', 10.1.1.1' * 19}"], "203.0.113.9"),
    ("10.0.0.1", [f"203.0.113.9{', 10.1.1.1' * 20}"], "10.1.1.1"),
    ("10.0.0.1", [f"203.0.113.9, {'x' * 65}"], "10.0.0.1"),
]


def scope(peer: str | None, lines: list[str]) -> dict[str, object]:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    others = [(b"forwarded", b"for=6.6.6.6"), (b"x-real-ip", b"6.6.6.6")]
    return {"client": (peer, 1) if peer else None, "headers": headers + others}


@pytest.mark.parametrize(("peer", "lines", "client"), FORWARDED)
def test_the_right_most_untrusted_address_counts(peer: str, lines: list[str], client: str) -> None:
    assert find_client_ip(scope(peer, lines), PROXIES) == client


def test_nothing_long_is_remembered() -> None:
    before = _parsed.cache_info().currsize
    for number in range(50):
        hop = f"fe80::{number}%{'x' * 1000}"
        assert find_client_ip(scope("10.0.0.1", [hop]), PROXIES) == "10.0.0.1"
    assert _parsed.cache_info().currsize <= before + 1  # the peer


def test_without_proxies_nothing_is_believed() -> None:
    assert find_client_ip(scope("198.51.100.1", ["203.0.113.9"]), ()) == "198.51.100.1"
    assert find_client_ip(scope("::ffff:198.51.100.1", []), ()) == "198.51.100.1"


def test_someone_without_address_is_nobody() -> None:
    assert find_client_ip(scope(None, ["203.0.113.9"]), PROXIES) == UNKNOWN
    assert find_client_ip(scope("", []), ()) == UNKNOWN


@pytest.mark.parametrize("address", ["fe80::1%eth0", "fe80::1%", "::ffff:203.0.113.9", "::"])
def test_every_address_can_be_counted(address: str) -> None:
    assert Origin.of(find_client_ip(scope("10.0.0.1", [address]), PROXIES)).network
