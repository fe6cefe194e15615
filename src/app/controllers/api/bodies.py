"""What calls of the JSON API send, as its document describes it."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Handle = Annotated[
    str,
    Meta(
        description="The secret handle of this flow, from the answer before. Keep it to yourself.",
        examples=["q1bXcWJ0tV5s0mSx3j8h2oM9d7k6yq4LzCwRrEuTnAg"],
    ),
]
Code = Annotated[
    str,
    Meta(
        description="The code as it was typed, with any text around it: six digits from a text,"
        " eight from an e-mail. Never a number, which would lose a leading zero.",
        examples=["042917"],
    ),
]
PhoneNumber = Annotated[
    str,
    Meta(
        description="As people write it. With `+` or `00` in front it is international, else a"
        " number of `country`.",
        examples=["+46 70 174 06 05"],
    ),
]
Country = Annotated[
    str,
    Meta(
        description="Two letters of ISO 3166-1, for a number without the country's code. Left out:"
        " by `Accept-Language`, else the default of this server.",
        examples=["SE"],
    ),
]
Address = Annotated[
    str, Meta(description="An e-mail address of the person.", examples=["ada@example.com"])
]
Keep = Annotated[
    bool, Meta(description="True for an address that was asked about as a typo and is right.")
]
Password = Annotated[
    str,
    Meta(description="The password exactly as typed.", examples=["seven otters paint slowly"]),
]


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """No other fields may be in it."""


# Sign-up and sign-in.


class SignupPhoneBody(Body, frozen=True):
    """With `signup`, the number of that sign-up is replaced."""

    phone: PhoneNumber
    country: Country = ""
    signup: Handle | None = None


class LoginPhoneBody(Body, frozen=True):
    """With `login`, the number of that sign-in is replaced."""

    phone: PhoneNumber
    country: Country = ""
    login: Handle | None = None


class SignupBody(Body, frozen=True):
    """Which sign-up is meant."""

    signup: Handle


class SignupCodeBody(Body, frozen=True):
    """A code of a sign-up."""

    signup: Handle
    code: Code


class SignupEmailBody(Body, frozen=True):
    """The address of a sign-up."""

    signup: Handle
    email: Address
    keep: Keep = False


class SignupPasswordBody(Body, frozen=True):
    """The password of a sign-up."""

    signup: Handle
    password: Password


class SignupLinkBody(Body, frozen=True):
    """The answer to the question whether to link."""

    signup: Handle
    link: Annotated[
        bool, Meta(description="Whether the provider's sign-in becomes a way into the account.")
    ]


class LoginBody(Body, frozen=True):
    """Which sign-in is meant."""

    login: Handle


class LoginCodeBody(Body, frozen=True):
    """A code of a sign-in."""

    login: Handle
    code: Code


class PasswordLoginBody(Body, frozen=True):
    """A way in."""

    email: Address
    password: Password


class ProviderLoginBody(Body, frozen=True):
    """A sign-in at a provider."""

    id_token: Annotated[
        str,
        Meta(
            description="The ID token that Auth0 gave, for this server's client id.",
            examples=["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMCJ9.c2lnbmF0dXJl"],
        ),
    ]
    nonce: Annotated[
        str, Meta(description="The `nonce` that Auth0 was sent.", examples=["n-0S6_WzA2Mj"])
    ]
    signup: Handle | None = None


class RefreshBody(Body, frozen=True):
    """The refresh token of a session."""

    refresh_token: Annotated[
        str,
        Meta(
            description="The newest one. One that was replaced is taken for 10 seconds more.",
            examples=["Zk0w2nQyV7m3pT5xJ8sL1rB6cH9dG4fa"],
        ),
    ]


class ServiceTokenBody(Body, frozen=True):
    """For which service."""

    audience: Annotated[
        str,
        Meta(
            description="The service that the token is for, as this server knows it.",
            examples=["https://shop.example.com"],
        ),
    ]


# Recovery.


class RecoveryEmailBody(Body, frozen=True):
    """With `recovery`, the address of that recovery is replaced."""

    email: Address
    keep: Keep = False
    recovery: Handle | None = None


class RecoveryBody(Body, frozen=True):
    """Which recovery is meant."""

    recovery: Handle


class RecoveryCodeBody(Body, frozen=True):
    """A code of a recovery."""

    recovery: Handle
    code: Code


class RecoveryPasswordBody(Body, frozen=True):
    """The new password of a recovery."""

    recovery: Handle
    password: Password


# The account.


class ProofBody(Body, frozen=True):
    """One of both: the account's password, or the code that `POST /confirm/code` has sent."""

    password: Password = ""
    code: Code = ""


class PhoneBody(Body, frozen=True):
    """A new number."""

    phone: PhoneNumber
    country: Country = ""


class EmailBody(Body, frozen=True):
    """A new address."""

    email: Address
    keep: Keep = False


class CodeBody(Body, frozen=True):
    """A code of a change."""

    code: Code


class PasswordBody(Body, frozen=True):
    """A new password."""

    password: Password


class PickedPlan(Body, frozen=True):
    """A plan at the price that the person was shown. What is left out is the first period and
    currency, and today's price.
    """

    code: Annotated[str, Meta(description="Names the plan.", examples=["team"])]
    period: Annotated[str, Meta(description="`month` or `year`.", examples=["month"])] = ""
    currency: Annotated[str, Meta(description="ISO 4217.", examples=["USD"])] = ""
    amount_minor: Annotated[
        int | None, Meta(description="In minor units, such as cents.", examples=[900])
    ] = None


class MeBody(Body, frozen=True):
    """What is left out stays as it is."""

    plan: Annotated[
        PickedPlan | str | UnsetType | None,
        Meta(description="A plan by its code or in full, null for none.", examples=["team"]),
    ] = UNSET
    locale: Annotated[
        str | UnsetType,
        Meta(description="A language of this server, for messages.", examples=["de"]),
    ] = UNSET
