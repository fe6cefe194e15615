"""E-mail addresses in one canonical form, so that one mailbox is one account."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from app.domain.errors import Rejected
from app.domain.i18n import Text, _

MOST_CHARACTERS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
# Of a domain, as it is typed: its A-labels have no more (RFC 1035 2.3.4), and what they cost to
# make grows with the square of the letters.
MOST_OCTETS = 253

# Full-width forms of ASCII, of keyboards that also write Chinese, Japanese or Korean.
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Without width: what comes along at the ends of a copied address.
ZERO_WIDTH = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
INVISIBLE = "Cf"

# Where most mailboxes are; a domain one slip away from these is asked about.
POPULAR = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "hotmail.com", "hotmail.co.uk",
    "outlook.com", "live.com", "icloud.com", "aol.com", "gmx.de", "gmx.net", "web.de",
    "proton.me", "protonmail.com", "orange.fr", "laposte.net", "libero.it",
)  # fmt: skip

# With those, where many people who don't know each other have mailboxes, as of 2026-12. Whoever has
# another domain may have as many mailboxes there as they like.
SHARED = frozenset(POPULAR) | {
    "126.com", "163.com", "att.net", "bigpond.com", "bluewin.ch", "comcast.net", "fastmail.com",
    "free.fr", "freenet.de", "gmx.at", "gmx.ch", "gmx.com", "hotmail.de", "hotmail.es",
    "hotmail.fr", "hotmail.it", "hotmail.se", "kpnmail.nl", "live.co.uk", "live.fr", "live.nl",
    "live.se", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "outlook.de",
    "outlook.fr", "pm.me", "qq.com", "sbcglobal.net", "sfr.fr", "t-online.de", "telia.com",
    "tiscali.it", "tutanota.com", "verizon.net", "virgilio.it", "wanadoo.fr", "yahoo.com.au",
    "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.ru", "ymail.com",
    "ziggo.nl", "zoho.com",
}  # fmt: skip
# Below which people of a country register domains, as in `example.co.uk`: from the ICANN part of
# the Public Suffix List (publicsuffix.org) of 2023-02-09. What many countries have counts in all;
# of what one country has, the larger ones, without places such as `tokyo.jp`.
SECOND_LEVEL = frozenset({
    "ac", "asso", "biz", "co", "com", "coop", "edu", "go", "gob", "gouv", "gov", "info", "int",
    "mil", "name", "ne", "net", "nom", "or", "org", "sch", "web",
})  # fmt: skip
OF_ONE_COUNTRY = frozenset({
    "gv.at", "asn.au", "id.au", "adv.br", "art.br", "blog.br", "eco.br", "eng.br", "ind.br",
    "pro.br", "prd.fr", "tm.fr", "from.hr", "idv.hk", "priv.hu", "sport.hu", "k12.il", "muni.il",
    "firm.in", "gen.in", "ind.in", "ad.jp", "ed.jp", "gr.jp", "lg.jp", "pe.kr", "re.kr", "priv.no",
    "geek.nz", "gen.nz", "govt.nz", "iwi.nz", "kiwi.nz", "maori.nz", "school.nz", "pc.pl",
    "priv.pl", "nome.pt", "publ.pt", "firm.ro", "pp.se", "per.sg", "av.tr", "bel.tr", "dr.tr",
    "gen.tr", "k12.tr", "pol.tr", "tv.tr", "idv.tw", "in.ua", "ltd.uk", "me.uk", "nhs.uk",
    "plc.uk", "police.uk", "law.za", "nis.za", "school.za",
})  # fmt: skip

# Two names of one place, where dots in the local part mean nothing ("Dots don't matter in Gmail
# addresses", Gmail Help). Elsewhere they may make two mailboxes.
GMAIL = ("gmail.com", "googlemail.com")

TOO_LONG = _("That’s too long for an e-mail address. Check it and try again.")
NO_AT = _("An e-mail address has an @ in it, such as name@example.org. Check it.")


class BadEmail(Rejected):
    code = "bad_email"
    field = "email"


class LikelyTypo(BadEmail):
    """The domain is one slip away from a popular one; the person says which is meant."""

    code = "likely_typo"

    def __init__(self, suggestion: str) -> None:
        super().__init__(_("Did you mean %(suggestion)s?", suggestion=suggestion))
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """Lower case throughout, the domain as A-label (RFC 5890)."""

    value: str

    @classmethod
    def parse(cls, raw: str, *, as_typed: bool = False) -> "EmailAddress":
        """Reads what a person typed; `as_typed` says a suspected typo was confirmed as meant."""
        text = _without_ends(raw.translate(HALF_WIDTH))
        if not text:
            raise BadEmail(_("Enter your e-mail address."))
        if len(text) > MOST_CHARACTERS:
            raise BadEmail(TOO_LONG)
        address = cls(_canonical(text))
        suggestion = None if as_typed else address.suggestion
        if suggestion:
            raise LikelyTypo(suggestion)
        return address

    @property
    def destination(self) -> str:
        """As it stands in the tables."""
        return self.value

    @property
    def mailbox(self) -> str:
        """Where its mail goes, for limits and where two addresses might be one proof: without what
        follows a `+` (RFC 5233). No mail is sent to it, and no account is found by it.
        """
        local, _, domain = self.value.rpartition("@")
        local, _, _ = local.partition("+")
        if domain in GMAIL:
            return f"{local.replace('.', '')}@{GMAIL[0]}"
        return f"{local}@{domain}"

    @property
    def own_domain(self) -> str:
        """Of whom its mailboxes may all be: without the names below it, which cost nothing. ''
        where many people have theirs.
        """
        domain = self.value.rpartition("@")[2]
        if domain in SHARED:
            return ""
        labels = domain.split(".")
        is_national = len(labels[-1]) == 2 and labels[-2:][0] in SECOND_LEVEL
        is_shared = is_national or ".".join(labels[-2:]) in OF_ONE_COUNTRY
        return ".".join(labels[-3 if is_shared else -2 :])

    @property
    def suggestion(self) -> str | None:
        """The address with the popular domain that was probably meant."""
        local, _, domain = self.value.rpartition("@")
        if domain in POPULAR:
            return None
        meant = next((popular for popular in POPULAR if _one_slip(domain, popular)), None)
        return f"{local}@{meant}" if meant else None


def _without_ends(text: str) -> str:
    """Less the spaces around it, those without a width too, however they are mixed."""
    while (bare := text.strip().strip(ZERO_WIDTH)) != text:
        text = bare
    return text


def _canonical(text: str) -> str:
    if "@" not in text:
        raise BadEmail(NO_AT)
    if len(text.rpartition("@")[2].encode(errors="replace")) > MOST_OCTETS:
        raise BadEmail(TOO_LONG)
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        raise BadEmail(_why_not(text)) from None
    return f"{found.ascii_local_part}@{found.ascii_domain}".lower()


def _why_not(text: str) -> Text:
    if any(unicodedata.category(char) == INVISIBLE for char in text):
        return _("There’s a hidden character in that address. Type it yourself.")
    return _("Write the address like name@example.org. Check it and try again.")


def _one_slip(typed: str, meant: str) -> bool:
    """One letter too many, too few, wrong, or two swapped: the slips of a keyboard."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    rest, goal = typed[start:], meant[start:]
    swapped = rest[:2] == goal[:2][::-1] and rest[2:] == goal[2:]
    return swapped or rest[1:] == goal or rest == goal[1:] or rest[1:] == goal[1:]
