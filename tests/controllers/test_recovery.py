"""The way back in without the password: what it changes, what it ends, and whom it tells."""

import pytest

from tests.crowd import sql, wrong
from tests.holder import PASSWORD, Holder
from tests.person import Person, new_email
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_code, at_password, mails, recovery_code, sign_in

CHANGED = "Password changed. Sign in with the new one."
EVENT = """
SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.user_id
WHERE u.email = $1 AND e.event = $2
"""


@pytest.fixture
def owner(product: Product) -> Holder:
    return Holder(product)


def test_a_code_by_mail_leads_to_a_new_password(product: Product, owner: Holder) -> None:
    person = at_password(product, owner.email)
    assert person.page
    assert person.page.heading == "Choose a new password"
    assert f'value="{owner.email}"' in person.page.html
    landed = person.submit("/recovery/password", password=NEW_PASSWORD)
    assert (landed.status, landed.path) == (200, "/login/password")
    assert f'role="status">{CHANGED}<' in landed.html
    assert "so that only you, with the new password, get in." in landed.html
    assert sign_in(product, owner.email, NEW_PASSWORD).path == "/account"


def test_the_old_password_is_dead(product: Product, owner: Holder) -> None:
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    refused = sign_in(product, owner.email, PASSWORD)
    assert (refused.status, refused.path) == (422, "/login/password")


def test_every_session_ends(product: Product, owner: Holder) -> None:
    another = Person(product)
    another.submit("/login/password", email=owner.email, password=PASSWORD)
    assert owner.is_in
    assert another.get("/account").status == 200
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    for browser in (owner, another):
        assert browser.get("/account").location == "/login?return_to=/account"
    live = "SELECT 1 FROM sessions JOIN users u ON u.id = user_id WHERE email = $1"
    assert sql(product, f"{live} AND revoked_at IS NULL", owner.email) == []


def test_it_never_signs_in_and_drops_what_was_signed_in(product: Product, owner: Holder) -> None:
    # The account's own browser, still signed in, forgot its password.
    owner.get("/recovery/email")
    owner.post("/recovery/email", email=owner.email)
    owner.submit("/recovery/email-code", code=recovery_code(product, owner.email))
    done = owner.post("/recovery/password", password=NEW_PASSWORD)
    assert (done.status, done.location) == (303, "/login/password")
    assert {"access", "refresh"} & set(owner.http.cookies) == set()
    assert owner.get("/account").status == 303


def test_proving_the_address_is_no_way_in_by_itself(product: Product, owner: Holder) -> None:
    person = at_password(product, owner.email)
    assert {"access", "refresh"} & set(person.http.cookies) == set()
    assert person.get("/account").status == 303
    assert owner.is_in


def test_both_contacts_are_told(product: Product, owner: Holder) -> None:
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    [letter] = mails(product, owner.email, "password was changed", 1)
    [text] = mails(product, owner.phone, "password was changed", 1)
    assert letter.subject == "Your Latchkey password was changed"
    assert "From the network: 127.0.0.0/24" in letter.body
    assert "When: " in letter.body
    assert f"{product.url}/recovery/email" in letter.body
    assert (text.kind, text.code) == ("text", None)
    assert "://" not in text.body
    assert sql(product, EVENT, owner.email, "recovery:completed")[0]["count"] == 1


def test_wrong_passwords_before_it_are_forgiven_on_every_device(
    product: Product, owner: Holder
) -> None:
    for browser in (owner, Person(product)):
        for _ in range(6):
            browser.submit("/login/password", email=owner.email, password="not the right one")
    assert sign_in(product, owner.email, PASSWORD).status == 429
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    assert owner.submit("/login/password", email=owner.email, password=NEW_PASSWORD).status == 200
    assert sign_in(product, owner.email, NEW_PASSWORD).path == "/account"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "Choose a password with at least 12 characters."),
        ("short", "Use at least 12 characters; 7 more to go."),
        ("password1234", "That password is too easy to guess."),
        ("EMAIL", "Leave your own e-mail address and phone number out of the password."),
        ("PHONE", "Leave your own e-mail address and phone number out of the password."),
    ],
)
def test_a_weak_password_changes_nothing(
    product: Product, owner: Holder, password: str, said: str
) -> None:
    typed = {"EMAIL": owner.email, "PHONE": f"a {owner.phone}"}.get(password, password)
    person = at_password(product, owner.email)
    refused = person.submit("/recovery/password", password=typed)
    assert (refused.status, refused.field("password")) == (422, "")
    assert said in refused.alert
    assert owner.is_in
    assert person.submit("/recovery/password", password=NEW_PASSWORD).path == "/login/password"


def test_a_wrong_code_goes_no_further(product: Product, owner: Holder) -> None:
    person = at_code(product, owner.email)
    guess = wrong(recovery_code(product, owner.email))
    refused = person.submit("/recovery/email-code", code=guess)
    assert (refused.status, refused.field("code")) == (422, guess)
    assert "That isn’t the code we sent." in refused.alert
    assert person.get("/recovery/password").location == "/recovery/email-code"


def test_an_address_without_account_is_told_so_by_mail_and_sent_no_code(product: Product) -> None:
    stranger = new_email()
    at_code(product, stranger)
    [letter] = mails(product, stranger, "account with this address", 1)
    assert letter.subject == "There is no Latchkey account with this address"
    assert (letter.code, f"{product.url}/signup" in letter.body) == (None, True)
    assert len(product.messages(stranger)) == 1
