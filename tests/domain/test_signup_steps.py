"""Which steps there are for someone, and which of them a provider's word stands for."""

from msgspec.structs import replace

from app.domain.signup.signup import Contact, PendingIdentity, Signup, Step

SIGNUP = Signup(b"flow")
IDENTITY = PendingIdentity(
    "https://provider.example/", "ada", "ada@example.org", email_verified=True
)
STEPS = [Step.PHONE, Step.PHONE_CODE, Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD]


def given(signup: Signup) -> list[Step]:
    return [one.step for one in signup.steps if one.is_given]


def test_each_has_its_number_and_its_name() -> None:
    assert [one.step for one in SIGNUP.steps] == STEPS
    assert [one.number for one in SIGNUP.steps] == [1, 2, 3, 4, 5]
    assert SIGNUP.steps[1].name == "Text code"


def test_an_identity_stands_for_the_password_alone() -> None:
    assert given(SIGNUP) == []
    assert given(replace(SIGNUP, identity=IDENTITY)) == [Step.PASSWORD]


def test_with_an_address_that_needs_no_code_it_stands_for_three() -> None:
    vouched = Contact("ada@example.org", "ada@example.org", proved=True)
    proved = replace(SIGNUP, identity=IDENTITY, email=vouched)
    assert given(proved) == [Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD]
