"""What calls of the JSON API answer, as its document describes it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.controllers.api.bodies import Handle


class StepName(StrEnum):
    """The call that comes next, by the end of its address."""

    PHONE = "phone"
    PHONE_CODE = "phone-code"
    LINK = "link"
    EMAIL = "email"
    EMAIL_CODE = "email-code"
    PASSWORD = "password"  # noqa: S105 - a step, not a secret
    DONE = "done"


Missing = Annotated[
    list[str],
    Meta(
        description="What an account still lacks: `phone`, `email`, `password`, in this order.",
        examples=[["email", "password"]],
    ),
]
ExpiresAt = Annotated[
    datetime | None,
    Meta(description="When the code on its way stops working; null where none is waited for."),
]
ResendAfter = Annotated[
    int | None,
    Meta(description="Seconds until another message may be asked for; null where none may."),
]
AttemptsLeft = Annotated[
    int | None, Meta(description="Tries that the code still allows; null where none is waited for.")
]
Amr = Annotated[
    list[str],
    Meta(description="How the person proved who they are (RFC 8176).", examples=[["sms"]]),
]


class Tokens(Struct, frozen=True):
    """A session. Both tokens are secrets."""

    access_token: Annotated[str, Meta(description="A JWT, for the header `Authorization`.")]
    refresh_token: Annotated[str, Meta(description="For `POST /tokens/refresh`, once.")]
    expires_in: Annotated[int, Meta(description="Seconds the access token lasts.", examples=[300])]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token


class User(Struct, frozen=True):
    """An account. `phone` in E.164; it and `email` are null where they were given up."""

    id: UUID
    phone: Annotated[str | None, Meta(examples=["+46701740605"])]
    email: Annotated[str | None, Meta(examples=["ada@example.com"])]
    created_at: datetime
    auth0: Annotated[bool, Meta(description="Whether a sign-in by Auth0 opens it too.")]


class SignedIn(Struct, frozen=True):
    """An opened session. `existing`: a sign-up has found that the number has an account."""

    user: User
    tokens: Tokens
    existing: bool = False


class Refreshed(Struct, frozen=True):
    tokens: Tokens


class ServiceToken(Struct, frozen=True):
    """For one service. It opens nothing here."""

    access_token: Annotated[
        str,
        Meta(
            description="A JWT (`typ: at+jwt`, EdDSA) that the service checks with the keys at"
            " `/.well-known/jwks.json`. It says who the person is, when and how they proved it, and"
            " what the service's scopes allow."
        ),
    ]
    expires_in: Annotated[int, Meta(description="Seconds the token lasts.", examples=[300])]


class FlowState(Struct, frozen=True):
    """How far a sign-up (`signup`, with `missing`) or a sign-in by phone (`login`) has come. The
    handle may be another one than before, and goes on by this name.
    """

    step: StepName
    signup: Handle | UnsetType = UNSET
    login: Handle | UnsetType = UNSET
    missing: Missing | UnsetType = UNSET
    expires_at: ExpiresAt = None
    resend_after: ResendAfter = None
    attempts_left: AttemptsLeft = None


class RecoveryState(Struct, frozen=True):
    """How far a recovery has come. The handle may be another one than before. `step` is "done" once
    the password is changed: every session has ended, and the person signs in with the new one.
    """

    recovery: Handle
    step: StepName
    expires_at: ExpiresAt = None
    resend_after: ResendAfter = None
    attempts_left: AttemptsLeft = None
    notices: Annotated[list[str], Meta(description="Names of what the person should be told.")] = []


class CodeState(Struct, frozen=True):
    """The code that the account waits for."""

    expires_at: ExpiresAt = None
    resend_after: ResendAfter = None
    attempts_left: AttemptsLeft = None


class Delivery(Struct, frozen=True):
    """What became of the newest message with the code."""

    state: Annotated[
        Literal["queued", "late", "sent", "delivered", "refused"],
        Meta(description="As far as the provider has told."),
    ]
    detail: Annotated[str, Meta(description="A sentence for the person, in their language.")]
    may_change: Annotated[bool, Meta(description="Whether to ask again in a second or two.")]


class SessionInfo(Struct, frozen=True):
    id: Annotated[UUID, Meta(description="The `sid` of its tokens.")]
    current: Annotated[bool, Meta(description="Whether it is the one that asks.")]
    device: Annotated[str, Meta(examples=["Chrome on Windows"])]
    network: Annotated[str, Meta(examples=["192.0.2.0/24"])]
    created_at: datetime
    last_used_at: datetime
    amr: Amr


class SessionList(Struct, frozen=True):
    sessions: list[SessionInfo]


class Identity(Struct, frozen=True):
    id: UUID
    issuer: Annotated[str, Meta(examples=["https://example.eu.auth0.com/"])]
    created_at: datetime


class IdentityList(Struct, frozen=True):
    identities: list[Identity]


class Plan(Struct, frozen=True):
    """A plan at the price that the person said yes to."""

    code: str
    period: str
    currency: str
    amount_minor: int


class Me(User, frozen=True):
    """With the plan that was chosen, and the language of messages; each null for none."""

    plan: Plan | None
    locale: str | None


class Changed(Struct, frozen=True):
    """The account as it is now. `delayed`: the change waits for a day, since it was confirmed
    without the phone.
    """

    user: User
    delayed: bool = False
