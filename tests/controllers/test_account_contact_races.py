"""Changes of numbers and addresses at one moment, over two processes: one gets it, once."""

from collections.abc import Iterator

import pytest

from tests.crowd import answers, at_once, nth_code, post_at_once, sql
from tests.holder import PASSWORD
from tests.owner import Owner, contacts, events, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores

NEW = {"phone": new_phone, "email": new_email}
ROUNDS = 5
TOLD = "SELECT count(*) FROM deliveries WHERE destination = $1 AND template = $2"


@pytest.fixture(scope="module")
def busy(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two processes over one pair of stores."""
    folder, redis = tmp_path_factory.mktemp("busy"), f"{stores.redis_url}?db=4"
    product = Product(folder, stores.new_database(), redis, limits=GENEROUS)
    yield product.start("--workers", "2")
    product.close()


def told(product: Product, to: str, template: str) -> int:
    return int(sql(product, TOLD, to, template)[0]["count"])


@pytest.mark.parametrize("kind", NEW)
def test_ten_same_forms_at_once_send_one_code(busy: Product, kind: str) -> None:
    owner, new = Owner(busy), NEW[kind]()
    owner.get(f"/account/{kind}")
    given = post_at_once(owner, f"/account/{kind}", 10, **{kind: new})
    assert answers(given) == {f"303 /account/{kind}-code": 10}
    assert len(sql(busy, "SELECT 1 FROM deliveries WHERE destination = $1", new)) == 1


@pytest.mark.parametrize("kind", NEW)
def test_the_same_code_ten_times_at_once_is_one_change_and_one_notice(
    busy: Product, kind: str
) -> None:
    owner, new = Owner(busy), NEW[kind]()
    owner.name(kind, new)
    given = post_at_once(owner, f"/account/{kind}-code", 10, code=busy.code_for(new))
    assert answers(given) == {"303 /account": 10}
    assert all(f"notice={kind}-changed" in str(answer.headers) for answer in given)
    phone = new if kind == "phone" else owner.phone
    assert events(busy, f"account:{kind}_changed", phone) == 1
    assert told(busy, owner.email, f"{kind}_changed") == 1
    assert told(busy, owner.phone, f"{kind}_changed_text") == 1
    changes = "SELECT 1 FROM contact_changes WHERE new_value = $1"
    assert len(sql(busy, changes, new)) == 1


@pytest.mark.parametrize("kind", NEW)
def test_of_two_accounts_that_prove_the_same_at_once_one_gets_it(busy: Product, kind: str) -> None:
    owners = [Owner(busy), Owner(busy)]
    for _ in range(ROUNDS):
        new, posts = NEW[kind](), []
        for number, owner in enumerate(owners, 1):
            owner.name(kind, new)
            form = {"csrf_token": owner.token(), "code": nth_code(busy, new, number)}
            posts.append((owner, f"/account/{kind}-code", form))
        given = at_once(posts)
        assert answers(given) == {"303 /account": 1, "409": 1}
        [refused] = [answer for answer in given if answer.status_code == 409]
        assert "belongs to another account. Use another one." in refused.text
        assert len(contacts(busy, new)) == 1


def test_two_accounts_that_want_each_others_number_are_both_refused(busy: Product) -> None:
    one, other = Owner(busy), Owner(busy)
    for owner, wanted in ((one, other.phone), (other, one.phone)):
        owner.name("phone", wanted)
        nth_code(busy, wanted, 2)
    posts = [
        (owner, "/account/phone-code", {"csrf_token": owner.token(), "code": code})
        for owner, code in (
            (one, nth_code(busy, other.phone, 2)),
            (other, nth_code(busy, one.phone, 2)),
        )
    ]
    assert answers(at_once(posts)) == {"409": 2}
    assert len(contacts(busy, one.phone, other.phone)) == 2


def almost_signed_up(product: Product, phone: str, email: str) -> Person:
    person = Person(product)
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    return person


@pytest.mark.parametrize("kind", NEW)
def test_a_sign_up_that_finishes_at_the_same_moment_gets_it_or_not(
    busy: Product, kind: str
) -> None:
    owner = Owner(busy)
    for _ in range(ROUNDS):
        phone, email = new_phone(), new_email()
        new = {"phone": phone, "email": email}[kind]
        stranger = almost_signed_up(busy, phone, email)
        owner.name(kind, new)
        code = nth_code(busy, new, 2)
        given = at_once([
            (stranger, "/signup/password", {"csrf_token": stranger.token(), "password": PASSWORD}),
            (owner, f"/account/{kind}-code", {"csrf_token": owner.token(), "code": code}),
        ])  # fmt: skip
        assert [answer.status_code for answer in given] in ([303, 303], [303, 409], [409, 303])
        assert len(contacts(busy, new)) == 1


@pytest.mark.parametrize("kind", NEW)
def test_the_same_proof_five_times_at_once_undoes_once(busy: Product, kind: str) -> None:
    owner, new = Owner(busy), NEW[kind]()
    owner.change(kind, new)
    link, someone = undo_path(busy, owner.email), Person(busy)
    someone.submit(link)
    given = post_at_once(someone, f"{link}/confirm", 5, password=PASSWORD)
    assert answers(given) == {f"303 {link}": 5}
    assert contacts(busy, owner.phone) == [(owner.phone, owner.email)]
    assert events(busy, "account:change_undone", owner.phone) == 1
    assert told(busy, new, "change_undone_text" if kind == "phone" else "change_undone") == 1


def test_undoing_while_the_old_number_is_taken_leaves_it_to_one_of_both(busy: Product) -> None:
    for _ in range(ROUNDS):
        owner, other, someone = Owner(busy), Owner(busy), Person(busy)
        owner.change("phone", new_phone())
        link, sent = undo_path(busy, owner.email), len(busy.messages(owner.phone))
        someone.submit(link)
        other.name("phone", owner.phone)
        code = nth_code(busy, owner.phone, sent + 1)
        given = at_once([
            (someone, f"{link}/confirm", {"csrf_token": someone.token(), "password": PASSWORD}),
            (other, "/account/phone-code", {"csrf_token": other.token(), "code": code}),
        ])  # fmt: skip
        assert given[0].headers["location"] == link
        assert len(contacts(busy, owner.phone)) == 1
