"""The two ways a code travels, and what differs between them: numbers and statements."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.sql import Queries, load_queries

Contact = Phone | EmailAddress


@dataclass(frozen=True, slots=True)
class Channel:
    """`name` as in `deliveries`, `column` of `table` holds where a code was sent."""

    name: Literal["sms", "email"]
    table: str
    column: str
    digits: Literal[6, 8]
    lifetime: timedelta
    sql: Queries


# NIST SP 800-63B-4 3.1.3.3 asks for at least 6 digits and at most 10 minutes out of band; a mail is
# slower, so its code lives longer and is two digits longer for it.
PHONE = Channel(
    "sms",
    "phone_verifications",
    "phone",
    6,
    timedelta(minutes=10),
    load_queries(__file__, "phone.sql"),
)
EMAIL = Channel(
    "email",
    "email_verifications",
    "email",
    8,
    timedelta(minutes=30),
    load_queries(__file__, "email.sql"),
)

GUESSES = 5  # for one code
# Wrong ones of strangers for one contact, over all codes, since it was last proved or its owner
# signed in; from then on strangers are held to `wrong_codes_per_held_contact`.
MOST_IN_A_ROW = 100
# So long after its end a code of a recovery can be replaced on its page; then that begins anew.
REPLACEABLE = timedelta(minutes=10)
RESENDABLE = timedelta(minutes=2)  # less left than this, and a resend brings a new code
