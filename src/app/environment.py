"""Environment variables, read one after the other; what is wrong with each is remembered."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

Network = IPv4Network | IPv6Network

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# A host and at most a path: no query, no fragment (OpenID Connect Discovery 1.0, 3).
ISSUER = re.compile(r"https?://(?:[\w.\-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?/(?:[^\s?#]*/)?", re.ASCII)


class Reader:
    """Reads one variable after the other and remembers what was wrong with each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, default).strip()

    def shaped(self, name: str, shape: re.Pattern[str], told: str) -> str:
        """A value that is all of `shape`, which `told` says in words, or none."""
        value = self.text(name)
        if value and not shape.fullmatch(value):
            self.problems.append(f"{name} must be {told}.")
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

    def store(self, name: str, *schemes: str) -> str:
        """The URL of a database, which may hold a password."""
        value = self.secret(name)
        if value and urlsplit(value).scheme not in schemes:
            self.problems.append(f"{name} must start with {' or '.join(schemes)}, then ://.")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        raw = self.text(name) or str(default)
        if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
            self.problems.append(f"{name} must be a whole number from {least} to {most}.")
            return default
        return int(raw)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name) or default
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}.")
            return default
        return value

    def items(self, name: str, default: str = "") -> tuple[str, ...]:
        return split(self.text(name, default))

    def networks(self, name: str) -> tuple[Network, ...]:
        found: list[Network] = []
        for item in self.items(name):
            try:
                found.append(ip_network(item))
            except ValueError:
                self.problems.append(f"{name}: {item} is not a network such as 10.0.0.0/8.")
        return tuple(found)

    def url(self, name: str, default: str) -> str:
        """An origin without path; plain http only on loopback, where nobody can listen in."""
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            self.problems.append(f"{name} must be an address such as https://login.example.org.")
        elif _is_plain_elsewhere(parts):
            self.problems.append(f"{name} must start with https:// (http only on loopback).")
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
    """Whether somebody could listen in."""
    return parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK)


def split(raw: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in raw.split(",") if item.strip())
