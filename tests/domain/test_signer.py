"""What is signed: every format as it was issued before, known again, and by no other key."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.account.undoable import UndoLinks
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.federation.transactions import Purpose, Transactions
from app.domain.identity.users import Subjects
from app.domain.keys import SecretKeys, Signer
from app.domain.services import Audience
from app.domain.sessions.tokens import Access, PresentedToken, RefreshTokens
from app.domain.verification.codes import derive_code, digest_contact, digest_guess
from app.web.cookies import Devices, Flows
from app.web.forms import Csrf

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = (NEW, OLD)  # all that follows was signed by the retired one
SOME_ID = UUID(int=1)
PHONE, EMAIL = "+61491570006", "ada@example.org"
FORM = "nAyXFEYoY5v9wmWF66-aDDzKnCuj1sz9gqwrp4BkaXf_ITenXzyVKVppz1xlqfRNO_PVCm1-QiN8S1epex9KKg=="
DEVICE = (
    "dddddddddddddddddddddddddddddddd.3"
    ".f4ec04353eda9e94543c14800715cf318dc803c691590f635522e7f7c3f3dad1"
    ".699534ba4b41398cea37d9db3c6dc63f840bac75d54188b3fcf1d6495b1a55df"
)
FLOW = "x2JnHmE0N3abICFjGT1azq3ikCI5fTEVavcE9lStyYU"
SUCCESSOR = "BFYfI9Ta2mEpHed7YkRQOqP7UgocVcGKBDsRfmWKsLo"
UNDO = "AAAAAAAAAAAAAAAAAAAAAc2-tQy-XSm4zC1OYIamNtxOozUvLQeB5RKkqkIEUQWr"
REFRESH = "AAAAAAAAAAAAAAAAAAAAAQAAAAfzF2T9AqX_i0ecqk1q_PIyjdnbXvUW0WioQ6cH3kJdsg"
TRANSACTION = (
    "hvFN5PkUjfHYcR6pC-f4BOwGlgrKoWRtN_7CTavmtY8.1700000000.signup."
    ".wzQi6ir4cw32FHdMiyWLBbBkL-CtqAersPUbdYw1sYc"
)
STATE = "8XRCvnSBXXT1gvSLEYQVLeevjF6MU4L1TfXomJflyFo"
VERIFIER = "lCJe06qc7iOQ9jTveNCMJ9Mw0JpXQKRgY4N1z3SgFXw"


def test_a_form_of_before_is_taken() -> None:
    assert Csrf(KEYS, "https://a").accepts(FORM, "flow")
    assert not Csrf(KEYS, "https://a").accepts(FORM, "another")
    assert not Csrf((NEW,), "https://a").accepts(FORM, "flow")


def test_a_device_of_before_is_known() -> None:
    known = [Devices(KEYS).read(DEVICE, digest_contact(contact)) for contact in (EMAIL, PHONE)]
    assert [(each.id, each.epoch) for each in known if each] == [("d" * 32, 3)] * 2
    assert Devices(KEYS).read(DEVICE, digest_contact("bob@example.org")) is None
    assert Devices(KEYS).read(DEVICE.replace("f4ec", "F4EC"), digest_contact(EMAIL)) is None
    assert Devices((NEW,)).read(DEVICE, digest_contact(EMAIL)) is None


def test_a_flow_of_before_goes_on() -> None:
    assert Flows(KEYS).is_ours(FLOW)
    assert Flows(KEYS).is_ours(SUCCESSOR)
    assert not Flows((NEW,)).is_ours(FLOW)
    assert Flows((OLD,)).next_secret(FLOW, b"proof") == SUCCESSOR


def test_a_mailed_link_and_a_session_of_before_still_work() -> None:
    assert UndoLinks(KEYS, "").read(UNDO) == SOME_ID
    assert UndoLinks((OLD,), "").make_token(SOME_ID) == UNDO
    browser = Audience.BROWSER
    assert RefreshTokens(KEYS).read_token(REFRESH, browser) == PresentedToken(SOME_ID, 7)
    access = Access(SOME_ID, SOME_ID, 7, datetime.now(UTC), (), browser)
    assert RefreshTokens((OLD,)).issue_token(access) == REFRESH


def test_a_transaction_of_before_comes_back() -> None:
    read = Transactions(None, KEYS).read(TRANSACTION)  # type: ignore[arg-type]
    assert read
    assert (read.purpose, read.state, read.verifier) == (Purpose.SIGNUP, STATE, VERIFIER)


def test_pseudonyms_and_codes_stay_the_same() -> None:
    made = [
        Pseudonyms((OLD,)).make_pseudonym(value)
        for value in ("+61491570006", "ada@example.org", "x", "")
    ]
    mail, digest = "2b089f26e7b926f7e8f9d7b3ecd255b9@deleted.invalid", made[2]
    assert made == ["+999399578944144", mail, digest, ""]
    assert digest == "98250fe642f7d16d12a484aa94412e78"
    assert mail in Pseudonyms(KEYS).list_names("ada@example.org")
    assert derive_code(OLD, b"n" * 16, "signup", "+61491570006", 6) == "099111"
    assert digest_guess(OLD, SOME_ID, "123456") == "6a8d49277518f407"


def test_what_a_contact_is_counted_by_stays_the_same_while_its_secret_is_kept() -> None:
    of_before = bytes.fromhex("11e7293c3e1c728481fae00036864dbc")
    found = [
        Subjects(SecretKeys(secrets).derive_oldest("subjects")).of(PHONE)
        for secrets in (("o" * 32,), ("n" * 32, "o" * 32), ("n" * 32,))
    ]
    assert [one == of_before for one in found] == [True, True, False]


@pytest.mark.parametrize("wrong", [b"", b"x" * 32, Signer((OLD,)).sign(b"other")])
def test_a_signer_takes_nothing_else(wrong: bytes) -> None:
    signer = Signer(KEYS)
    assert not signer.verifies(wrong, b"what")
    assert signer.verifies(signer.sign(b"what"), b"what")
    assert not signer.verifies(signer.sign(b"what")[:16], b"what")
