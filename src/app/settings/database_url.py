"""DATABASE_URL: a connection URI as libpq documents it, read in one place for every command.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS. Two differences:
special characters of user and password may also stand there raw, and a parameter that is not known
here is refused, never ignored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

FORM = "postgresql://user:password@host:5432/name"
HOST = r"(?:\[[\w:.%]+\]|[\w.%-]*)(?::[0-9]{1,5})?"
# What follows user and password. A password may hold an `@` too, but what follows that one does not
# look like this.
PLACE = re.compile(
    rf"(?P<hosts>{HOST}(?:,{HOST})*)(?:/(?P<database>[^/?@#]*))?(?:\?(?P<query>(?:\w+=[^&]*(?:&|$))*))?"
)
PORT = 5432

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SESSIONS = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
WRITTEN_TO = ("read-write", "primary")
CHOICES = {
    "sslmode": SSL_MODES,
    "channel_binding": ("disable", "prefer", "require"),
    "target_session_attrs": SESSIONS,
    "keepalives": ("0", "1"),
    "gssencmode": ("disable", "prefer"),  # asyncpg has no GSSAPI encryption to require
}
# The seconds and the count of TCP keepalive, and the seconds to connect. 0 is the default.
NUMBERS = ("connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count")
FILES = ("sslrootcert", "sslcert", "sslkey")
TEXTS = ("application_name", "options")
PLACES = ("host", "port", "user", "password", "dbname")
KNOWN = (*PLACES, *TEXTS, *CHOICES, *NUMBERS, *FILES)


class BadDatabaseUrl(ValueError):
    """`problems` say what is wrong, one sentence each, without any value of the URL."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionParameters:
    """Where PostgreSQL is and how to reach it. What is "" or empty was not said. A host that begins
    with a slash is the folder of a socket. Times are in seconds.
    """

    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    user: str
    password: str = field(repr=False)
    database: str
    sslmode: str
    sslrootcert: str
    sslcert: str
    sslkey: str
    target_session_attrs: str
    connect_timeout: int
    # What the server is told when a session begins.
    settings: dict[str, str]
    # TCP keepalive: after half a minute of silence a probe, three in a row until it is given up.
    keepalives: bool
    keepalives_idle: int
    keepalives_interval: int
    keepalives_count: int

    @property
    def is_written_to(self) -> bool:
        """Whether only a server will do that takes writes."""
        return self.target_session_attrs in WRITTEN_TO


def parse_database_url(url: str) -> ConnectionParameters:
    """Raises `BadDatabaseUrl` with everything that is wrong."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres"):
        raise BadDatabaseUrl("must start with postgresql:// or postgres://.")
    user, password, place = _divided(rest)
    given = _parameters(place["query"] or "")
    hosts, ports = _hosts(given.get("host", place["hosts"]), given.get("port", ""))
    return ConnectionParameters(
        hosts=hosts,
        ports=ports,
        user=given.get("user", unquote(user)),
        password=given.get("password", unquote(password)),
        database=given.get("dbname", unquote(place["database"] or "")),
        sslmode=_sslmode(given),
        sslrootcert=given.get("sslrootcert", ""),
        sslcert=given.get("sslcert", ""),
        sslkey=given.get("sslkey", ""),
        target_session_attrs=given.get("target_session_attrs", "any"),
        connect_timeout=int(given.get("connect_timeout", "0")),
        settings={name: given[name] for name in TEXTS if name in given},
        keepalives=given.get("keepalives", "1") == "1",
        keepalives_idle=int(given.get("keepalives_idle", "0")) or 30,
        keepalives_interval=int(given.get("keepalives_interval", "0")) or 10,
        keepalives_count=int(given.get("keepalives_count", "0")) or 3,
    )


def _divided(rest: str) -> tuple[str, str, re.Match[str]]:
    """User, password and what follows them: after the first `@` that leaves a place."""
    if "@" not in rest.partition("?")[0] and (place := PLACE.fullmatch(rest)):
        return "", "", place
    for at in re.finditer("@", rest):
        if place := PLACE.fullmatch(rest[at.end() :]):
            user, _, password = rest[: at.start()].partition(":")
            return user, password, place
    raise BadDatabaseUrl(f"cannot be read: it has the form {FORM}.")


def _parameters(query: str) -> dict[str, str]:
    """By name, decoded. As in libpq, the last of several wins and `+` is no space."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    given = {("dbname" if name == "database" else name): unquote(value) for name, _, value in pairs}
    if problems := list(_wrong(given)):
        raise BadDatabaseUrl(*problems)
    return given


def _wrong(given: dict[str, str]) -> Iterator[str]:
    for name, value in given.items():
        allowed = CHOICES.get(name, ())
        if name not in KNOWN:
            yield f"has a parameter that is not known: {name}."
        elif allowed and value not in allowed:
            yield f"has another {name} than {', '.join(allowed)}."
        elif name in NUMBERS and not (value.isascii() and value.isdigit()):
            yield f"has a {name} that is no whole number."
        elif name in FILES and value != "system" and not Path(value).is_file():
            yield f"names a file as {name} that is not there or cannot be read."


def _sslmode(given: dict[str, str]) -> str:
    """asyncpg has no channel binding. What it is for, that nobody stands between, is reached by
    checking the server's certificate and name; the certificates of the system stand for more than
    that too (`sslrootcert=system`, libpq 16).
    """
    strict = given.get("channel_binding") == "require" or given.get("sslrootcert") == "system"
    return "verify-full" if strict else given.get("sslmode", "prefer")


def _hosts(listed: str, ports: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """`ports` are those of the query: one for all hosts, or one for each."""
    pairs = [_host_and_port(host) for host in listed.split(",")]
    default = ports.split(",") if ports else [str(PORT)]
    if len(default) == 1:
        default *= len(pairs)
    if len(default) != len(pairs):
        raise BadDatabaseUrl("has another number of ports than of hosts.")
    if len(pairs) > 1 and not all(host for host, _ in pairs):
        raise BadDatabaseUrl("has a host without a name.")
    numbers = [own or port for (_, own), port in zip(pairs, default, strict=True)]
    if not all(number.isascii() and number.isdigit() for number in numbers) or not all(
        0 < int(number) < 65536 for number in numbers
    ):
        raise BadDatabaseUrl("has a port that is no number from 1 to 65535.")
    return tuple(host for host, _ in pairs if host), tuple(int(number) for number in numbers)


def _host_and_port(host: str) -> tuple[str, str]:
    if host.startswith("/"):
        return host, ""
    name, _, port = host.rpartition(":") if re.search(r":[0-9]+$", host) else (host, "", "")
    return unquote(name.strip("[]")), port
