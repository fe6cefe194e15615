"""People at every step; a product with the limits people really meet, and a memory of its own."""

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from math import ceil
from time import sleep, time

import asyncpg
import pytest
from redis import Redis

from app.adapters.redis import SILENCE
from app.dev.stores.files import clear_sockets, data_folder, socket_folder
from app.dev.stores.servers import ValkeyServer
from app.domain.delivery.outbox import ON_ITS_WAY
from app.domain.delivery.refill import EVERY, SETTLED
from tests.crowd import sql
from tests.faults.staged import until
from tests.neighbours import services_file
from tests.person import Person, new_email, new_phone
from tests.pressed import Pressed
from tests.price_list import publish_prices
from tests.product import GENEROUS, Product, free_port
from tests.standins.openid import OpenIdStandIn
from tests.stores import Stores

STEPS = ("phone", "phone-code", "email", "email-code", "password")
SENT_AND_GUESSED = ("deliveries", "send_counts", "send_stops", "phone_verifications",
                    "email_verifications", "audit_events")  # fmt: skip
DAILY = 300  # more than what strangers of one region get
UNDER_WAY = "SELECT 1 FROM deliveries WHERE state IN ('queued', 'sending')"
OLDER = """
WITH anew AS (DELETE FROM send_counts)
UPDATE deliveries SET created_at = created_at - make_interval(secs => $1)
"""
SENT_BEFORE = """
WITH anew AS (DELETE FROM send_counts)
INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                        state, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', $1, left($1, -4), $2, $3, $4,
       'sent', clock_timestamp() FROM generate_series(1, $5)
"""


# What a code page says where two or fewer sends are left.
FEW_LEFT = ("You can do this", "another this hour", "the last one for this hour")


class Limited:
    """The product and its short memory, whose time a test can move."""

    def __init__(self, product: Product, valkey: ValkeyServer) -> None:
        self.product, self.valkey = product, valkey
        self._addresses = count(1)

    def visitor(self, address: str = "") -> Person:
        """Someone at an address of the world, by default in a network that nobody else is in."""
        person = Person(self.product)
        here = next(self._addresses)
        person.http.headers["x-forwarded-for"] = address or f"10.{here // 250}.{here % 250}.1"
        return person

    def flush(self) -> None:
        """The short memory forgets everything."""
        with Redis.from_url(self.valkey.url) as client:
            client.flushall()

    def forget(self, keys: str) -> None:
        """The short memory forgets these alone."""
        with Redis.from_url(self.valkey.url) as client:
            client.delete(*client.keys(keys), "none")

    def bring_back(self) -> None:
        """The short memory answers again, and is asked again."""
        self.valkey.start()
        sleep(SILENCE)

    def age_memory(self) -> None:
        """It has been counting for days, so that PostgreSQL is no longer asked."""
        with Redis.from_url(self.valkey.url) as client:
            client.set("{latchkey}:counting_since", 0)

    def refill_memory(self) -> None:
        """It has counted for long enough that what it has forgotten is told to it again."""
        with Redis.from_url(self.valkey.url) as client:
            client.set("{latchkey}:counting_since", int(1000 * (time() - SETTLED)))
            until(lambda: bool(client.exists("{latchkey}:refilled")), SETTLED + 3 * EVERY)

    def wait(self, seconds: int) -> None:
        """As if so much time had passed since whatever was sent."""
        sql(self.product, OLDER, seconds)
        with Redis.from_url(self.valkey.url) as client:
            unsent, held = (client.keys(f"{{latchkey}}:{kind}:*") for kind in ("unsent", "held"))
            drafts = client.keys("{latchkey}:signup:*")
            client.delete(*({*client.keys("*")} - {*unsent, *held, *drafts}), "none")
            for key in unsent + held:
                told = json.loads(client.get(key) or "")
                if "sent" in told:
                    told["sent"] = [(to, at - seconds) for to, at in told["sent"]]
                else:
                    told |= {name: told[name] - seconds for name in ("since", "until")}
                client.set(key, json.dumps(told), keepttl=True)

    def settle(self) -> None:
        """Whatever was queued has gone out, long enough ago that pages tell of it."""
        until(lambda: not sql(self.product, UNDER_WAY))
        self.wait(ceil(ON_ITS_WAY))

    def sent_before(
        self, times: int, phone: str = "+61400000000", region: str = "AU", address: str = "9.9.9.9"
    ) -> None:
        """Texts that went out before this test began."""
        network = f"{address.rpartition('.')[0]}.0/24"
        sql(self.product, SENT_BEFORE, phone, region, f"{address}/32", network, times)

    def texts(self, to: str) -> int:
        """How many were queued."""
        asked = "SELECT count(*) FROM deliveries WHERE destination = $1"
        return int(sql(self.product, asked, to)[0]["count"])


@pytest.fixture(scope="package")
def limited_product(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limited]:
    data = data_folder(tmp_path_factory.mktemp("limits"))
    valkey = ValkeyServer(data, socket_folder(data), durable=False)
    valkey.start()
    proxied = {"TRUSTED_PROXIES": "127.0.0.1/32", "SMS_DAILY_LIMIT": str(DAILY)}
    product = Product(data / "product", stores.new_database(), valkey.url, **proxied)
    try:
        yield Limited(product.start(), valkey)
    finally:
        product.close()
        valkey.stop()
        clear_sockets(data)


@pytest.fixture
def limited(limited_product: Limited) -> Limited:
    """Nothing was sent and nothing guessed yet."""
    asyncio.run(_empty(limited_product.product.env["DATABASE_URL"]))
    limited_product.flush()
    return limited_product


async def _empty(database_url: str) -> None:
    """One after the other: who locks all of them at once, and the server, which asks for them in
    another order, would wait for each other.
    """
    connection = await asyncpg.connect(
        database_url, server_settings={"latchkey.audit_upkeep": "on"}
    )
    try:
        for table in SENT_AND_GUESSED:
            await connection.execute(f"TRUNCATE {table} CASCADE")
    finally:
        await connection.close()


@pytest.fixture
def pressed(limited: Limited) -> Pressed:
    return Pressed(limited)


@pytest.fixture(scope="module")
def people(product: Product) -> dict[str, Person]:
    """Someone at every step of a sign-up."""
    return {step: _at(product, step) for step in STEPS}


def _at(product: Product, step: str) -> Person:
    person, phone, email = Person(product), new_phone(), new_email()
    deeds = (
        (person.give_phone, phone),
        (person.give_phone_code, phone),
        (person.give_email, email),
        (person.give_email_code, email),
    )
    for deed, contact in deeds[: STEPS.index(step)]:
        deed(contact)
    assert person.get(f"/signup/{step}").status == 200
    return person


@pytest.fixture(scope="module")
def priced(product: Product) -> Product:
    """The product that is shared, with the believable prices."""
    publish_prices(product)
    return product


@pytest.fixture(scope="package")
def own_origin() -> str:
    """Of the shop, on another port of the product's host, which sees its cookies."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="package")
def far_origins() -> tuple[str, str]:
    """Of the shop, on another host than the product's."""
    return f"http://localhost:{free_port()}", f"http://localhost:{free_port()}"


@pytest.fixture(scope="package")
def serviced(
    stores: Stores,
    own_origin: str,
    far_origins: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Product]:
    """A product that services trust, behind a proxy at 127.0.0.1."""
    folder, url = tmp_path_factory.mktemp("services"), f"{stores.redis_url}?db=3"
    file = services_file(folder, own_origin, *far_origins)
    env = {"SERVICES": file, "TRUSTED_PROXIES": "127.0.0.1/32"}
    with Product(folder, stores.new_database(), url, limits=GENEROUS, **env) as product:
        yield product


@pytest.fixture(scope="package")
def unpriced(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Where none were ever published."""
    stores.valkey_flush(7)
    folder, url = tmp_path_factory.mktemp("unpriced"), stores.new_database()
    with Product(folder, url, f"{stores.redis_url}?db=7") as product:
        yield product


@pytest.fixture(scope="module")
def openid() -> Iterator[OpenIdStandIn]:
    with OpenIdStandIn() as one:
        yield one


@pytest.fixture(scope="module")
def abroad(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory, openid: OpenIdStandIn
) -> Iterator[Product]:
    """Where the provider can be told what to say."""
    with Product(
        tmp_path_factory.mktemp("abroad"),
        stores.new_database(),
        f"{stores.redis_url}?db=6",
        limits=GENEROUS,
        **openid.environment,
    ) as product:
        yield product
