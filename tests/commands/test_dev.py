"""`latchkey dev`: brings the stores that the environment does not name, and no others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.running import latchkey
from tests.person import Person, new_phone
from tests.product import Product
from tests.stores import Stores


class OnOneMachine(Product):
    command, from_nothing = "dev", True


@pytest.fixture(params=["left empty", "in files"])
def dev(request: pytest.FixtureRequest, stores: Stores, tmp_path: Path) -> Iterator[Product]:
    product = OnOneMachine(tmp_path / "dev", "", "")
    if request.param == "in files":
        stores.valkey_flush(1)
        urls = {"DATABASE_URL": stores.empty_database(), "REDIS_URL": f"{stores.redis_url}?db=1"}
        for name, url in urls.items():
            (tmp_path / name).write_text(url)
            product.env[f"{name}_FILE"] = str(tmp_path / name)
    try:
        yield product.start()
    finally:
        product.close()


def test_it_starts_what_is_missing(dev: Product) -> None:
    person, phone = Person(dev), new_phone()
    person.give_phone(phone)
    assert person.give_phone_code(phone).path == "/signup/email"
    told = dev.log.read_text()
    assert [
        name for name in ("/api/docs", "/api/openapi.json") if f"{dev.url}{name}\n" not in told
    ] == []
    own = (dev.folder / ".latchkey" / "keeper.log").exists()
    assert own == ("DATABASE_URL_FILE" not in dev.env)
    assert dev.stop() == 0


def test_a_port_that_is_in_use_is_told_in_words(product: Product, tmp_path: Path) -> None:
    for command in ("serve", "dev"):
        refused = latchkey(tmp_path, command, **product.env | {"LIMITS_FILE": ""})
        assert refused.returncode == 1
        another = f"choose another, such as --port {product.port + 1}."
        assert refused.stderr == f"Error: Port {product.port} is in use; {another}\n"


@pytest.mark.parametrize("dev", ["left empty"], indirect=True)
def test_the_other_commands_find_its_stores(dev: Product) -> None:
    for words, told in (
        ("migrate", "The database is at "),
        ("seed", "Demo people added: 0"),
        ("keys rotate --yes", "Signing key added: "),
        ("cleanup", "deliveries: 0 removed"),
    ):
        done = latchkey(dev.folder, *words.split(), ENVIRONMENT="test")
        assert (done.returncode, done.stderr) == (0, "")
        assert told in done.stdout
    assert Person(dev).get("/health/postgres").status == 200, "they stopped nothing"


@pytest.mark.parametrize("words", ["cleanup", "keys rotate --yes", "seed", "pricing show"])
def test_where_there_are_no_stores_they_say_what_is_missing(tmp_path: Path, words: str) -> None:
    refused = latchkey(tmp_path, *words.split(), ENVIRONMENT="test")
    assert refused.returncode == 2
    assert "DATABASE_URL is missing" in refused.stderr
    assert list(tmp_path.iterdir()) == [], "and start none"


@pytest.mark.parametrize("words", ["cleanup", "keys rotate --yes", "seed --yes"])
def test_a_database_that_does_not_answer_is_told(tmp_path: Path, words: str) -> None:
    nowhere = "postgresql://nobody@/nowhere?host=/nowhere"
    refused = latchkey(tmp_path, *words.split(), ENVIRONMENT="test", DATABASE_URL=nowhere)
    told = "Error: PostgreSQL at DATABASE_URL cannot be used: no such file or directory.\n"
    assert (refused.returncode, refused.stderr) == (1, told)
