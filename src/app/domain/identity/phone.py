"""Phone numbers: folded to E.164, and only those that can receive a text in a place we serve."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from app.domain.errors import Rejected
from app.domain.i18n import Text, _

# The category of marks of direction and width, which come along when a number is copied.
INVISIBLE = "Cf"
MOST_CHARACTERS = 40  # E.164 has at most 15 digits; the rest is room for punctuation
FOLDED = frozenset(
    " \u00a0\u2007\u2009\u202f-\u2010\u2011\u2012\u2013\u2014\u2212./()[]\uff0d\uff08\uff09\u3000"
)
SHORTEST, LONGEST = 8, 11  # digits of mobile numbers after the country code, where we text
TOO_SHORT = _("That’s too short for a phone number. Check it and try again.")
TOO_LONG = _("That’s too long for a phone number. Check it and try again.")
# A Mexican mobile number as it was written until August 2019: with a 1 after the country code, and
# dialled within the country after 044, 045 or 01. Address books still hold them.
OLD_MEXICAN = re.compile(r"\+52(?:1|01|044|045)([0-9]{10})")
OLD_MEXICAN_AT_HOME = re.compile(r"(?:1|01|044|045)([0-9]{10})")
TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


class BadPhone(Rejected):
    code = "bad_phone"
    field = "phone"


class LandlinePhone(BadPhone):
    code = "landline_phone"
    message = _("That looks like a landline. Enter a mobile number that can receive texts.")


class InternetPhone(BadPhone):
    """VoIP: bought by the thousand, and texts to it often go nowhere."""

    code = "internet_phone"
    message = _("That looks like an internet phone. Enter a number from a mobile operator.")


class UnservedPhone(BadPhone):
    """Decided by libphonenumber's region, not by dial code: +1 is two dozen countries."""

    code = "unserved_phone"
    message = _("We can’t text numbers from that country yet. Enter a number from another country.")


class CountryNeeded(BadPhone):
    """Written without `+`, the number can get no text in the chosen country, and can in `regions`,
    ISO 3166. A question, and no mistake.
    """

    code = "country_needed"
    field = "country"
    is_question = True
    message = _("Which country is this number from?")

    def __init__(self, regions: tuple[str, ...]) -> None:
        super().__init__()
        self.regions = regions


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may be texted. `e164` is like +46701740605, `region` ISO 3166 like SE."""

    e164: str
    region: str

    @property
    def destination(self) -> str:
        """As it stands in the tables."""
        return self.e164

    @property
    def block(self) -> str:
        """The number less its last four digits: what a dishonest carrier sells by the thousand."""
        return self.e164[:-4]

    @property
    def formatted(self) -> str:
        """As people of all countries write it: +46 70 174 06 05."""
        number = phonenumbers.parse(self.e164)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    @classmethod
    def from_e164(cls, e164: str) -> "Phone":
        """One that was accepted before, as it stands in the tables."""
        return cls(e164, phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or "")

    @classmethod
    def parse(cls, raw: str, served: tuple[str, ...], country: str = "") -> "Phone":
        """Reads what a person typed. `served` are the regions that may be texted, `country` the
        one that a number without `+` is read in. Raises `BadPhone` or one of its kinds.
        """
        digits = _less_old_prefix(_folded(raw), country)
        if digits.startswith("+"):
            return _accepted(_parsed(digits, None), served)
        return _without_country(digits, served, country)


def _folded(raw: str) -> str:
    """ASCII digits, with a leading `+` where the country code was written."""
    text = "".join(char for char in raw if unicodedata.category(char) != INVISIBLE).strip()
    if text[:4].lower() == "tel:":
        text = text[4:]
    if not text:
        raise BadPhone(_("Enter your mobile phone number."))
    if len(text) > MOST_CHARACTERS:
        raise BadPhone(TOO_LONG)
    plus = text[0] in "+\uff0b"
    digits = "".join(_digit(char) for char in text[plus:].replace("(0)", "") if char not in FOLDED)
    if not digits:
        raise BadPhone(_("Enter your mobile phone number, in digits."))
    if plus:
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def _less_old_prefix(digits: str, country: str) -> str:
    """Without a country code only where Mexico was chosen: 1 is also North America's."""
    old = OLD_MEXICAN.fullmatch(digits)
    if old is None and country == "MX":
        old = OLD_MEXICAN_AT_HOME.fullmatch(digits)
    return f"+52{old[1]}" if old else digits


def _digit(char: str) -> str:
    """Full-width and other scripts' digits are read; letters and `;ext=` are not."""
    value = unicodedata.decimal(char, None)
    if value is None:
        raise BadPhone(_("Use only digits and signs such as + - ( ) in a phone number."))
    return str(value)


def _parsed(digits: str, region: str | None) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(_why(error.error_type)) from None
    return number


def _why(error_type: int) -> Text:
    if error_type == phonenumbers.NumberParseException.TOO_LONG:
        return TOO_LONG
    if error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return _("No country has that code. Start with + and your country code, such as +44.")
    return TOO_SHORT


def _accepted(number: phonenumbers.PhoneNumber, served: tuple[str, ...]) -> Phone:
    region = phonenumbers.region_code_for_number(number)
    if region is None:
        raise BadPhone(_why_impossible(number))
    if region not in served:
        raise UnservedPhone
    kind = phonenumbers.number_type(number)
    if kind not in TEXTABLE:
        raise _unusable(kind)
    return Phone(
        f"+{number.country_code}{phonenumbers.national_significant_number(number)}", region
    )


def _why_impossible(number: phonenumbers.PhoneNumber) -> Text:
    match phonenumbers.is_possible_number_with_reason(number):
        case (
            phonenumbers.ValidationResult.TOO_SHORT
            | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        ):
            return TOO_SHORT
        case phonenumbers.ValidationResult.TOO_LONG:
            return TOO_LONG
    return _("That doesn’t look like a phone number. Check it and try again.")


def _unusable(kind: int) -> BadPhone:
    if kind == PhoneNumberType.FIXED_LINE:
        return LandlinePhone()
    if kind == PhoneNumberType.VOIP:
        return InternetPhone()
    return BadPhone(_("That number can’t receive texts. Enter an ordinary mobile number."))


def _without_country(digits: str, served: tuple[str, ...], country: str) -> Phone:
    """Reads a national number in the chosen country alone; where none was chosen, in the only
    served one it fits.
    """
    refusal = None
    if country:
        if country not in served:
            raise UnservedPhone
        try:
            return _accepted(_parsed(digits, country), served)
        except BadPhone as error:
            refusal = error
    found = {phone.region: phone for phone in _readings(digits, served)}
    if found and (country or len(found) > 1):
        raise CountryNeeded(tuple(found))
    if not found:
        raise refusal or BadPhone(_why_nowhere(digits))
    return next(iter(found.values()))


def _why_nowhere(digits: str) -> Text:
    significant = len(digits.lstrip("0"))  # less the 0 that most countries dial first
    if significant < SHORTEST:
        return TOO_SHORT
    if significant > LONGEST:
        return TOO_LONG
    return _("Start with + and your country code, such as +44 for the United Kingdom.")


def _readings(digits: str, served: tuple[str, ...]) -> list[Phone]:
    phones = []
    for region in served:
        try:
            phones.append(_accepted(_parsed(digits, region), served))
        except BadPhone:
            continue  # not a number of that country: one candidate less
    return phones
