"""What calls of the JSON API answer, as its document describes it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.controllers.api.bodies import Handle
from app.controllers.code_words import MessageState
from app.domain.pricing.catalogue import Interval


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
    Meta(
        description="When the code on its way stops working; null where none is waited for.",
        examples=["2026-11-30T09:40:00Z"],
    ),
]
ResendAfter = Annotated[
    int | None,
    Meta(
        description="Seconds until another message may be asked for; null where none may.",
        examples=[30],
    ),
]
CallAfter = Annotated[
    int | None,
    Meta(
        description="Seconds until a call with the code may be asked for; null where none is"
        " offered. It counts as three texts.",
        examples=[30],
    ),
]
AttemptsLeft = Annotated[
    int | None,
    Meta(
        description="Tries that the code still allows; null where none is waited for.", examples=[5]
    ),
]
Moment = Annotated[datetime, Meta(examples=["2026-11-30T09:30:00Z"])]
Id = Annotated[UUID, Meta(examples=["0199f3a2-7c1e-7b60-9d53-2f8c1e4a6b70"])]
Amr = Annotated[
    list[str],
    Meta(description="How the person proved who they are (RFC 8176).", examples=[["sms"]]),
]


Kind = Annotated[Literal["Bearer"], Meta(description="How the access token is sent.")]


class Tokens(Struct, frozen=True):
    """A session. Both tokens are secrets."""

    access_token: Annotated[
        str,
        Meta(
            description="A JWT, for the header `Authorization`.",
            examples=["eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk5In0.c2lnbmF0dXJl"],
        ),
    ]
    refresh_token: Annotated[
        str,
        Meta(
            description="For `POST /tokens/refresh`, once.",
            examples=["Zk0w2nQyV7m3pT5xJ8sL1rB6cH9dG4fa"],
        ),
    ]
    expires_in: Annotated[int, Meta(description="Seconds the access token lasts.", examples=[300])]
    token_type: Kind = "Bearer"  # noqa: S105 - a kind of token


class User(Struct, frozen=True):
    """An account."""

    id: Annotated[Id, Meta(description="The `sub` of its tokens. It stays.")]
    phone: Annotated[
        str | None,
        Meta(description="In E.164; null where it was given up.", examples=["+46701740605"]),
    ]
    email: Annotated[
        str | None, Meta(description="Null where it was given up.", examples=["ada@example.com"])
    ]
    created_at: Annotated[Moment, Meta(description="When the account was made.")]
    auth0: Annotated[bool, Meta(description="Whether a sign-in by Auth0 opens it too.")]


class SignedIn(Struct, frozen=True):
    """An opened session."""

    user: Annotated[User, Meta(description="Whose it is.")]
    tokens: Annotated[Tokens, Meta(description="Of the session.")]
    existing: Annotated[
        bool, Meta(description="Whether a sign-up has found that the number has an account.")
    ] = False


class Refreshed(Struct, frozen=True):
    """The same session with other tokens."""

    tokens: Annotated[Tokens, Meta(description="Instead of those before.")]


class ServiceToken(Struct, frozen=True):
    """For one service. It opens nothing here."""

    access_token: Annotated[
        str,
        Meta(
            description="A JWT (`typ: at+jwt`, EdDSA) that the service checks with the keys at"
            " `/.well-known/jwks.json`. It says who the person is, when and how they proved it, and"
            " what the service's scopes allow.",
            examples=["eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk5In0.c2lnbmF0dXJl"],
        ),
    ]
    expires_in: Annotated[int, Meta(description="Seconds the token lasts.", examples=[300])]


class FlowState(Struct, frozen=True):
    """How far a sign-up (`signup`, with `missing`) or a sign-in by phone (`login`) has come. The
    handle may be another one than before, and goes on by this name.
    """

    step: Annotated[StepName, Meta(description="The call that comes next.")]
    signup: Handle | UnsetType = UNSET
    login: Handle | UnsetType = UNSET
    missing: Missing | UnsetType = UNSET
    expires_at: ExpiresAt = None
    resend_after: ResendAfter = None
    attempts_left: AttemptsLeft = None
    call_after: CallAfter = None


class RecoveryState(Struct, frozen=True):
    """How far a recovery has come. The handle may be another one than before. `step` is "done" once
    the password is changed: every session has ended, and the person signs in with the new one.
    """

    recovery: Handle
    step: Annotated[StepName, Meta(description="The call that comes next.")]
    expires_at: ExpiresAt = None
    resend_after: ResendAfter = None
    attempts_left: AttemptsLeft = None
    notices: Annotated[
        list[str],
        Meta(description="Names of what the person should be told.", examples=[["password-reset"]]),
    ] = []


class CodeState(Struct, frozen=True):
    """The code that the account waits for."""

    expires_at: ExpiresAt = None
    resend_after: ResendAfter = None
    attempts_left: AttemptsLeft = None
    call_after: CallAfter = None


class Delivery(Struct, frozen=True):
    """What became of the newest message with the code."""

    state: Annotated[
        MessageState,
        Meta(
            description="As far as the provider has told. `failed` is worth another try; after"
            " `refused` no message arrives there."
        ),
    ]
    detail: Annotated[
        str,
        Meta(
            description="A sentence for the person, in their language.",
            examples=["The text was delivered."],
        ),
    ]
    may_change: Annotated[bool, Meta(description="Whether to ask again in a second or two.")]


class SessionInfo(Struct, frozen=True):
    """A session that lives."""

    id: Annotated[Id, Meta(description="The `sid` of its tokens.")]
    current: Annotated[bool, Meta(description="Whether it is the one that asks.")]
    device: Annotated[str, Meta(description="By its `User-Agent`.", examples=["Chrome on Windows"])]
    network: Annotated[str, Meta(description="Where it was used last.", examples=["192.0.2.0/24"])]
    created_at: Annotated[Moment, Meta(description="When it was opened.")]
    last_used_at: Annotated[Moment, Meta(description="To a minute or so.")]
    amr: Amr


class SessionList(Struct, frozen=True):
    """All sessions of the account."""

    sessions: Annotated[list[SessionInfo], Meta(description="Last used first.")]


class Identity(Struct, frozen=True):
    """A provider's sign-in that opens the account."""

    id: Annotated[Id, Meta(description="For `DELETE /me/identities/{identity_id}`.")]
    issuer: Annotated[
        str, Meta(description="The provider.", examples=["https://example.eu.auth0.com/"])
    ]
    created_at: Annotated[Moment, Meta(description="When it was linked.")]


class IdentityList(Struct, frozen=True):
    """All linked sign-ins of the account."""

    identities: Annotated[list[Identity], Meta(description="In no order.")]


PlanCode = Annotated[str, Meta(description="Names the plan. It stays.", examples=["team"])]
Period = Annotated[Interval, Meta(description="What the price is for.")]
Currency = Annotated[str, Meta(description="ISO 4217.", examples=["USD"])]
Amount = Annotated[int, Meta(description="In minor units, such as cents.", examples=[900])]


class Plan(Struct, frozen=True):
    """A plan at the price that the person said yes to."""

    code: PlanCode
    period: Period
    currency: Currency
    amount_minor: Amount


class Me(User, frozen=True):
    """An account with what it has chosen."""

    plan: Annotated[Plan | None, Meta(description="Null for none.")]
    locale: Annotated[
        str | None,
        Meta(description="The language of messages; null for none.", examples=["de"]),
    ]


class Changed(Struct, frozen=True):
    """An account after a change."""

    user: Annotated[User, Meta(description="As it is now.")]
    delayed: Annotated[
        bool,
        Meta(
            description="Whether the change waits for a day, since it was confirmed without the"
            " phone."
        ),
    ] = False
