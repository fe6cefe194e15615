"""The kinds of proof that there are, and which of them says more than a session has shown already.

Whoever holds one of them, such as a number that was moved to another SIM card, must not change with
it alone what the others protect.
"""

from collections.abc import Collection
from enum import StrEnum

# As tokens tell them (RFC 8176). It has no word for a provider ("fed" is Microsoft's and others')
# nor for a mailbox.
PASSWORD = ("pwd",)
OTP = ("otp", "sms")
EMAIL_OTP = ("otp", "email")
FEDERATED = ("fed",)
# The last proof was of another kind than the one the session was opened with, if there is another.
MULTIPLE = "mfa"


class Factor(StrEnum):
    PHONE = "phone"
    PASSWORD = "password"  # noqa: S105 - a kind of proof, not a secret
    EMAIL = "email"
    PROVIDER = "provider"


METHODS = {
    Factor.PHONE: OTP,
    Factor.PASSWORD: PASSWORD,
    Factor.EMAIL: EMAIL_OTP,
    Factor.PROVIDER: FEDERATED,
}
# What each session may be confirmed by. The mailbox says little where a password was given, since
# it can reset that.
CONFIRMING = {
    Factor.PHONE: (Factor.PASSWORD, Factor.EMAIL, Factor.PROVIDER),
    Factor.PASSWORD: (Factor.PHONE, Factor.PROVIDER),
    Factor.PROVIDER: (Factor.PHONE, Factor.PASSWORD),
}
AFTER_SIGNUP = (Factor.PHONE, Factor.PASSWORD, Factor.PROVIDER)


def opening_factor(amr: Collection[str]) -> Factor | None:
    """The kind of proof that opened a session; None for a sign-up, which has shown several."""
    if MULTIPLE in amr:
        return None
    return next(kind for kind in CONFIRMING if METHODS[kind][-1] in amr)


def is_confirmed_by_phone(amr: Collection[str]) -> bool:
    """Whether a code to the phone was the last proof of a session, beside what opened it."""
    return set(amr) == {*OTP, MULTIPLE}


def confirming_factors(
    opened: Factor | None, had: Collection[Factor], *, by_mail: bool = False, lately: bool = False
) -> tuple[Factor, ...]:
    """What confirms that session, of the kinds that the account has. Where it has nothing but the
    number that opened the session, another code to that. `by_mail`: a code by mail set the
    password, and one mailbox may be behind both that and a provider. `lately`: within the week, in
    which it says no more than such a code; then nothing may be left.
    """
    kinds = CONFIRMING[opened] if opened else AFTER_SIGNUP
    one_mailbox = by_mail and opened in (Factor.PASSWORD, Factor.PROVIDER)
    if Factor.PHONE in had:
        kinds = (Factor.PHONE,) if one_mailbox else kinds
    elif one_mailbox and lately:
        return ()
    elif opened is Factor.PROVIDER and Factor.PASSWORD in had and not by_mail:
        kinds = (Factor.PASSWORD,)  # a code by mail may go where the provider's sign-in comes from
    else:
        # The mailbox could reset the password, so beside that it says less than a phone. But where
        # there is no number nothing else may be left, and who only guessed the password can't read
        # the mail.
        kinds = tuple(Factor.EMAIL if kind is Factor.PHONE else kind for kind in kinds)
    kinds = tuple(kind for kind in kinds if kind in had)
    return kinds or (Factor.PHONE,)
