"""What calls of the JSON API may be refused with, as their document lists it. Each call names its
own; tests compare them with every answer they get.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from app.controllers.api.idempotency import BadIdempotencyKey
from app.controllers.api.request import BadField, BadJson, TwoCredentials, UnknownHandle
from app.domain.account.confirmation import (
    MailedPassword,
    MethodNotOffered,
    RecoveredPassword,
    WrongPassword,
)
from app.domain.blocks import DomainBlocked, NetworkBlocked, NumberBlocked
from app.domain.credentials.budget import PasswordLocked, TooManyPasswords
from app.domain.errors import OutOfStep, Refusal, Unavailable
from app.domain.federation.federation import TooManyGrants
from app.domain.idempotency import CallUnderWay, IdempotencyKeyReused
from app.domain.identity.email_address import BadEmail, LikelyTypo
from app.domain.identity.hashing import Busy
from app.domain.identity.passwords import TooManyNewPasswords, WeakPassword
from app.domain.identity.phone import (
    BadPhone,
    CountryNeeded,
    InternetPhone,
    LandlinePhone,
    UnservedPhone,
)
from app.domain.identity.provider import (
    BadIdToken,
    IdentityNotConfirmed,
    ProviderBusy,
    ProviderDown,
)
from app.domain.identity.users import TooManyChanges
from app.domain.limit_refusals import (
    MailsStopped,
    TextsStopped,
    TooManyGuesses,
    TooManySends,
    TooSoon,
)
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.signup.accounts import ProveAgain
from app.domain.signup.proofs import TooManyNewIdentities
from app.domain.verification.calling import CallNotOffered
from app.domain.verification.checking import (
    ContactLocked,
    ExpiredCode,
    OthersCode,
    SpentCode,
    WrongCode,
)
from app.domain.verification.codes import BadCode, OtherSitesCode
from app.domain.verification.pending import NoCode


class ProblemDetails(Struct, frozen=True):
    """Why a call was refused (RFC 9457)."""

    type: Annotated[
        str,
        Meta(description="A page that says what to do.", examples=["/problems/wrong_code"]),
    ]
    title: Annotated[
        str, Meta(description="The status in words.", examples=["Unprocessable Entity"])
    ]
    status: Annotated[int, Meta(description="The status of the answer.", examples=[422])]
    detail: Annotated[
        str,
        Meta(
            description="A sentence for the person, in their language.",
            examples=["That isn’t the code we sent. Check it and try again."],
        ),
    ]
    code: Annotated[
        str,
        Meta(
            description="What it is, for programs. It stays, and has a page at `/problems/{code}`.",
            examples=["wrong_code"],
        ),
    ]
    field: Annotated[
        str | UnsetType, Meta(description="The field it is about.", examples=["code"])
    ] = UNSET
    attempts_left: Annotated[
        int | UnsetType, Meta(description="Tries that the code still allows.", examples=[4])
    ] = UNSET
    retry_after: Annotated[
        int | UnsetType,
        Meta(description="Seconds until the same call may go well.", examples=[30]),
    ] = UNSET
    step: Annotated[
        str | UnsetType,
        Meta(
            description="Where the flow is, where the call was for another step.",
            examples=["email"],
        ),
    ] = UNSET


Refusals = tuple[type[Refusal], ...]

ANY_CALL: Refusals = (TwoCredentials, Unavailable)
KEYED: Refusals = (BadIdempotencyKey, IdempotencyKeyReused, CallUnderWay)  # with Idempotency-Key
BODY: Refusals = (BadJson, BadField)
LOOK: Refusals = (UnknownHandle, OutOfStep)  # at a flow
STEP: Refusals = (*LOOK, NetworkBlocked)
PROVED_STEP: Refusals = (*STEP, ProveAgain)
NUMBER: Refusals = (BadPhone, LandlinePhone, InternetPhone, UnservedPhone, CountryNeeded)
ADDRESS: Refusals = (BadEmail, LikelyTypo)
NEW_ADDRESS: Refusals = (*ADDRESS, DomainBlocked)
WAITS: Refusals = (TooSoon, TooManySends)
TEXTS: Refusals = (*WAITS, TextsStopped, NumberBlocked)
CALL: Refusals = (*TEXTS, CallNotOffered)
MAILS: Refusals = (*WAITS, MailsStopped)
GUESS: Refusals = (
    BadCode, OtherSitesCode, WrongCode, SpentCode, ExpiredCode, NoCode, OthersCode, ContactLocked,
    TooManyGuesses,
)  # fmt: skip
OLD_PASSWORD: Refusals = (PasswordLocked, TooManyPasswords, Busy)
NEW_PASSWORD: Refusals = (WeakPassword, TooManyNewPasswords, Busy)
FRESH_PROOF: Refusals = (ConfirmationNeeded,)
CHANGE: Refusals = (ConfirmationNeeded, TooManyChanges)  # of an account
METHOD: Refusals = (MethodNotOffered, RecoveredPassword)  # of a fresh proof
PROOF: Refusals = (*METHOD, MailedPassword, WrongPassword, *OLD_PASSWORD, *GUESS)
BY_PROVIDER: Refusals = (
    *PROVED_STEP, BadIdToken, IdentityNotConfirmed, ProviderDown, ProviderBusy, TooManyGrants,
    TooManyNewIdentities,
)  # fmt: skip
