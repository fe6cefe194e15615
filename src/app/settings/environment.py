"""Environment variables, read one after the other: numbers, origins, lists, and what is wrong."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import SplitResult, urlsplit

import idna

from app.domain.identity.fixed_codes import RESERVED
from app.settings.database_url import BadDatabaseUrl, parse_database_url
from app.settings.networks import Network, read_network
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


# Environment variables, read one after the other; what is wrong with each is remembered.

Choice = TypeVar("Choice", bound=str)
T = TypeVar("T")
P = ParamSpec("P")
# A host and at most a path: no query, no fragment (OpenID Connect Discovery 1.0, 3).
ISSUER = re.compile(r"https?://(?:[\w.\-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?/(?:[^\s?#]*/)?", re.ASCII)
# A number in E.164, a short code, or the name of a sender where a country knows them.
SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{3,11}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
LABEL = re.compile(r"[^\x00-\x1f<>{}]{1,40}")
# A public key on P-256 in DER (RFC 5480): what comes before the point, and the length of it all.
EC_KEY, EC_KEY_BYTES = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"), 91
WEB_PAGE = re.compile(r"https?://[^\s<>\"]+")


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

    def caller(self, name: str) -> str | None:
        """A number in E.164; None when it is not there at all, "" when it is left empty."""
        shape = "a number such as +12025550100, or nothing for no calls"
        return self.shaped(name, E164, shape) if name in self._environ else None

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

    def folder(self, name: str) -> str:
        """One that is there, or ""."""
        value = self.text(name)
        if value and not Path(value).is_dir():
            self.problems.append(f"{name} must be a folder: {value} is none.")
        return value

    def contact(self, name: str) -> str:
        """Where people are sent who need help: the address of a page, or a mailbox as `mailto:`."""
        value = self.text(name)
        if ADDRESS.fullmatch(value):
            return f"mailto:{value}"
        if value and not WEB_PAGE.fullmatch(value):
            self.problems.append(f"{name} must be help@example.org or https://example.org/help.")
        return value

    def links(self, name: str) -> tuple[tuple[str, str], ...]:
        """Pairs of a label and the address of a page."""
        pairs = [each.partition("=")[::2] for each in self.items(name)]
        for label, address in pairs:
            if not (LABEL.fullmatch(label) and WEB_PAGE.fullmatch(address)):
                self.problems.append(f"{name} must be a list such as Terms=https://example.org/t.")
        return tuple(pairs)

    def origins(self, name: str) -> tuple[str, ...]:
        """As browsers write them; plain http only on loopback."""
        found: list[str] = []
        for item in self.items(name):
            try:
                found.append(origin(item))
                if is_plain_elsewhere(urlsplit(item)):
                    raise ValueError(item)
            except ValueError:
                self.problems.append(
                    f"{name}: {item} is no origin such as https://app.example.org."
                )
        return tuple(found)

    def codes(self, name: str) -> dict[str, str]:
        """Six digits by a number that is reserved for fiction."""
        pairs = dict(each.partition("=")[::2] for each in self.items(name))
        for number, code in pairs.items():
            if not (RESERVED.fullmatch(number) and re.fullmatch("[0-9]{6}", code)):
                self.problems.append(
                    f"{name} must be a list such as +12025550143=246810, of numbers that are"
                    f" reserved for fiction: {number} isn't, or its code hasn't six digits."
                )
        return pairs

    def public_key(self, name: str) -> str:
        """DER in base64, of an elliptic curve."""
        value = self.text(name)
        try:
            der = b64decode(value, validate=True)
        except ValueError:
            der = b""
        if value and (len(der) != EC_KEY_BYTES or not der.startswith(EC_KEY)):
            self.problems.append(f"{name} must be the key that SendGrid shows (it starts with MF).")
            return ""
        return value

    def day(self, name: str) -> date | None:
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.problems.append(f"{name} must be a day such as 2026-12-24.")
            return None

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
        if is_plain_elsewhere(urlsplit(value)):
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
        elif value and is_plain_elsewhere(urlsplit(value)):
            self.problems.append(f"{name} must start with https:// (http only on loopback).")
        return value


def is_plain_elsewhere(parts: SplitResult) -> bool:
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
