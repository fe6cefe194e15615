"""What people do reaches the services, whatever becomes of receivers and processes meanwhile."""

from collections.abc import Iterator

import pytest

from tests.crowd import sql
from tests.faults.staged import until
from tests.holder import PASSWORD, Holder
from tests.owner import Owner
from tests.person import Person, new_email
from tests.product import GENEROUS, Product
from tests.standins import behaviour as acts
from tests.standins.receiver import EventReceiver, ReceivedEvent
from tests.stores import Stores

USER = "SELECT id::text AS id FROM users WHERE email = $1"
DUE = "UPDATE events SET next_try_at = now() WHERE state = 'waiting'"
KEPT = "SELECT events::text AS row FROM events"


@pytest.fixture(scope="module")
def shop() -> Iterator[EventReceiver]:
    with EventReceiver("shop") as running:
        yield running
    assert running.violations == []


@pytest.fixture(scope="module")
def product(
    stores: Stores, shop: EventReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """One with two receivers, of which one never answers."""
    folder = tmp_path_factory.mktemp("events")
    with EventReceiver("dead") as dead:
        dead.script.always(acts.hang())
        services = folder / "services.toml"
        services.write_text(shop.table() + dead.table())
        url, redis = stores.new_database(), f"{stores.redis_url}?db=3"
        with Product(folder, url, redis, limits=GENEROUS, SERVICES=str(services)) as one:
            yield one


def told_of(shop: EventReceiver, user: str, count: int) -> list[ReceivedEvent]:
    """The events of one person, once there are so many."""

    def found() -> list[ReceivedEvent]:
        return [each for each in list(shop.messages) if each.to == user]

    until(lambda: len(found()) >= count)
    return found()


def user_of(person: Holder) -> str:
    return str(sql(person.product, USER, person.email)[0]["id"])


def test_beside_a_dead_receiver_people_get_their_codes_and_a_service_hears_of_them(
    product: Product, shop: EventReceiver
) -> None:
    owner = Owner(product)
    user = user_of(owner)
    other = owner.elsewhere()
    other.get("/account")
    other.post("/logout")
    owner.change("email", new := new_email())
    heard = told_of(shop, user, 3)
    assert [each.type for each in heard] == ["user.created", "session.revoked", "user.updated"]
    assert heard[1].data["reason"] == "signed out"
    updated = {"user": user, "changed": "email", "phone": owner.phone, "email": new, "plan": None}
    assert heard[2].data == updated


def test_of_a_deleted_account_only_the_id_is_left(product: Product, shop: EventReceiver) -> None:
    holder = Holder(product)
    user = user_of(holder)
    assert holder.submit("/account/deletion", password=PASSWORD).path == "/"
    heard = told_of(shop, user, 3)
    assert [each.type for each in heard] == ["user.created", "session.revoked", "user.deleted"]
    assert heard[2].data == {"user": user}
    kept = "".join(row["row"] for row in sql(product, KEPT))
    assert user in kept
    assert holder.phone not in kept
    assert holder.email not in kept


def test_killed_before_the_answer_it_tells_again_under_the_same_id(
    product: Product, shop: EventReceiver
) -> None:
    heard = len(shop.messages)
    shop.script.next(acts.accept_then_hang())
    holder = Holder(product)
    shop.wait_for(heard + 1)
    product.kill()
    product.start()
    user = user_of(holder)
    sql(product, DUE)
    first, again = told_of(shop, user, 2)
    assert (first.id, first.type) == (again.id, again.type)


def test_operators_are_warned_of_events_that_wait(product: Product) -> None:
    Holder(product)
    sql(product, "UPDATE events SET created_at = now() - interval '5 minutes'")
    person = Person(product)
    one = person.get("/health/events")
    assert (one.status, one.response.json()["status"]) == (200, "warn")
    page = person.get("/health", accept="text/html")
    assert page.status == 200
    assert "latchkey events test SERVICE" in page.html
    assert "dead: " in page.html
