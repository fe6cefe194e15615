"""The two ways a code travels, and the numbers that differ between them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Channel:
    """`name` as in `deliveries`, `table` and `column` hold the verifications."""

    name: Literal["sms", "email"]
    table: str
    column: str
    digits: Literal[6, 8]
    lifetime: timedelta


# NIST SP 800-63B-4 3.1.3.3 asks for at least 6 digits and at most 10 minutes out of band; a mail is
# slower, so its code lives longer and is two digits longer for it.
PHONE = Channel("sms", "phone_verifications", "phone", 6, timedelta(minutes=10))
EMAIL = Channel("email", "email_verifications", "email", 8, timedelta(minutes=30))

GUESSES = 5  # for one code
MOST_IN_A_ROW = 100  # wrong ones for one contact, over all codes, until it is proved some other way
RESENDABLE = timedelta(minutes=2)  # less left than this, and a resend brings a new code
