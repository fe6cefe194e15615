"""REDIS_URL as hosts and other programs spell it: read as they mean it, or refused by name."""

from typing import Any

import pytest

from app.settings.redis_url import BadRedisUrl, RedisParameters, parse_redis_url

HERE = {"host": "localhost", "port": 6379, "db": 0}
READ: list[tuple[str, dict[str, Any]]] = [
    ("redis://", HERE),
    ("redis://localhost", HERE),
    ("redis:///", HERE),
    ("redis://127.0.0.1:6380/3", {"host": "127.0.0.1", "port": 6380, "db": 3}),
    ("redis://[::1]:6380/3", {"host": "::1", "port": 6380, "db": 3}),
    ("redis://localhost/0?db=2", HERE | {"db": 2}),
    ("redis://:secret@localhost", HERE | {"password": "secret"}),
    ("redis://app:secret@localhost/0", HERE | {"username": "app", "password": "secret"}),
    ("redis://app:p%40s%2Fs%25@localhost", HERE | {"username": "app", "password": "p@s/s%"}),
    ("redis://app:p@s/s#?:%w@localhost/0", HERE | {"username": "app", "password": "p@s/s#?:%w"}),
    ("redis://:1234/5@localhost", HERE | {"password": "1234/5"}),
    ("redis://localhost?username=a&password=b%2Bc", HERE | {"username": "a", "password": "b+c"}),
    ("unix:///run/redis.sock", {"path": "/run/redis.sock"}),
    ("unix:///run/re%20dis.sock?db=1", {"path": "/run/re dis.sock", "db": 1}),
    (
        "unix://app:s/@/run/redis.sock",
        {"path": "/run/redis.sock", "username": "app", "password": "s/"},
    ),
]
REQUIRED = [
    ("none", "none"), ("CERT_NONE", "none"), ("optional", "optional"), ("Required", "required"),
    ("CERT_REQUIRED", "required"),
]  # fmt: skip
REFUSED = [
    ("http://localhost", "must start with redis://"),
    ("localhost:6379", "must start with redis://"),
    ("redis://localhost:99999", "a port that is no number from 1 to 65535"),
    ("redis://localhost/name", "cannot be read"),
    ("redis://local host", "cannot be read"),
    ("http+sentinel://a:1/b", "must start with redis://"),
    ("redis+sentinels://a:1/b", "must start with redis://"),
    ("redis+sentinel://a:1", "cannot be read: it has the form redis+sentinel://"),
    ("redis+sentinel://a:99999/b", "a port that is no number from 1 to 65535"),
    ("redis+sentinel://a,:2/b", "a host without a name"),
    ("redis+sentinel://a/b/c", "cannot be read"),
    ("redis+sentinel://a/b?ssl_cert_reqs=none", "ssl_cert_reqs, which needs rediss://"),
    ("redis+cluster://a:1,b:2/1", "cannot be read: it has the form redis+cluster://"),
    ("redis+cluster://a:1?db=1", "has a db, and a cluster has none"),
    ("redis+cluster://a:1?sentinel_password=x", "not known: sentinel_password"),
    ("redis://a:1,b:2/0", "cannot be read"),
    ("unix://", "cannot be read"),
    ("redis://localhost?sockettimeout=1", "a parameter that is not known: sockettimeout"),
    ("redis://localhost?db=one", "a value that cannot be read for db"),
    ("redis://localhost?ssl_cert_reqs=none", "ssl_cert_reqs, which needs rediss://"),
    ("rediss://localhost?ssl_cert_reqs=maybe", "a value that cannot be read for ssl_cert_reqs"),
]


@pytest.mark.parametrize(("url", "read"), READ)
def test_it_is_read_as_it_is_meant(url: str, read: dict[str, Any]) -> None:
    assert parse_redis_url(url) == RedisParameters(options=read)


@pytest.mark.parametrize(("spelling", "meant"), REQUIRED)
def test_how_certificates_are_checked_may_be_spelled_as_elsewhere(
    spelling: str, meant: str
) -> None:
    url = f"rediss://localhost?ssl_cert_reqs={spelling}&ssl_check_hostname=false"
    options = HERE | {"ssl_cert_reqs": meant, "ssl_check_hostname": False}
    assert parse_redis_url(url) == RedisParameters(options=options, is_tls=True)


def test_sentinels_may_have_a_password_of_their_own() -> None:
    given = parse_redis_url(
        "rediss+sentinel://app:p@s/s@one:1,[::1],three/door.1/3"
        "?sentinel_username=s&sentinel_password=t%40&ssl_ca_certs=/ca"
    )
    assert given == RedisParameters(
        options={"db": 3, "username": "app", "password": "p@s/s", "ssl_ca_certs": "/ca"},
        is_tls=True,
        nodes=(("one", 1), ("::1", 26379), ("three", 26379)),
        service="door.1",
        sentinel_options={"username": "s", "password": "t@", "ssl_ca_certs": "/ca"},
    )


@pytest.mark.parametrize("tail", ["", "/", "?db=0"])
def test_some_servers_of_a_cluster_are_enough(tail: str) -> None:
    given = parse_redis_url(f"redis+cluster://:secret@one:7000,two{tail}")
    nodes = (("one", 7000), ("two", 6379))
    assert given == RedisParameters(options={"password": "secret"}, nodes=nodes)
    assert (given.is_cluster, given.hosts) == (True, ("one", "two"))


@pytest.mark.parametrize(("url", "why"), REFUSED)
def test_what_is_wrong_is_named(url: str, why: str) -> None:
    with pytest.raises(BadRedisUrl) as bad:
        parse_redis_url(url)
    assert why in str(bad.value)
