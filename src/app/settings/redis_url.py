"""REDIS_URL, read in one place: redis://, rediss:// and unix://, as redis-py and hosts spell
them, and the forms of Sentinel and Cluster, which are spelled alike wherever there are any.

Special characters of user and password may stand there raw or encoded, and a parameter that is not
known here is refused, never ignored.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

FORM = "redis://user:password@host:6379/0"
SENTINEL_FORM = "redis+sentinel://user:password@host:26379,host:26379/service/0"
CLUSTER_FORM = "redis+cluster://user:password@host:6379,host:6379"
QUERY = r"(?:\?(?P<query>(?:\w+=[^&]*(?:&|$))*))?"
HOST = r"(?:\[[\w:.%]+\]|[\w.%-]*)(?::[0-9]{1,5})?"
HOSTS = rf"(?P<hosts>{HOST}(?:,{HOST})*)"
# What follows user and password. A password may hold an `@` or a slash too, but what follows that
# one does not look like this.
PLACE = re.compile(rf"(?P<hosts>{HOST})/?(?P<db>[0-9]*){QUERY}")
SOCKET = re.compile(rf"(?P<path>/[^?#]+){QUERY}")
SENTINELS = re.compile(rf"{HOSTS}/(?P<service>[\w.%-]+)(?:/(?P<db>[0-9]*))?{QUERY}")
CLUSTER = re.compile(rf"{HOSTS}/?{QUERY}")
PORT, SENTINEL_PORT = 6379, 26379
TEXTS = ("username", "password", "client_name")
OF_SENTINELS = ("sentinel_username", "sentinel_password")
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
REQUIRED = ("none", "optional", "required")


class BadRedisUrl(ValueError):
    """What is wrong, in a sentence without any value of the URL."""


Node = tuple[str, int]  # host and port


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisParameters:
    """`options` are arguments of each connection of redis-py to a server: with host and port, or a
    path, where one is named. Otherwise `nodes` know: the sentinels of `service`, or some servers of
    a cluster. `sentinel_options` are arguments of a connection to a sentinel.
    """

    options: dict[str, Any] = field(repr=False)
    is_tls: bool = False
    nodes: tuple[Node, ...] = ()
    service: str = ""
    sentinel_options: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_cluster(self) -> bool:
        return bool(self.nodes) and not self.service

    @property
    def hosts(self) -> tuple[str, ...]:
        """None for a socket."""
        named = self.nodes or (((self.options["host"], 0),) if "host" in self.options else ())
        return tuple(host for host, _ in named)


def parse_redis_url(url: str) -> RedisParameters:
    """Raises `BadRedisUrl`."""
    scheme, _, rest = url.partition("://")
    protocol, _, kind = scheme.partition("+")
    is_tls = protocol == "rediss"
    if kind and protocol in ("redis", "rediss"):
        if kind == "sentinel":
            return _sentinels(rest, is_tls)
        if kind == "cluster":
            return _cluster(rest, is_tls)
    if scheme not in ("redis", "rediss", "unix"):
        raise BadRedisUrl(
            "must start with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://."
        )
    given, place = _divided(rest, SOCKET if scheme == "unix" else PLACE, FORM, is_tls)
    where = _socket(place) if scheme == "unix" else _server(place)
    return RedisParameters(options=_without_empty(where | given), is_tls=is_tls)


def _sentinels(rest: str, is_tls: bool) -> RedisParameters:
    given, place = _divided(rest, SENTINELS, SENTINEL_FORM, is_tls)
    own = {name.removeprefix("sentinel_"): given.pop(name, "") for name in OF_SENTINELS}
    tls = {name: value for name, value in given.items() if name.startswith("ssl_")}
    return RedisParameters(
        options=_without_empty({"db": int(place["db"] or 0)} | given),
        is_tls=is_tls,
        nodes=_nodes(place["hosts"], SENTINEL_PORT),
        service=unquote(place["service"]),
        sentinel_options=_without_empty(own | tls),
    )


def _cluster(rest: str, is_tls: bool) -> RedisParameters:
    given, place = _divided(rest, CLUSTER, CLUSTER_FORM, is_tls)
    if given.pop("db", 0):
        raise BadRedisUrl("has a db, and a cluster has none.")
    nodes = _nodes(place["hosts"], PORT)
    return RedisParameters(options=_without_empty(given), is_tls=is_tls, nodes=nodes)


def _divided(
    rest: str, shape: re.Pattern[str], form: str, is_tls: bool
) -> tuple[dict[str, Any], re.Match[str]]:
    """User, password and parameters, and what follows the first `@` that leaves a place."""
    user, password, place = _split(rest, shape, form)
    given: dict[str, Any] = {"username": unquote(user), "password": unquote(password)}
    has_sentinels = shape is SENTINELS
    for pair in (pair for pair in (place["query"] or "").split("&") if pair):
        name, _, value = pair.partition("=")
        given[name] = _value(name, unquote(value), is_tls, has_sentinels)
    return given, place


def _split(rest: str, shape: re.Pattern[str], form: str) -> tuple[str, str, re.Match[str]]:
    if "@" not in rest.partition("?")[0] and (place := shape.fullmatch(rest)):
        return "", "", place
    for at in re.finditer("@", rest):
        if place := shape.fullmatch(rest[at.end() :]):
            user, _, password = rest[: at.start()].partition(":")
            return user, password, place
    raise BadRedisUrl(f"cannot be read: it has the form {form}.")


def _without_empty(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value != ""}


def _server(place: re.Match[str]) -> dict[str, Any]:
    [(host, port)] = _nodes(place["hosts"], PORT)
    return {"host": host, "port": port, "db": int(place["db"] or 0)}


def _nodes(listed: str, default: int) -> tuple[Node, ...]:
    nodes = tuple(_node(each, default) for each in listed.split(","))
    if not all(0 < port < 65536 for _, port in nodes):
        raise BadRedisUrl("has a port that is no number from 1 to 65535.")
    if len(nodes) > 1 and not all(host for host, _ in nodes):
        raise BadRedisUrl("has a host without a name.")
    return tuple((host or "localhost", port) for host, port in nodes)


def _node(listed: str, default: int) -> Node:
    name, _, port = listed.rpartition(":") if re.search(r":[0-9]+$", listed) else (listed, "", "")
    return unquote(name.strip("[]")), int(port or default)


def _socket(place: re.Match[str]) -> dict[str, Any]:
    return {"path": unquote(place["path"])}


def _value(name: str, value: str, is_tls: bool, has_sentinels: bool) -> object:
    if name.startswith("ssl_") and not is_tls:
        raise BadRedisUrl(f"has {name}, which needs rediss://.")
    if name in ("db", "protocol") and value.isascii() and value.isdigit():
        return int(value)
    if name == "ssl_cert_reqs" and (kind := value.lower().removeprefix("cert_")) in REQUIRED:
        return kind
    if name == "ssl_check_hostname" and value.lower() in FLAGS:
        return FLAGS[value.lower()]
    texts = TEXTS + FILES + (OF_SENTINELS if has_sentinels else ())
    if name in texts and value:
        return value
    known = name in ("db", "protocol", "ssl_cert_reqs", "ssl_check_hostname", *texts)
    what = "a value that cannot be read for" if known else "a parameter that is not known:"
    raise BadRedisUrl(f"has {what} {name}.")
