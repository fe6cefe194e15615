"""An account that was not used for 90 days is not opened by its number alone."""

from collections.abc import Callable

import pytest

from tests.crowd import answers, post_at_once, sql, wrong
from tests.dormant import dormant, mailed, prove_number
from tests.federated import Federated
from tests.holder import Holder
from tests.person import new_phone
from tests.product import Product

USED = """
SELECT last_used_at > clock_timestamp() - interval '1 minute' AS now FROM users WHERE email = $1
"""
ENTRY_POINTS = pytest.mark.parametrize("entry_point", ["login", "signup"])


@pytest.fixture
def owner(product: Product) -> Holder:
    return dormant(product)


@ENTRY_POINTS
def test_its_number_alone_does_not_open_it(owner: Holder, entry_point: str) -> None:
    person, seen = prove_number(owner, entry_point)
    assert (seen.status, seen.path) == (200, "/login/email-code")
    assert "nobody has used for 3 months" in seen.html
    assert owner.email not in seen.html
    assert person.get("/account").location.startswith("/login")
    for path in ("/signup/email", "/signup/password", "/signup/link", "/login/phone-code"):
        assert person.get(path).location == "/login/email-code"


@ENTRY_POINTS
def test_a_code_to_its_address_opens_it(owner: Holder, entry_point: str) -> None:
    person, _ = prove_number(owner, entry_point)
    landed = person.submit("/login/email-code", code=mailed(owner))
    assert (landed.status, landed.path) == (200, "/account")
    assert owner.email in landed.html
    assert sql(owner.product, USED, owner.email)[0]["now"]
    assert prove_number(owner)[1].path == "/account"


def test_a_wrong_code_does_not(owner: Holder) -> None:
    person, _ = prove_number(owner)
    refused = person.submit("/login/email-code", code=wrong(mailed(owner)))
    assert (refused.status, refused.path) == (422, "/login/email-code")
    assert person.get("/account").location.startswith("/login")


def test_the_same_form_ten_times_opens_it(owner: Holder) -> None:
    person, _ = prove_number(owner)
    counts = answers(post_at_once(person, "/login/email-code", 10, code=mailed(owner)))
    assert counts["303 /account"] >= 1
    assert all(answer.startswith("303") for answer in counts)


def test_the_code_is_sent_again(owner: Holder) -> None:
    person, _ = prove_number(owner)
    code = mailed(owner)
    again = person.submit_from("/login/email-code", "/login/email-code/resend")
    assert again.path == "/login/email-code"
    assert person.get("/login/email-code/resend").location == "/login/email-code"
    line = person.get("/login/email-code/delivery", **{"hx-request": "true"})
    assert "e-mail" in line.html
    assert owner.product.code_for(owner.email, 2) == code


def test_another_number_can_be_named(owner: Holder) -> None:
    person, _ = prove_number(owner)
    other = Holder(owner.product)
    had = len(owner.product.codes_for(other.phone))
    person.submit("/login/phone?change", phone=other.phone)
    landed = person.submit("/login/phone-code", code=owner.product.code_for(other.phone, had))
    assert landed.path == "/account"
    assert other.email in landed.html


def test_an_identity_that_waits_does_not_open_it_either(owner: Holder, product: Product) -> None:
    stranger = Federated(product)
    stranger.come_with_auth0(unverified="1")
    seen = stranger.prove_phone(owner.phone)
    assert seen.path == "/login/email-code"
    assert stranger.get("/signup/link").location == "/login/email-code"
    asked = stranger.submit("/login/email-code", code=mailed(owner))
    assert asked.path == "/signup/link"


def use_password(owner: Holder) -> None:
    owner.elsewhere()


def use_session(owner: Holder) -> None:
    owner.http.cookies.delete("access")
    assert owner.get("/account").status == 200


@pytest.mark.parametrize("use", [use_password, use_session])
def test_any_use_of_it_counts(owner: Holder, use: Callable[[Holder], None]) -> None:
    use(owner)
    assert sql(owner.product, USED, owner.email)[0]["now"]
    assert prove_number(owner)[1].path == "/account"


@pytest.mark.parametrize("use", [use_password, use_session])
def test_once_its_number_was_in_doubt_only_the_code_to_its_address_ends_that(
    owner: Holder, use: Callable[[Holder], None]
) -> None:
    """Whoever has the number now waits until the owner uses the account, and comes again."""
    stranger, _ = prove_number(owner)
    use(owner)
    assert stranger.get("/login/email-code").status == 200
    again, seen = prove_number(owner)
    assert (seen.path, again.get("/account").status) == ("/login/email-code", 303)
    again.get("/login/email-code")
    assert again.post("/login/release").status == 409
    code = owner.product.code_for(owner.email)
    assert again.submit("/login/email-code", code=code).path == "/account"
    assert prove_number(owner)[1].path == "/account"


def test_a_new_number_is_in_no_doubt(owner: Holder) -> None:
    prove_number(owner)
    use_password(owner)
    owner.submit("/account/phone", phone=(new := new_phone()))
    owner.submit("/account/phone-code", code=owner.product.code_for(new))
    owner.phone = new
    assert prove_number(owner)[1].path == "/account"


def test_one_that_was_used_within_90_days_is_opened_by_its_number(product: Product) -> None:
    holder = dormant(product, days=89)
    assert prove_number(holder)[1].path == "/account"
