"""The pages of people with an account, of those who lost their way in, and on the way to Auth0."""

from collections.abc import Iterator
from urllib.parse import urlencode

from tests.crowd import sql
from tests.federated import Federated, identities_of
from tests.holder import PASSWORD, Holder
from tests.owner import Owner, undo, undo_path
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, recovery_code


def of_account(holder: Holder) -> Iterator[tuple[str, Seen]]:
    holder.elsewhere()
    for path in ("", "/sessions", "/password", "/deletion", "/confirm"):
        yield f"account{path}", holder.get(f"/account{path}")
    yield "account password weak", holder.submit("/account/password", password="short")
    yield "account confirm wrong", holder.submit("/account/confirm", password="no")
    holder.post("/account/confirm/code")
    yield "account confirm code", holder.get("/account/confirm")
    yield "account confirm code wrong", holder.submit("/account/confirm", code="1")
    lost = holder.elsewhere()
    yield "account confirm by password", lost.get("/account/confirm")
    without = "/account/confirm?without-phone"
    yield "account without phone", lost.get(without)
    yield "account without phone wrong", lost.submit(without, password="no")
    had = len(holder.product.codes_for(holder.email))
    yield "account without phone code", lost.submit(without, password=PASSWORD)
    lost.submit(without, code=holder.product.code_for(holder.email, had))
    lost.submit("/account/phone", phone=(phone := new_phone()))
    code = holder.product.code_for(phone)
    yield "account delayed", lost.submit("/account/phone-code", code=code)
    yield from _of_later(holder, lost)
    yield "account told", holder.submit("/account/password", password="seven grey otters swim")
    holder.let_proof_age()
    yield "account deletion old proof", holder.get("/account/deletion")
    yield "account deletion refused", holder.submit("/account/deletion", password="no")


def _of_later(holder: Holder, lost: Person) -> Iterator[tuple[str, Seen]]:
    """What is no change of a contact, without the phone."""
    product, without = holder.product, "/account/confirm?without-phone"
    lost.get(lost.get("/account/password").location)
    yield "account without phone later", lost.get(without)
    had = len(product.codes_for(holder.email))
    lost.submit(without, password=PASSWORD)
    yield "account requested", lost.submit(without, code=product.code_for(holder.email, had))
    yield "account without phone waits", lost.get(f"{without}&return_to=/account/password")
    yield "account deletion without phone", lost.get("/account/deletion")
    sql(product, "UPDATE confirmation_requests SET due_at = clock_timestamp()")
    yield "account without phone due", lost.get(without)
    yield "account request due", lost.get("/account")


def of_recovery(owner: Holder) -> Iterator[tuple[str, Seen]]:
    yield "log-in wrong", owner.submit("/login/password", email=owner.email, password="wrong")
    yield "recovery email", owner.get("/recovery/email")
    yield "recovery email empty", owner.submit("/recovery/email", email="")
    yield "recovery email typo", owner.submit("/recovery/email", email="a@gmial.com")
    yield "recovery email-code", owner.submit("/recovery/email", email=owner.email)
    yield "recovery fragment", owner.get("/recovery/email-code", **{"hx-request": "true"})
    yield "recovery email change", owner.get("/recovery/email?change")
    code = recovery_code(owner.product, owner.email)
    yield "recovery email-code wrong", owner.submit("/recovery/email-code", code="1")
    yield "recovery password", owner.submit("/recovery/email-code", code=code)
    yield "recovery password weak", owner.submit("/recovery/password", password="short")
    yield "log-in again", owner.submit("/recovery/password", password=NEW_PASSWORD)


def of_contacts(owner: Owner) -> Iterator[tuple[str, Seen]]:
    """A number and an address that are changed, and one change undone."""
    product, phone, email = owner.product, new_phone(), new_email()
    yield "account phone", owner.get("/account/phone")
    yield "account phone own", owner.name("phone", owner.phone)
    yield "account phone country", owner.name("phone", "0612345678")
    yield "account phone-code", owner.name("phone", phone)
    yield "account phone-code empty", owner.submit("/account/phone-code", code="")
    yield "account email typo", owner.name("email", "a@gmial.com")
    yield "account email-code", owner.name("email", email)
    yield "account email waiting", owner.get("/account/email")
    yield "account pending", owner.get("/account")
    yield "account email-code wrong", owner.submit("/account/email-code", code="1")
    yield "account changed", owner.prove("phone", phone)
    yield "account deletion waits", owner.get("/account/deletion")
    yield "account deletion not yet", owner.submit("/account/deletion")
    link = undo_path(product, owner.email)
    yield "undo", owner.get(link)
    yield "undo confirm", owner.submit(link)
    yield "undo confirm wrong", owner.submit(f"{link}/confirm", password="no")
    about = f"for=undo&undo={link.rpartition('/')[2]}"
    yield "undo auth0 start", owner.get(f"/auth0/start?{about}")
    yield "undo auth0 same", owner.get(f"/auth0/failed/auth0-same-mailbox?{about}")
    yield "undo auth0 refused", owner.get(f"/auth0/failed/auth0-not-from-before?{about}")
    owner.submit_from(f"{link}/confirm", f"{link}/confirm/code")
    yield "undo confirm code", owner.get(f"{link}/confirm")
    yield "undo confirm code wrong", owner.submit(f"{link}/confirm", code="1")
    yield "undo done", undo(owner, link)
    yield "undo over", owner.get(link)
    yield "undo forged", owner.get("/account/undo/forged")


def of_auth0(product: Product) -> Iterator[tuple[str, Seen]]:
    zoe, owner = Federated(product), Holder(product)
    yield "auth0 start", zoe.get("/auth0/start?for=signup", **{"sec-fetch-site": "cross-site"})
    for purpose in ("signup", "login", "link", "confirm"):
        for reason in ("auth0-denied", "auth0-not-allowed", "identity-provider-down"):
            query = urlencode({"for": purpose})
            yield f"auth0 {purpose} {reason}", zoe.get(f"/auth0/failed/{reason}?{query}")
    yield "auth0 phone", zoe.come_with_auth0(unverified="1")
    yield "auth0 phone refused", zoe.submit("/signup/phone", phone="")
    yield "auth0 link", zoe.prove_phone(owner.phone)
    zoe.submit("/signup/phone?change", phone=zoe.phone)
    yield "auth0 email", zoe.give_phone_code(zoe.phone)
    yield "auth0 email-code", zoe.give_email(zoe.email)
    yield "auth0 done", zoe.give_email_code(zoe.email)
    yield "identities", zoe.get("/account/identities")
    [identity] = identities_of(product, zoe.email)
    removal = f"/account/identities/{identity['id']}/removal"
    yield "identities last", zoe.submit_from("/account/identities", removal)
    yield "identities none", owner.get("/account/identities")
    yield "auth0 leaving", owner.post("/auth0/start?for=link")
    yield "auth0 start link", owner.get("/auth0/start?for=link")
    yield "auth0 start forged", Seen(owner.http.post("/auth0/start?for=link", data={"a": "b"}))
    yield "account without password", zoe.get("/account/confirm")
    ben = Federated(product)
    ben.come_with_auth0()
    ben.prove_phone(owner.phone)
    yield "account confirm by phone", ben.submit("/signup/link", answer="link")
    ben.post("/account/confirm/code")
    yield "account confirm mailed", ben.get("/account/confirm")
    yield "identities waiting", ben.get("/account/identities")
