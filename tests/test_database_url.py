"""DATABASE_URL as hosts of PostgreSQL hand it out: read whole, or refused by name."""

import pytest

from app.settings.database_url import BadDatabaseUrl, ConnectionParameters, parse_database_url


def read(url: str) -> ConnectionParameters:
    return parse_database_url(url)


# As copied from the consoles of those who host it, with other secrets.
NEON = (
    "postgresql://owner:npg_x1Y2@ep-cool-1-pooler.eu-central-1.aws.neon.tech/main"
    "?sslmode=require&channel_binding=require&options=endpoint%3Dep-cool-1"
)
AZURE = (
    "postgres://app%40server:pa%2Fss@server.postgres.database.azure.com:5432/main?sslmode=require"
)


def test_what_hosts_hand_out_is_read() -> None:
    neon, azure = read(NEON), read(AZURE)
    assert neon.hosts == ("ep-cool-1-pooler.eu-central-1.aws.neon.tech",)
    assert (neon.database, neon.settings) == ("main", {"options": "endpoint=ep-cool-1"})
    assert neon.sslmode == "verify-full", "which is what channel binding is for"
    assert (azure.user, azure.password, azure.sslmode) == ("app@server", "pa/ss", "require")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("latchkey", "plain"),
        ("latchkey", "p@ss/w?rd#1:x"),
        ("latchkey", "a@b/c@d"),
        ("latchkey", "100%"),
        ("latchkey", "a+b&c=d"),
        ("app@server", "größe?x=1"),
        ("latchkey", ""),
    ],
)
def test_special_characters_may_stand_raw(user: str, password: str) -> None:
    found = read(f"postgresql://{user}:{password}@db.example.org:6432/main?sslmode=disable")
    assert (found.user, found.password) == (user, password)
    assert (found.hosts, found.ports, found.database) == (("db.example.org",), (6432,), "main")


def test_several_hosts_sockets_and_addresses() -> None:
    several = read("postgresql://u@one:1,[2001:db8::7]:2,three/d?target_session_attrs=read-write")
    assert several.hosts == ("one", "2001:db8::7", "three")
    assert several.ports == (1, 2, 5432)
    assert several.target_session_attrs == "read-write"
    assert read("postgresql://u@%2Frun%2Fpostgresql/d").hosts == ("/run/postgresql",)
    both = read("postgresql://u@/d?host=/run/a-b,db&port=1,2&connect_timeout=7")
    assert (both.hosts, both.ports, both.connect_timeout) == (("/run/a-b", "db"), (1, 2), 7)
    assert read("postgresql:///d?port=6432&user=a@b").ports == (6432,)
    assert read("postgresql://db/d?user=a@b").user == "a@b"


def test_0_is_the_default_and_keepalive_can_be_left_out() -> None:
    said = read(
        "postgresql://u@h/d?connect_timeout=0&keepalives=0&keepalives_idle=0&gssencmode=disable"
    )
    assert (said.connect_timeout, said.keepalives, said.keepalives_idle) == (0, False, 30)
    assert read("postgresql://u@h/d?keepalives=1").keepalives


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://u:hunter2@h/d?gssencmode=require", "gssencmode"),
        ("postgresql://u:hunter2@h/d?keepalives=on", "keepalives"),
        ("postgresql+asyncpg://u:hunter2@h/d", "postgresql://"),
        ("postgresql://u:hunter2@h/d?sslmod=require", "sslmod"),
        ("postgresql://u:hunter2@h/d?sslmode=always", "sslmode"),
        ("postgresql://u:hunter2@h/d?connect_timeout=soon", "connect_timeout"),
        ("postgresql://u:hunter2@h/d?target_session_attrs=master", "target_session_attrs"),
        ("postgresql://u:hunter2@h/d?sslmode=verify-full&sslrootcert=/nowhere.pem", "sslrootcert"),
        ("postgresql://u:hunter2@h:99999/d", "port"),
        ("postgresql://u:hunter2@a,b/d?port=1,2,3", "ports"),
        ("postgresql://u:hunter2@h/d/e", "postgresql://user:password@host"),
        ("postgresql://u:hunter2@[::1/d", "postgresql://user:password@host"),
    ],
)
def test_what_is_not_known_or_cannot_be_read_is_named(url: str, named: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=named.replace("+", r"\+")) as bad:
        read(url)
    assert "hunter2" not in str(bad.value)
    assert "hunter2" not in repr(bad.value.__context__ or "")


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(read("postgresql://u:hunter2@h/d"))
