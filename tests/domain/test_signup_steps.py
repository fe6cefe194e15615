"""Which steps there are for someone: none that a provider's word stands for."""

from msgspec.structs import replace

from app.domain.signup.signup import Contact, PendingIdentity, Signup, Step

SIGNUP = Signup(b"flow")
IDENTITY = PendingIdentity(
    "https://provider.example/", "ada", "ada@example.org", email_verified=True
)
STEPS = [Step.PHONE, Step.PHONE_CODE, Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD]


def steps(signup: Signup, at: Step = Step.PHONE) -> list[Step]:
    return [one.step for one in signup.steps_at(at)]


def test_each_has_its_number_and_its_name() -> None:
    assert steps(SIGNUP) == STEPS
    assert [one.number for one in SIGNUP.steps_at(Step.PHONE)] == [1, 2, 3, 4, 5]
    assert str(SIGNUP.steps_at(Step.PHONE)[1].name) == "Text code"


def test_an_identity_stands_for_the_password_alone() -> None:
    assert steps(replace(SIGNUP, identity=IDENTITY)) == STEPS[:4]


def test_with_an_address_that_needs_no_code_two_are_left() -> None:
    vouched = Contact("ada@example.org", "ada@example.org", proved=True)
    proved = replace(SIGNUP, identity=IDENTITY, email=vouched)
    assert steps(proved) == [Step.PHONE, Step.PHONE_CODE]
    taken = steps(proved, at=Step.EMAIL)
    assert taken == [Step.PHONE, Step.PHONE_CODE, Step.EMAIL], "asked for all the same"
