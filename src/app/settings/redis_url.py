"""REDIS_URL, read in one place: redis://, rediss:// and unix://, as redis-py and hosts spell
them.

Special characters of user and password may stand there raw or encoded, and a parameter that is not
known here is refused, never ignored.
"""

import re
from typing import Any
from urllib.parse import unquote

FORM = "redis://user:password@host:6379/0"
QUERY = r"(?:\?(?P<query>(?:\w+=[^&]*(?:&|$))*))?"
# What follows user and password. A password may hold an `@` or a slash too, but what follows that
# one does not look like this.
PLACE = re.compile(
    rf"(?P<host>\[[\w:.%]+\]|[\w.%-]*)(?::(?P<port>[0-9]{{1,5}}))?/?(?P<db>[0-9]*){QUERY}"
)
SOCKET = re.compile(rf"(?P<path>/[^?#]+){QUERY}")
TEXTS = ("username", "password", "client_name")
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
REQUIRED = ("none", "optional", "required")


class BadRedisUrl(ValueError):
    """What is wrong, in a sentence without any value of the URL."""


def parse_redis_url(url: str) -> dict[str, Any]:
    """The arguments of a connection of redis-py. Raises `BadRedisUrl`."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("redis", "rediss", "unix"):
        raise BadRedisUrl("must start with redis://, rediss:// or unix://.")
    user, password, place = _divided(rest, SOCKET if scheme == "unix" else PLACE)
    given: dict[str, Any] = {"username": unquote(user), "password": unquote(password)}
    given |= _parameters(place["query"] or "", tls=scheme == "rediss")
    where = _socket(place) if scheme == "unix" else _server(place)
    return {name: value for name, value in (where | given).items() if value != ""}


def _divided(rest: str, shape: re.Pattern[str]) -> tuple[str, str, re.Match[str]]:
    """User, password and what follows them: after the first `@` that leaves a place."""
    if "@" not in rest.partition("?")[0] and (place := shape.fullmatch(rest)):
        return "", "", place
    for at in re.finditer("@", rest):
        if place := shape.fullmatch(rest[at.end() :]):
            user, _, password = rest[: at.start()].partition(":")
            return user, password, place
    raise BadRedisUrl(f"cannot be read: it has the form {FORM}.")


def _server(place: re.Match[str]) -> dict[str, Any]:
    port = int(place["port"] or 6379)
    if not 0 < port < 65536:
        raise BadRedisUrl("has a port that is no number from 1 to 65535.")
    host = unquote(place["host"].strip("[]")) or "localhost"
    return {"host": host, "port": port, "db": int(place["db"] or 0)}


def _socket(place: re.Match[str]) -> dict[str, Any]:
    return {"path": unquote(place["path"])}


def _parameters(query: str, *, tls: bool) -> dict[str, Any]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {name: _value(name, unquote(value), tls=tls) for name, _, value in pairs}


def _value(name: str, value: str, *, tls: bool) -> object:
    if name.startswith("ssl_") and not tls:
        raise BadRedisUrl(f"has {name}, which needs rediss://.")
    if name in ("db", "protocol") and value.isascii() and value.isdigit():
        return int(value)
    if name == "ssl_cert_reqs" and (kind := value.lower().removeprefix("cert_")) in REQUIRED:
        return kind
    if name == "ssl_check_hostname" and value.lower() in FLAGS:
        return FLAGS[value.lower()]
    if name in TEXTS + FILES and value:
        return value
    known = name in ("db", "protocol", "ssl_cert_reqs", "ssl_check_hostname", *TEXTS, *FILES)
    what = "a value that cannot be read for" if known else "a parameter that is not known:"
    raise BadRedisUrl(f"has {what} {name}.")
