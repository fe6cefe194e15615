"""Fresh proofs of changes of contact: a new code asks for one, and what was typed stays."""

import pytest

from tests.crowd import nth_code, sql, wrong_codes
from tests.holder import PASSWORD
from tests.owner import Owner, contacts
from tests.person import new_email, new_phone
from tests.product import Product

NEW = {"phone": new_phone, "email": new_email}
PASSED = """
UPDATE {kind}_verifications SET expires_at = expires_at - make_interval(secs => $1)
WHERE {kind} = $2
"""


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


@pytest.fixture(params=["phone", "email"])
def named(request: pytest.FixtureRequest, owner: Owner) -> tuple[str, str]:
    """The kind that is to be changed, and its new value, which a code is on its way to."""
    new = NEW[request.param]()
    owner.name(request.param, new)
    nth_code(owner.product, new, 1)
    return request.param, new


def passes(owner: Owner, named: tuple[str, str], seconds: int) -> None:
    """As if the code had been made so much earlier, and the last proof given long ago."""
    sql(owner.product, PASSED.format(kind=named[0]), seconds, named[1])
    owner.let_proof_age()


def test_an_expired_change_is_none_without_a_fresh_proof(
    product: Product, owner: Owner, named: tuple[str, str]
) -> None:
    kind, new = named
    passes(owner, named, 5 * 86_400)
    assert "not confirmed yet" not in owner.get("/account").html
    page = owner.get(f"/account/{kind}-code")
    assert (page.status, page.heading) == (200, "That code has expired")
    refused = owner.post(f"/account/{kind}-code/resend")
    assert refused.location == f"/account/confirm?return_to=/account/{kind}-code/resend"
    assert len(product.messages(new)) == 1
    owner.get(refused.location)
    back = owner.post("/account/confirm", password=PASSWORD)
    page = owner.get(owner.get(back.location).location)
    assert (page.path, "Thanks. You can continue." in page.html) == (f"/account/{kind}-code", True)
    sent = owner.get(owner.post(f"/account/{kind}-code/resend").location)
    assert "We sent a new code." in sent.html
    owner.post(f"/account/{kind}-code", code=nth_code(product, new, 2))
    assert len(contacts(product, new)) == 1


def test_the_form_names_no_expired_change(owner: Owner, named: tuple[str, str]) -> None:
    assert "Enter the code instead" in owner.get(f"/account/{named[0]}").html
    passes(owner, named, 3600)
    owner.submit("/account/confirm", password=PASSWORD)
    assert "Enter the code instead" not in owner.get(f"/account/{named[0]}").html


def test_a_code_that_was_guessed_at_is_renewed_by_a_fresh_proof_only(
    product: Product, owner: Owner, named: tuple[str, str]
) -> None:
    kind, new = named
    for code in wrong_codes(nth_code(product, new, 1), 5):
        owner.submit(f"/account/{kind}-code", code=code)
    owner.let_proof_age()
    owner.get(f"/account/{kind}-code")
    refused = owner.post(f"/account/{kind}-code/resend")
    assert refused.location.startswith("/account/confirm")


def test_the_same_code_is_sent_again_without(
    product: Product, owner: Owner, named: tuple[str, str]
) -> None:
    kind, new = named
    owner.let_proof_age()
    owner.get(f"/account/{kind}-code")
    sent = owner.get(owner.post(f"/account/{kind}-code/resend").location)
    assert "We sent the code again." in sent.html
    assert nth_code(product, new, 2) == nth_code(product, new, 1)


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_what_was_typed_is_there_again_after_the_proof(
    product: Product, owner: Owner, kind: str
) -> None:
    new = NEW[kind]()
    owner.get(f"/account/{kind}")
    owner.let_proof_age()
    asked = owner.post(f"/account/{kind}", **{kind: new})
    assert (asked.status, asked.location) == (303, f"/account/confirm?return_to=/account/{kind}")
    assert product.messages(new) == []
    owner.get(asked.location)
    back = owner.submit("/account/confirm", password=PASSWORD)
    assert (back.path, back.field(kind)) == (f"/account/{kind}", new)
    sent = owner.post(f"/account/{kind}", **{kind: back.field(kind)})
    assert sent.location == f"/account/{kind}-code"
    assert owner.get(f"/account/{kind}").field(kind) == ""


def test_a_country_that_was_chosen_is_not_asked_for_again(owner: Owner) -> None:
    owner.get("/account/phone")
    owner.let_proof_age()
    owner.post("/account/phone", phone="0612345678", country="FR")
    owner.get("/account/confirm?return_to=/account/phone")
    back = owner.submit("/account/confirm", password=PASSWORD)
    assert (back.field("phone"), back.choice("country")) == ("0612345678", "FR")


def test_who_signs_out_leaves_nothing_that_was_typed(owner: Owner) -> None:
    owner.get("/account/email")
    owner.let_proof_age()
    owner.post("/account/email", email=new_email())
    assert "typed" in owner.http.cookies
    owner.get("/account")
    owner.post("/logout")
    assert "typed" not in owner.http.cookies


@pytest.mark.parametrize("page", ["phone", "email", "password"])
def test_a_form_of_another_site_is_refused_before_a_proof_is_asked_for(
    owner: Owner, page: str
) -> None:
    typed = NEW[page]() if page in NEW else ""
    owner.get(f"/account/{page}")
    owner.let_proof_age()
    owner.http.headers["sec-fetch-site"] = "cross-site"
    refused = owner.post(f"/account/{page}", **{page: typed or "a quiet door opens"})
    assert (refused.status, refused.field(page)) == (403, typed)
    assert "This page was open for too long." in refused.alert
