"""A sign-up is a set of proofs. What is missing is data; the first missing one is the step. Where
too many numbers are texted in vain, the address is proved before the number.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

import msgspec
from msgspec.structs import replace

from app.domain.errors import OutOfStep
from app.domain.i18n import Text, _
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone


class Step(StrEnum):
    """The value is the tail of the URL, the name of the template and of the handlers, but for
    `OWNER`, which is at /login/email-code.
    """

    PHONE = "phone"
    PHONE_CODE = "phone-code"
    OWNER = "owner"  # a code to the address of a dormant account, whose number was proved
    LINK = "link"  # only for a number that has an account, while an identity waits
    EMAIL = "email"
    EMAIL_CODE = "email-code"
    PASSWORD = "password"  # noqa: S105 - a step, not a secret
    DONE = "done"

    @classmethod
    def named_in(cls, path: str) -> "Step | None":
        """The one that a page or a call is about; those after the last step are about none."""
        named = next((step for step in cls if step != "done" and step in path.split("/")), None)
        return cls.OWNER if named is cls.EMAIL_CODE and "/login/" in path else named


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step as people are told of it. `number` counts from 1."""

    step: Step
    name: Text
    number: int


# What leads to an account, in this order; the others are ways into one that there is.
NAMES = {
    Step.PHONE: _("Phone"),
    Step.PHONE_CODE: _("Text code"),
    Step.EMAIL: _("E-mail"),
    Step.EMAIL_CODE: _("E-mail code"),
    Step.PASSWORD: _("Password"),
}
EMAIL_FIRST = (Step.PHONE, Step.EMAIL, Step.EMAIL_CODE, Step.PHONE_CODE, Step.PASSWORD)


class Contact(msgspec.Struct, frozen=True):
    """A phone or e-mail someone named, with the way they wrote it, and whether it is proved. `kept`
    is a number that nothing was texted to yet: not before `text_after`, where that was said.
    """

    value: str
    typed: str
    region: str = ""
    proved: bool = False
    kept: bool = False
    text_after: datetime | None = None

    @property
    def seconds_left(self) -> float:
        """Until it may be texted."""
        if self.text_after is None:
            return 0.0
        return max(0.0, (self.text_after - datetime.now(UTC)).total_seconds())


class PendingIdentity(msgspec.Struct, frozen=True):
    """Who someone is at another provider, which stands for a password. `email` is what that told,
    for people to read: it is the account's only once it is proved. `at` is when they came with it.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    at: datetime | None = None


class Signup(msgspec.Struct, frozen=True):
    """One person's way in, as far as it has come. `id` is the digest of the flow cookie. `moved_to`
    is the id it goes on under, to which only the code that was entered then leads. `account` is
    whose the proved number is, while an identity waits to be linked to it; `dormant` says that it
    was not used for long. `email_first`: the number is proved after the address.
    """

    id: bytes
    phone: Contact | None = None
    email: Contact | None = None
    user_id: UUID | None = None
    moved_to: bytes | None = None
    identity: PendingIdentity | None = None
    account: UUID | None = None
    dormant: bool = False
    email_first: bool = False

    @property
    def step(self) -> Step:
        if self.user_id:
            return Step.DONE
        if self.phone and self.phone.kept and not self.has_proved_email:
            return Step.EMAIL_CODE if self.email else Step.EMAIL
        if not (self.phone and self.phone.proved):
            return Step.PHONE_CODE if self.phone else Step.PHONE
        if self.dormant:
            return Step.OWNER
        if self.account:
            return Step.LINK
        if not self.has_proved_email:
            return Step.EMAIL_CODE if self.email else Step.EMAIL
        return Step.PASSWORD

    @property
    def has_proved_email(self) -> bool:
        return self.email is not None and self.email.proved

    @property
    def missing(self) -> tuple[str, ...]:
        """What is to be proved or chosen until there is an account; nothing where there is one."""
        if self.user_id or self.account or self.dormant:
            return ()
        given = {
            "phone": self.phone and self.phone.proved,
            "email": self.email and self.email.proved,
            "password": self.identity,
        }
        return tuple(name for name, is_given in given.items() if not is_given)

    def comes_before(self, step: Step) -> bool:
        """In the order in which this sign-up proves its contacts."""
        order = [*EMAIL_FIRST, *Step] if self.email_first else list(Step)
        return order.index(self.step) < order.index(step)

    def require_step(self, step: Step, *, changing: bool) -> None:
        """Raises `OutOfStep` unless it is this step, or `changing` an earlier one."""
        order = list(Step)
        earlier = order.index(step) < order.index(self.step) < order.index(Step.DONE)
        if self.step is not step and not (changing and earlier):
            raise OutOfStep(self.step)

    def steps_at(self, step: Step) -> tuple[FlowStep, ...]:
        """Those that lead to an account, as told at one of them. What a provider's word stands for
        is none, unless it is asked for all the same.
        """
        given: tuple[Step, ...] = (Step.PASSWORD,) if self.identity else ()
        if self.identity and self.has_proved_email:
            given += (Step.EMAIL, Step.EMAIL_CODE)
        order = EMAIL_FIRST if self.email_first else tuple(NAMES)
        return _steps(tuple(one for one in order if one is step or one not in given))

    @property
    def number(self) -> Phone:
        """Only where the step says a phone was named."""
        if self.phone is None:
            raise LookupError("no phone was named yet")
        return Phone(self.phone.value, self.phone.region)

    @property
    def mailbox(self) -> EmailAddress:
        """Only where the step says an e-mail was named."""
        if self.email is None:
            raise LookupError("no e-mail was named yet")
        return EmailAddress(self.email.value)

    def with_phone_proof(self, email: str | None) -> "Signup":
        """Once the phone is proved, and the e-mail too where one is given."""
        phone = self.phone and replace(self.phone, proved=True)
        signup = replace(self, phone=phone, email_first=False)
        return signup.with_email_proof(email) if email else signup

    def with_email_proof(self, email: str) -> "Signup":
        typed = self.email.typed if self.email else email
        return replace(self, email=Contact(email, typed, proved=True))


@cache
def _steps(order: tuple[Step, ...]) -> tuple[FlowStep, ...]:
    return tuple(FlowStep(step, NAMES[step], number) for number, step in enumerate(order, 1))
