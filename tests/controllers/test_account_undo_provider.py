"""Auth0 confirms an undo: by a sign-in that opened the account before the change, and no other."""

import pytest

from tests.crowd import sql
from tests.federated import Federated, identities_of
from tests.holder import PASSWORD, Holder
from tests.owner import Owner, contacts, events, undo, undo_path
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

BUTTON = "Confirm with single sign-on"
DONE = (200, "The change was undone")
NOT_FROM_BEFORE = (422, "/auth0/failed/auth0-not-from-before")
IDENTITIES = "/account/identities"
DAYS_AGO = """
UPDATE identities SET created_at = created_at - make_interval(days => $2)
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
FORMER = """
SELECT 1 FROM former_identities f JOIN users u ON u.id = f.user_id WHERE u.phone = $1
"""
IN_ALL = "SELECT (SELECT count(*) FROM users) users, (SELECT count(*) FROM identities) identities"
DAYS_PASS = """
UPDATE contact_changes SET changed_at = changed_at - make_interval(days => $2)
WHERE user_id = (SELECT id FROM users WHERE phone = $1)
"""


class Linker(Owner, Federated):
    """With an account by phone and password, and for 8 days an Auth0 sign-in of the address
    `theirs`.
    """

    def __init__(self, product: Product, email: str = "") -> None:
        Holder.__init__(self, product, email)
        self.theirs = self.link()
        sql(product, DAYS_AGO, self.email, 8)

    def link(self, email: str = "") -> str:
        """One more: its address."""
        email = email or new_email()
        assert self.come_with_auth0("link", email=email).path == IDENTITIES
        return email

    def unlink(self, number: int = 0) -> None:
        identity = identities_of(self.product, self.email)[number]
        assert self.submit_from(IDENTITIES, f"{IDENTITIES}/{identity['id']}/removal").status == 200

    def move(self) -> str:
        """To another address. The link that the one before is sent."""
        before, self.email = self.email, new_email()
        self.change("email", self.email)
        return undo_path(self.product, before)


class Newcomer(Owner, Federated):
    """Who has signed up with Auth0 just now."""

    def __init__(self, product: Product) -> None:
        Federated.__init__(self, product)
        self.sign_up_with_auth0()


@pytest.fixture
def owner(product: Product) -> Linker:
    return Linker(product)


@pytest.fixture
def link(owner: Linker) -> str:
    return owner.move()


def undoing(link: str) -> str:
    """What someone goes to Auth0 for."""
    return f"undo&undo={link.rpartition('/')[2]}"


def by_auth0(person: Federated, link: str, email: str) -> Seen:
    """Presses the button of the link, and shows a sign-in."""
    assert person.submit(link).path == f"{link}/confirm"
    return person.come_with_auth0(undoing(link), email=email)


def told(seen: Seen) -> tuple[int, str]:
    return seen.status, seen.heading if seen.status == 200 else seen.path


def test_a_sign_in_from_before_confirms_it_and_opens_nothing(
    product: Product, owner: Linker, link: str
) -> None:
    someone, before = Federated(product), sql(product, IN_ALL)
    assert BUTTON in someone.submit(link).html
    assert told(by_auth0(someone, link, owner.theirs)) == DONE
    assert len(contacts(product, owner.phone)) == 1
    assert contacts(product, owner.email) == []
    assert (someone.is_in, someone.opened_nothing) == (False, True)
    assert sql(product, IN_ALL)[0]["users"] == before[0]["users"]


def test_another_sign_in_confirms_nothing_and_leads_back(
    product: Product, owner: Linker, link: str
) -> None:
    of_another = Linker(product).theirs
    before = sql(product, IN_ALL)
    for email in (new_email(), of_another):
        someone = Federated(product)
        refused = by_auth0(someone, link, email)
        assert told(refused) == NOT_FROM_BEFORE
        assert refused.heading == "The change wasn’t undone"
        assert "for at least 7 days before the change" in refused.alert
        assert f'href="{link}/confirm"' in refused.html
        assert "Try again with single sign-on" in refused.html
        assert not someone.is_in
    assert sql(product, IN_ALL) == before
    assert contacts(product, owner.email) == [(owner.phone, owner.email)]
    assert told(undo(someone, link)) == DONE


def test_one_that_was_linked_after_the_change_confirms_nothing(
    product: Product, owner: Linker, link: str
) -> None:
    later = owner.link()
    assert told(by_auth0(Federated(product), link, later)) == NOT_FROM_BEFORE


def test_nor_does_one_that_was_linked_in_the_week_before_it(
    product: Product, owner: Linker
) -> None:
    """Whoever takes an account over can link one first."""
    intruders = owner.link()
    link = owner.move()
    assert told(by_auth0(Federated(product), link, intruders)) == NOT_FROM_BEFORE
    assert told(by_auth0(Federated(product), link, owner.theirs)) == DONE


def test_one_that_the_account_was_made_with_confirms_it(product: Product) -> None:
    zoe = Newcomer(product)
    zoe.change("phone", phone := new_phone())
    zoe.change("email", mailbox := new_email())
    sql(product, DAYS_PASS, phone, 8)
    zoe.change("email", new_email())
    link = undo_path(product, mailbox)
    assert told(by_auth0(Federated(product), link, zoe.email)) == DONE
    assert len(identities_of(product, mailbox)) == 1


def test_nor_does_one_of_between_two_changes(product: Product, owner: Linker) -> None:
    owner.change("phone", phone := new_phone())
    owner.phone, later = phone, owner.link()
    link = owner.move()
    assert told(by_auth0(Federated(product), link, later)) == NOT_FROM_BEFORE
    assert told(by_auth0(Federated(product), link, owner.theirs)) == DONE


def test_one_that_was_removed_since_confirms_it_still(
    product: Product, owner: Linker, link: str
) -> None:
    owner.unlink()
    someone = Federated(product)
    assert BUTTON in someone.submit(link).html
    assert told(by_auth0(someone, link, owner.theirs)) == DONE
    assert identities_of(product, owner.email) == [], "it opens nothing again"
    assert sql(product, FORMER, owner.phone) == [], "it was forgotten"


def test_one_that_was_removed_before_the_change_is_not_kept(
    product: Product, owner: Linker
) -> None:
    owner.unlink()
    assert sql(product, FORMER, owner.phone) == []
    link = owner.move()
    assert BUTTON not in Person(product).submit(link).html
    assert told(by_auth0(Federated(product), link, owner.theirs)) == NOT_FROM_BEFORE


def test_nor_does_an_earlier_change_make_it_count(product: Product, owner: Linker) -> None:
    """It was kept for that one, which cannot be undone any more."""
    owner.move()
    sql(product, DAYS_PASS, owner.phone, 8)
    owner.unlink()
    assert len(sql(product, FORMER, owner.phone)) == 1
    link = owner.move()
    assert told(by_auth0(Federated(product), link, owner.theirs)) == NOT_FROM_BEFORE


def test_without_one_it_is_not_offered(product: Product) -> None:
    owner = Owner(product)
    owner.change("email", new_email())
    page = Person(product).submit(undo_path(product, owner.email))
    assert (page.status, BUTTON in page.html) == (200, False)


def test_what_was_removed_is_in_the_download_and_goes_with_the_account(
    product: Product, owner: Linker, link: str
) -> None:
    owner.unlink()
    [held] = owner.get("/account/data").response.json()["former_identities"]
    assert set(held) == {"issuer", "subject", "linked_at", "removed_at"}
    [row] = sql(product, "SELECT * FROM former_identities WHERE subject = $1", held["subject"])
    sql(product, DAYS_PASS, owner.phone, 7)
    assert owner.submit("/account/deletion", password=PASSWORD).path == "/"
    assert sql(product, "SELECT 1 FROM former_identities WHERE id = $1", row["id"]) == []


def test_the_trip_belongs_to_one_change(product: Product, owner: Linker, link: str) -> None:
    """Whoever sets off for another change's undo has undone that one, or nothing."""
    other = Linker(product)
    others = other.move()
    someone = Federated(product)
    someone.submit(link)
    someone.submit(others)
    back = someone.answered(undoing(others), email=owner.theirs)
    assert told(someone.follow(f"{back}&{undoing(link)[5:]}")) == NOT_FROM_BEFORE
    assert len(contacts(product, owner.email, other.email)) == 2


def test_another_browser_does_not_finish_it(product: Product, owner: Linker, link: str) -> None:
    someone, other = Federated(product), Federated(product)
    someone.submit(link)
    back = someone.answered(undoing(link), email=owner.theirs)
    assert told(other.follow(back)) == (422, "/auth0/failed/grant-spent")
    assert contacts(product, owner.email)


def test_it_takes_no_trip_of_another_purpose(product: Product, owner: Linker, link: str) -> None:
    someone = Federated(product)
    someone.submit(link)
    back = someone.answered("login", email=owner.theirs)
    someone.follow(f"{back}&for=undo&{undoing(link)[5:]}")
    assert contacts(product, owner.email)


def test_the_same_answer_twice_undoes_once(product: Product, owner: Linker, link: str) -> None:
    someone = Federated(product)
    someone.submit(link)
    back = someone.answered(undoing(link), email=owner.theirs)
    cookie = someone.http.cookies["oidc"]
    assert told(someone.follow(back)) == DONE
    assert told(someone.follow(back)) == (422, "/auth0/failed/grant-spent")
    someone.http.cookies.set("oidc", cookie)
    again = someone.follow(back)
    assert (again.path, "already undone" in again.html) == (link, True)
    assert events(product, "account:change_undone", owner.phone) == 1


def test_only_a_form_of_ours_sets_off_and_only_once_it_has_begun(
    product: Product, owner: Linker, link: str
) -> None:
    someone, start = Federated(product), f"/auth0/start?for={undoing(link)}"
    assert someone.get(start).location == link
    someone.get(link)
    assert someone.post(start).location == link
    someone.submit(link)
    page = someone.get(start)
    assert (page.status, page.heading) == (200, "Continue with single sign-on")
    assert f'href="{link}/confirm"' in page.html
    forged = someone.http.post(start, data={"csrf_token": "x"})
    assert (forged.status_code, "refresh" in forged.headers) == (403, False)
    assert "oidc" not in someone.http.cookies


@pytest.mark.parametrize("token", ["", "x", "a" * 64])
def test_a_forged_link_leads_nowhere(product: Product, token: str) -> None:
    someone = Federated(product)
    for path in ("/auth0/start", "/auth0/failed/auth0-denied"):
        assert someone.get(f"{path}?for=undo&undo={token}").status == 422
    someone.get("/signup/phone")
    assert someone.post(f"/auth0/start?for=undo&undo={token}").status == 303
    assert "oidc" not in someone.http.cookies


def test_who_gives_up_at_auth0_is_led_back(product: Product, owner: Linker, link: str) -> None:
    someone = Federated(product)
    someone.submit(link)
    seen = someone.follow(someone.answered(undoing(link), answer="refuse"))
    assert told(seen) == (200, "The change wasn’t undone")
    assert someone.submit(f"{link}/confirm", password=PASSWORD).heading == DONE[1]
