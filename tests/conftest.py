"""What all tests share: nothing beyond this machine, and one pair of stores a test process."""

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crowd import hang_up, sql
from tests.guard.loopback import refuse_the_outside
from tests.person import visiting
from tests.product import GENEROUS, Product
from tests.stores import Stores, running_stores

HERE = Path(__file__).parent
EMPTY = """
TRUNCATE users, identity_proofs, spent_transactions, deleted_contacts, phone_verifications,
  email_verifications, contact_failures, password_budgets, deliveries, refused_sends,
  send_counts, send_stops, audit_events CASCADE
"""


# What takes long comes first, and what waits for most of its time meets what computes, so that
# nothing long is left for the end. Those of a folder share what they start.
ORDER = ("web", "journeys", "faults", "commands", "controllers", "sessions", "adapters", "domain")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--no-loadscope-reorder`, files are handed out in this order."""
    items.sort(key=lambda item: _place(item.path.relative_to(HERE).parts[0]))


def _place(folder: str) -> int:
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


# A deployment's own; the tests are about the product as it comes.
BRAND = ("BRAND_NAME", "BRAND_DIR", "CONTACT", "LEGAL_LINKS")


def pytest_configure() -> None:
    """No test reaches the outside: a connection anywhere but to this machine is an error. Requests
    that went well would fill what is kept of a failing run.
    """
    for name in BRAND:
        os.environ.pop(name, None)
    sys.addaudithook(refuse_the_outside)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # At Python's own 700, looking for garbage takes a quarter of collecting thousands of tests.
    gc.set_threshold(20_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What the product logged last is told with the failure."""
    report: Any = yield
    if report.failed:
        for given in getattr(item, "funcargs", {}).values():
            shown = given if isinstance(given, Product) else getattr(given, "product", None)
            if isinstance(shown, Product) and shown.log.exists():
                lines = shown.log.read_text().splitlines()
                told = [line for line in lines if '"level":"info"' not in line][-10:]
                report.sections.append(("log of the product", "\n".join(told)))
    return report


@pytest.fixture(scope="session", autouse=True)
def visitors_of_all() -> Iterator[None]:
    """Those whom fixtures of a module or a package have come as."""
    with visiting():
        yield
    hang_up()


@pytest.fixture(autouse=True)
def visitors() -> Iterator[None]:
    """Those of one test."""
    with visiting():
        yield


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with running_stores(tmp_path_factory.mktemp("stores")) as running:
        yield running


@pytest.fixture(scope="session")
def product(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One that many tests share: limits out of the way, messages to its outbox."""
    with Product(
        tmp_path_factory.mktemp("product"),
        stores.new_database(),
        f"{stores.redis_url}?db=0",
        limits=GENEROUS,
    ) as shared:
        yield shared


@pytest.fixture
def another_product(stores: Stores, tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """Makes products of a test's own, each with its own database and an empty short memory."""
    made: list[Product] = []

    def make(*options: str, limits: str = "", files: int = 0, **env: str) -> Product:
        stores.valkey_flush(1)
        one = Product(
            tmp_path / f"product{len(made)}",
            stores.new_database(),
            f"{stores.redis_url}?db=1",
            limits=limits,
            files=files,
            **env,
        )
        made.append(one)
        return one.start(*options)

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def products_of_module(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Product]]:
    made: dict[tuple[object, ...], Product] = {}

    def make(limits: str = "", **env: str) -> Product:
        settings = (limits, *sorted(env.items()))
        if settings not in made:
            folder, url = tmp_path_factory.mktemp("shared"), stores.new_database()
            made[settings] = Product(folder, url, f"{stores.redis_url}?db=1", limits=limits, **env)
            made[settings].start()
        return made[settings]

    yield make
    for one in made.values():
        one.close()


@pytest.fixture
def emptied_product(
    stores: Stores, products_of_module: Callable[..., Product]
) -> Callable[..., Product]:
    """As `another_product`, but those of a module with the same settings are one, which knows
    nobody and has sent nothing when a test begins: a start takes a second of a core.
    """

    def make(limits: str = "", **env: str) -> Product:
        product = products_of_module(limits, **env)
        sql(product, EMPTY)
        stores.valkey_flush(1)
        return product

    return make
