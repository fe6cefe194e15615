"""Environment variables, read one after the other: numbers, origins, networks, and what is
wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import SplitResult, urlsplit

import idna

from app.settings.database_url import BadDatabaseUrl, parse_database_url
from app.settings.redis_url import BadRedisUrl, parse_redis_url

# The labels of a host in ASCII; with an underscore, which inner networks use.
HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(address: str) -> str:
    """Scheme, host and port in lower case, with A-labels and without a port that goes without
    saying (WHATWG URL). Raises ValueError for whatever is more or less than that.
    """
    parts = urlsplit(address.rstrip("/"))
    port = parts.port
    more = parts.path or re.search(r"[\s@?#\\]", address)
    if parts.scheme not in DEFAULT_PORTS or more or port == 0:
        raise ValueError("not an origin")
    host = _ascii_host(parts.hostname or "")
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{ip_address(host)}]"
    ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    if not HOST.fullmatch(ascii_host):
        raise ValueError("not a host")
    return ascii_host.removesuffix(".")


# Networks of proxies: read as they are meant, and too many of them together are everybody.

Network = IPv4Network | IPv6Network

# Where IPv6 holds all of IPv4 (RFC 4291, 2.5.5.2).
MAPPED = IPv6Network("::ffff:0:0/96")
# The same behind a translator (RFC 6052, 2.1).
TRANSLATED = IPv6Network("64:ff9b::/96")
# What is nobody's on the internet (RFC 1918, 6598, 1122, 3927; RFC 4193, 4291).
PRIVATE = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
        "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
# Public addresses that proxies may have in all: a /6 of IPv4, and a /12 of IPv6, as a continent is
# given.
MOST = {4: 2**26, 6: 2**116}


def read_network(raw: str) -> Network:
    """One of IPv4 that is written as IPv6 is one of IPv4. Raises `ValueError`."""
    network = ip_network(raw)
    mapped = isinstance(network, IPv6Network) and network.subnet_of(MAPPED)
    return _inner(network) if mapped else network


def are_everybody(networks: tuple[Network, ...]) -> bool:
    """Whether together they are more of the internet than anybody's proxies."""
    meant = [_inner(each) if _holds_v4(each) else each for each in networks]
    return any(_public_addresses(meant, version) > most for version, most in MOST.items())


def _holds_v4(network: Network) -> bool:
    return network.version == 6 and (network.overlaps(MAPPED) or network.overlaps(TRANSLATED))


def _inner(network: Network) -> IPv4Network:
    """What of IPv4 it holds; all of it, when it is more than that."""
    length = max(0, network.prefixlen - MAPPED.prefixlen)
    within = int(network.network_address) & 0xFFFFFFFF if length else 0
    return IPv4Network((within, length))


def _public_addresses(networks: list[Network], version: int) -> int:
    ours: Any = [each for each in networks if each.version == version]
    return sum(part.num_addresses - _private_in(part) for part in collapse_addresses(ours))


def _private_in(network: Network) -> int:
    """How many of its addresses are private."""
    return sum(
        min(network.num_addresses, private.num_addresses)
        for private in PRIVATE
        if private.version == network.version and network.overlaps(private)
    )


# Environment variables, read one after the other; what is wrong with each is remembered.

Choice = TypeVar("Choice", bound=str)
T = TypeVar("T")
P = ParamSpec("P")
# A host and at most a path: no query, no fragment (OpenID Connect Discovery 1.0, 3).
ISSUER = re.compile(r"https?://(?:[\w.\-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?/(?:[^\s?#]*/)?", re.ASCII)


class Reader:
    """Reads one variable after the other and remembers what was wrong with each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, default).strip()

    def text_or(self, name: str, default: str) -> str:
        """The default also where the value is empty."""
        return self.text(name) or default

    def shaped(self, name: str, shape: re.Pattern[str], problem: str, default: str = "") -> str:
        """A value that is all of `shape`, which `problem` says in words, or the default."""
        value = self.text_or(name, default)
        if value and not shape.fullmatch(value):
            self.problems.append(f"{name} must be {problem}.")
        return value

    def secret(self, name: str, default: str = "") -> str:
        """A value, or the content of the file that `NAME_FILE` points to."""
        path = self.text(f"{name}_FILE")
        if not path:
            return self.text(name, default)
        if self.text(name):
            self.problems.append(f"Set {name} or {name}_FILE, not both.")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}_FILE cannot be read: {error}.")
            return ""

    def secrets(self, name: str) -> tuple[str, ...]:
        """A list of secrets."""
        return _split(self.secret(name))

    def redis(self, name: str) -> str:
        """The URL of Redis, which may hold a password."""
        value = self.secret(name)
        try:
            if value:
                parse_redis_url(value)
        except BadRedisUrl as bad:
            self.problems.append(f"{name} {bad}")
        return value

    def database(self, name: str) -> str:
        """The connection URI of PostgreSQL."""
        value = self.secret(name)
        try:
            if value:
                parse_database_url(value)
        except BadDatabaseUrl as bad:
            self.problems += [f"{name} {problem}" for problem in bad.problems]
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        raw = self.text(name) or str(default)
        if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
            self.problems.append(f"{name} must be a whole number from {least} to {most}.")
            return default
        return int(raw)

    def choice(self, name: str, allowed: tuple[Choice, ...], default: Choice) -> Choice:
        value = self.text(name) or default
        for each in allowed:
            if each == value:
                return each
        self.problems.append(f"{name} must be one of {', '.join(allowed)}.")
        return default

    def items(self, name: str, default: str = "") -> tuple[str, ...]:
        return _split(self.text(name, default))

    def networks(self, name: str) -> tuple[Network, ...]:
        found: list[Network] = []
        for item in self.items(name):
            try:
                found.append(read_network(item))
            except ValueError:
                self.problems.append(f"{name}: {item} is not a network such as 10.0.0.0/8.")
        return tuple(found)

    def url(self, name: str, default: str, *, optional: bool = False) -> str:
        """An origin as browsers write it; plain http only on loopback, where nobody can listen in.
        "" for anything else.
        """
        given = self.text(name, default)
        if optional and not given:
            return ""
        try:
            value = origin(given)
        except ValueError:
            self.problems.append(
                f"{name} must be an address such as https://login.example.org:"
                " no user, no path, no query, a port up to 65535."
            )
            return ""
        if _is_plain_elsewhere(urlsplit(value)):
            self.problems.append(f"{name} must start with https:// (http only on loopback).")
        return value

    def proxy(self, name: str) -> str:
        """The URL of a proxy, which may hold a user and a password; http on any host."""
        value = self.secret(name)
        scheme, _, rest = value.partition("://")
        try:
            if value:
                origin(f"{scheme}://{rest.rpartition('@')[2]}")
        except ValueError:
            self.problems.append(f"{name} must be a proxy such as http://proxy.example.org:3128.")
        return value

    def issuer(self, name: str) -> str | None:
        """An OpenID issuer, which is compared to its last slash; None when it is not there at all,
        "" when it is left empty.
        """
        if name not in self._environ:
            return None
        value = self.text(name)
        if value and not ISSUER.fullmatch(value):
            self.problems.append(
                f"{name} must be an address with a slash at its end,"
                " such as https://TENANT.eu.auth0.com/."
            )
        elif value and _is_plain_elsewhere(urlsplit(value)):
            self.problems.append(f"{name} must start with https:// (http only on loopback).")
        return value


def _is_plain_elsewhere(parts: SplitResult) -> bool:
    """Whether someone could listen in."""
    return parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname))


def is_loopback(host: str | None) -> bool:
    """Whether only this machine can reach it; a name other than `localhost` is not looked up."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _split(raw: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in raw.split(",") if item.strip())


def variable(
    read: Callable[Concatenate[Reader, str, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """A field that `read` reads from the variable of its name in upper case. As `dataclasses.field`
    does, it says to mypy that it is the value itself, so the type of the field is checked.
    """
    declared: Any = field(
        metadata={"read": lambda reader, name: read(reader, name.upper(), *args, **kwargs)}
    )
    value: T = declared
    return value
