"""`latchkey keys`: one key more, which signs once every server knows of it, and one less."""

import asyncio
import getpass
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from app.adapters.postgres import Postgres
from app.domain.keys import fingerprint_of, keys_for
from app.domain.sessions.signing_keys import KNOWN_AFTER, SigningKeys, UnreadableKeys
from app.domain.sessions.tokens import EVERY, AccessTokens, keep_fresh, read_keys
from app.settings import DEVELOPMENT_KEY
from tests.commands.running import latchkey, typed
from tests.crowd import sql
from tests.faults.staged import ask as ask_database
from tests.faults.staged import until
from tests.person import Person
from tests.product import Product
from tests.sessions.held import Held, Owner, ask, ask_at_once, given, is_out
from tests.sessions.mint import Mint, claims_of, kid_of
from tests.stores import Stores

OLDER = "UPDATE signing_keys SET created_at = created_at - $1::interval"
RUNNING = """INSERT INTO processes (id, host, pid, secrets, signs_by)
             VALUES (gen_random_uuid(), 'web-1', 7, $1::text[], ($1::text[])[1])"""


def rotated(url: str) -> str:
    """The id that the command tells."""
    told = typed("keys", "rotate", "--yes", DATABASE_URL=url)
    assert told.exit_code == 0
    return told.output.split(": ")[1].split(".")[0]


def published(product: Product) -> list[str]:
    keys = Person(product).get("/.well-known/jwks.json").response.json()["keys"]
    return [key["kid"] for key in keys]


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
def two_servers(
    another_product: Callable[..., Product], tmp_path: Path
) -> Iterator[tuple[Product, Product]]:
    """Over the same stores."""
    one = another_product()
    env = one.env | {"BASE_URL": one.url}
    other = Product(tmp_path / "other", env.pop("DATABASE_URL"), env.pop("REDIS_URL"))
    other.env["BASE_URL"] = one.url
    with other:
        yield one, other


def test_a_new_key_signs_after_a_minute_and_old_tokens_stay_good(
    another_product: Callable[..., Product],
) -> None:
    product = another_product()
    owner = Owner.sign_up(product)
    before = owner.hold()
    old, new = kid_of(before.access), rotated(product.env["DATABASE_URL"])
    product.kill()  # a server reads the keys at its start, and every half minute
    product.start()
    assert published(product) == [old, new]
    assert kid_of(owner.hold().access) == old
    sql(product, OLDER, KNOWN_AFTER)
    product.kill()
    product.start()
    assert kid_of(owner.hold().access) == new
    assert ask(product, Held(before.access, "")).status_code == 200
    forged = Mint.of(product).access({"sub": "x"}, {"kid": old})
    assert ask(product, Held(forged, "")).status_code == 303


@asynccontextmanager
async def keys_of(url: str, *secrets: str) -> AsyncIterator[SigningKeys]:
    database = Postgres(url)
    await database.open()
    yield SigningKeys(keys_for("signing keys", secrets), database)
    await database.close()


async def test_a_running_server_takes_it_within_a_minute(url: str) -> None:
    tokens = AccessTokens("https://login.example.org")
    async with keys_of(url, DEVELOPMENT_KEY) as keys:
        await read_keys(keys, tokens)
        fresh = asyncio.create_task(keep_fresh(keys, tokens, every=0.05))
        added = await keys.rotate_keys()
        for _ in range(100):
            if [key["kid"] for key in tokens.public_keys()][1:] == [added]:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("it was not taken")
        fresh.cancel()
    assert KNOWN_AFTER.total_seconds() >= 2 * EVERY  # contract: within a minute


def test_a_key_goes_once_no_token_of_it_can_be_alive(url: str) -> None:
    first, second = rotated(url), rotated(url)
    assert ids_in(url) == {first, second}
    ask_database(url, OLDER, KNOWN_AFTER * 61)
    third = rotated(url)
    assert ids_in(url) == {second, third}


def ids_in(url: str) -> set[str]:
    return {row["id"] for row in ask_database(url, "SELECT id FROM signing_keys")}


async def test_a_server_with_another_secret_uses_no_key_and_makes_none(url: str) -> None:
    async with keys_of(url, DEVELOPMENT_KEY) as ours, keys_of(url, "another") as others:
        await ours.load_keys()
        with pytest.raises(UnreadableKeys):
            await others.load_keys()
        # Whoever has lost the old one goes on by a rotation.
        added = await others.rotate_keys()
        assert [key.id for key in await others.load_keys()] == [added]
        assert len(await ours.load_keys()) == 1
    async with keys_of(url, "another", DEVELOPMENT_KEY) as both:
        assert len(await both.load_keys()) == 2


async def test_a_revoked_key_goes_even_where_no_other_can_be_read(url: str) -> None:
    tokens = AccessTokens("https://login.example.org")
    async with keys_of(url, DEVELOPMENT_KEY) as ours, keys_of(url, "another") as others:
        await read_keys(ours, tokens)
        [stolen] = [key["kid"] for key in tokens.public_keys()]
        await others.rotate_keys()
        await read_keys(ours, tokens)
        assert [key["kid"] for key in tokens.public_keys()] == [stolen]
        assert await others.revoke_key(stolen)
        await read_keys(ours, tokens)
        assert not tokens.is_ready


@pytest.mark.parametrize("words", [("rotate",), ("revoke", "KID")])
def test_nothing_is_sealed_that_a_running_server_cannot_read(
    url: str, words: tuple[str, ...]
) -> None:
    kept = rotated(url)
    ask_database(url, RUNNING, [fingerprint_of(DEVELOPMENT_KEY)])
    given = [kept if word == "KID" else word for word in words]
    other = {"SECRET_KEY": "another key of at least 32 letters 0f9a", "DATABASE_URL": url}
    refused = typed("keys", *given, "--yes", **other)
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: Nothing was changed, as web-1:7 could not read")
    assert ids_in(url) == {kept}
    assert typed("keys", *given, "--yes", DATABASE_URL=url).exit_code == 0


def test_a_server_that_was_started_before_the_migration_has_keys_after_it(
    stores: Stores, tmp_path: Path
) -> None:
    url = stores.empty_database()
    product = Product(tmp_path / "early", url, f"{stores.redis_url}?db=5")
    try:
        ready = Person(product.start()).get("/health/ready")
        assert ready.status == 503
        assert typed("migrate", DATABASE_URL=url).exit_code == 0
        until(lambda: Person(product).get("/health/ready").status == 200)
        assert len(published(product)) == 1
    finally:
        product.close()


def test_keys_are_listed_with_what_each_does(url: str) -> None:
    assert "no key yet" in typed("keys", "list", DATABASE_URL=url).output
    first, second = rotated(url), rotated(url)
    listed = typed("keys", "list", "--json", DATABASE_URL=url)
    assert [(key["id"], key["state"]) for key in json.loads(listed.output)] == [
        (first, "signs"),
        (second, "signs soon"),
    ]
    ask_database(url, OLDER, KNOWN_AFTER)
    lines = typed("keys", "list", DATABASE_URL=url).output.splitlines()
    assert lines[0].startswith(first)
    assert lines[0].endswith("verifies older tokens")
    assert lines[1].endswith("  signs")
    other = {"SECRET_KEY": "another key of at least 32 letters 0f9a", "DATABASE_URL": url}
    assert "unreadable: SECRET_KEY" in typed("keys", "list", **other).output


def test_a_revoked_key_is_gone_and_another_signs(url: str) -> None:
    first, second = rotated(url), rotated(url)
    revoked = typed("keys", "revoke", first, "--yes", "--json", DATABASE_URL=url)
    assert json.loads(revoked.output) == {"revoked": first, "signs": second}
    last = json.loads(typed("keys", "revoke", second, "--yes", "--json", DATABASE_URL=url).output)
    assert ids_in(url) == {last["signs"]}
    assert last["signs"] not in (first, second)
    events = ask_database(url, "SELECT event, details FROM audit_events ORDER BY id")
    assert [event["event"] for event in events] == ["keys:rotated"] * 2 + ["keys:revoked"] * 2
    assert json.loads(events[2]["details"]) == {
        "key": first,
        "signs": second,
        "by": getpass.getuser(),
    }


def test_a_key_that_is_not_there_is_not_found(url: str) -> None:
    rotated(url)
    missing = typed("keys", "revoke", "0123456789abcdef", "--yes", DATABASE_URL=url)
    assert (missing.exit_code, missing.output.split(":")[0]) == (1, "Not found")
    assert len(ids_in(url)) == 1


@pytest.mark.parametrize("words", [("rotate",), ("revoke", "KID")])
def test_where_nobody_can_be_asked_a_change_needs_yes(url: str, words: tuple[str, ...]) -> None:
    kept = rotated(url)
    given = [kept if word == "KID" else word for word in words]
    refused = typed("keys", *given, DATABASE_URL=url)
    assert refused.exit_code == 2
    assert "Add --yes" in refused.output
    assert ids_in(url) == {kept}


def test_tokens_of_a_revoked_key_are_dead_within_a_second_and_sessions_go_on(
    two_servers: tuple[Product, Product],
) -> None:
    """Everywhere, also where the token was just taken."""
    owner = Owner.sign_up(two_servers[0])
    held = owner.hold()
    stolen = Held(Mint.of(two_servers[0]).access(claims_of(held.access)), "")
    assert [answer.status_code for answer in ask_at_once(two_servers, stolen)] == [200, 200]
    revoked = kid_of(stolen.access)
    env = two_servers[0].env
    assert typed("keys", "revoke", revoked, "--yes", **env).exit_code == 0
    deadline = monotonic() + 1
    while any(not is_out(each) for each in ask_at_once(two_servers, stolen)):
        assert monotonic() < deadline, "it was taken for longer than a second"
    assert all(revoked not in published(each) for each in two_servers)
    for answer in ask_at_once(two_servers, held):
        assert answer.status_code == 200
        assert kid_of(given(answer).access) != revoked


def test_without_a_database_it_says_what_is_missing(tmp_path: Path) -> None:
    refused = latchkey(tmp_path, "keys", "rotate", ENVIRONMENT="test")
    assert refused.returncode == 2
    assert "DATABASE_URL is missing" in refused.stderr


def test_it_is_listed(tmp_path: Path) -> None:
    assert "keys" in latchkey(tmp_path, "--help").stdout
    assert "rotate" in latchkey(tmp_path, "keys", "--help").stdout
