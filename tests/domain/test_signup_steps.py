"""Which steps there are for someone: none that a provider's word stands for."""

from datetime import UTC, datetime, timedelta

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


# Where the address comes before the number.

KEPT = replace(
    SIGNUP, phone=Contact("+61491570156", "0491 570 156", "AU", kept=True), email_first=True
)
NAMED = replace(KEPT, email=Contact("ada@example.org", "ada@example.org"))
PROVED = NAMED.with_email_proof("ada@example.org")


def test_a_kept_number_waits_for_the_address() -> None:
    assert [one.step for one in (KEPT, NAMED, PROVED)] == [
        Step.EMAIL,
        Step.EMAIL_CODE,
        Step.PHONE_CODE,
    ]
    assert PROVED.missing == ("phone", "password")
    assert PROVED.with_phone_proof(None).step is Step.PASSWORD


def test_its_steps_are_told_in_that_order() -> None:
    order = [Step.PHONE, Step.EMAIL, Step.EMAIL_CODE, Step.PHONE_CODE, Step.PASSWORD]
    assert steps(KEPT, at=Step.EMAIL) == steps(PROVED, at=Step.PHONE_CODE) == order
    assert steps(PROVED.with_phone_proof(None), at=Step.PASSWORD) == STEPS
    came = replace(PROVED, identity=IDENTITY)
    assert steps(came, at=Step.PHONE_CODE) == [Step.PHONE, Step.PHONE_CODE]


def test_a_text_may_go_out_when_its_wait_is_over() -> None:
    now, named = datetime.now(UTC), PROVED.number
    waits = Contact(named.e164, "", kept=True, text_after=now + timedelta(seconds=45))
    assert 44 < waits.seconds_left <= 45
    assert replace(waits, text_after=now - timedelta(seconds=1)).seconds_left == 0
    assert replace(waits, text_after=None).seconds_left == 0
