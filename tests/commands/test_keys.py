"""`latchkey keys rotate`: one key more, which signs once every server knows of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.adapters.postgres import Postgres
from app.domain.keys import keys_for
from app.domain.sessions.signing_keys import KNOWN_AFTER, SigningKeys, UnreadableKeys
from app.domain.sessions.tokens import EVERY, AccessTokens, keep_fresh, read_keys
from app.settings import DEVELOPMENT_KEY
from tests.commands.running import latchkey, typed
from tests.crowd import sql
from tests.faults.staged import ask as ask_database
from tests.faults.staged import until
from tests.person import Person
from tests.product import Product
from tests.sessions.held import Held, Owner, ask
from tests.sessions.mint import Mint, kid_of
from tests.stores import Stores

OLDER = "UPDATE signing_keys SET created_at = created_at - $1::interval"


def rotated(url: str) -> str:
    """The id that the command tells."""
    told = typed("keys", "rotate", DATABASE_URL=url)
    assert told.exit_code == 0
    return told.output.split(": ")[1].split(".")[0]


def published(product: Product) -> list[str]:
    keys = Person(product).get("/.well-known/jwks.json").response.json()["keys"]
    return [key["kid"] for key in keys]


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


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
    assert KNOWN_AFTER.total_seconds() >= 2 * EVERY


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


def test_without_a_database_it_says_what_is_missing(tmp_path: Path) -> None:
    refused = latchkey(tmp_path, "keys", "rotate", ENVIRONMENT="test")
    assert refused.returncode == 2
    assert "DATABASE_URL is missing" in refused.stderr


def test_it_is_listed(tmp_path: Path) -> None:
    assert "keys" in latchkey(tmp_path, "--help").stdout
    assert "rotate" in latchkey(tmp_path, "keys", "--help").stdout
