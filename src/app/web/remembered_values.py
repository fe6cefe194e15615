"""What a browser keeps for us from one page to the next: where to go on, what to tell, the plan."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.domain.i18n import Language
from app.domain.languages import Languages
from app.domain.moments import is_zone
from app.domain.pricing.choice import Choice
from app.domain.pricing.money import is_known
from app.web.cookies import FLOW_LIFETIME, Cookies, RequestCookies, parse_cookies

# Where to go after signing in: only ever a path of our own.

ALLOWED = ("/account", "/signup/done", "/pricing", "/services/return")
DEFAULT = "/account"  # where nobody asked for anything
ELSEWHERE = "/"
# Whatever a browser rewrites is left out: `%2e%2e` and `\` are a dot segment and a slash to it,
# tabs and line breaks are nothing (WHATWG URL 4.4). So it asks for the path that is compared here.
PATH = re.compile(r"((?:/[A-Za-z0-9_-]+)+)(?:\?[A-Za-z0-9_\-=&%.,]*)?")


def sanitize_return_path(path: str) -> str:
    """`path` when it is below one of the allowed prefixes, else the home page."""
    read = PATH.fullmatch(path)
    if read is None:
        return ELSEWHERE
    below = any(read[1] == prefix or read[1].startswith(f"{prefix}/") for prefix in ALLOWED)
    return path if below else ELSEWHERE


# Seconds.
RETURN_LIFETIME = 3600  # as a sign-in takes; a sign-up has as long again by each proof
NOTICE_LIFETIME = 60
TYPED_LIFETIME = 600
YEAR = 365 * 86_400
MOST_TYPED = 600  # characters; what is longer than any address is not worth filling in again


# The plan that was picked, until an account has it, and the currency. The public pages of prices
# neither set nor read these two.
PLAN, PREFERENCES = "plan", "prefs"


def parse_preferences(value: str) -> tuple[str, str]:
    """The currency and the code of the language that someone chose, '' for nothing, as
    `remember_currency` and `remember_language` wrote them: `EUR.de`.
    """
    currency, _, language = value.partition(".")
    return currency, language


class RememberedValues:
    __slots__ = ("_cookies", "_return")

    def __init__(self, cookies: RequestCookies) -> None:
        self._cookies = cookies
        self._return: str | None = None  # once it was set or taken by this request

    def read_return_to(self, query_params: dict[str, str]) -> None:
        """The first page of a sign-in or sign-up: `return_to` says where to go after it. Opened
        plainly, it is another one than was begun before; `instead`, another way of the same.
        """
        target = query_params.get("return_to")
        if target:
            self.remember_return(target)
        elif self._stored_return and "instead" not in query_params:
            self._forget_return()

    def remember_return(self, target: str) -> None:
        """Where to go once signed in, through however many steps that takes."""
        self._return = encode_value(sanitize_return_path(target))
        self._cookies.set("return", self._return, RETURN_LIFETIME)

    def extend_return(self) -> None:
        """A sign-up goes on, which may take long."""
        if self._stored_return:
            self._cookies.set("return", self._stored_return, FLOW_LIFETIME)

    def get_return_target(self, default: str) -> str:
        """Where to go; only ever a path of ours."""
        kept = self._stored_return
        return sanitize_return_path(decode_value(kept)) if kept else default

    def take_return_target(self, default: str) -> str:
        """The same, for the last time."""
        target = self.get_return_target(default)
        if self._stored_return:
            self._forget_return()
        return target

    def remember_typed(self, **fields: str) -> None:
        """For a form that is to be filled in again on a page to come; never a password or code."""
        typed = urlencode(fields)
        if any(fields.values()) and len(typed) <= MOST_TYPED:
            self._cookies.set("typed", encode_value(typed), TYPED_LIFETIME)

    def get_typed(self, name: str) -> str:
        """What was typed a while ago, '' for nothing."""
        kept = self._cookies.read("typed")
        return dict(parse_qsl(decode_value(kept))).get(name, "") if kept else ""

    def forget_typed(self) -> None:
        """It was sent."""
        if self._cookies.read("typed"):
            self._cookies.clear("typed")

    def set_notices(self, *notices: str) -> None:
        """To be told once, on the next page, one after the other."""
        self._cookies.set("notice", ".".join(notices), NOTICE_LIFETIME)

    @property
    def notice(self) -> str | None:
        """What the step before left to be told here."""
        return self._cookies.read("notice")

    def take_notice(self) -> str | None:
        """The notice, for the last time."""
        notice = self.notice
        if notice:
            self._cookies.clear("notice")
        return notice

    @property
    def last_method(self) -> str | None:
        """How someone last signed in from this browser."""
        return self._cookies.read("seen")

    def remember_method(self, method: str) -> None:
        self._cookies.set("seen", method, YEAR)

    @property
    def plan(self) -> Choice | None:
        return Choice.read(self._cookies.read(PLAN))

    def remember_plan(self, choice: Choice) -> None:
        """For as long as a sign-up may take."""
        self._cookies.set(PLAN, str(choice), FLOW_LIFETIME)

    def forget_plan(self) -> None:
        if self._cookies.read(PLAN):
            self._cookies.clear(PLAN)

    @property
    def currency(self) -> str:
        """What someone chose last, '' for nothing."""
        currency, _ = self._preferences
        return currency if is_known(currency) else ""

    def remember_currency(self, currency: str) -> None:
        if currency != self.currency:
            self._remember_preferences(currency, self._preferences[1])

    @property
    def language(self) -> str:
        """The code of the one that someone chose, or that their account has; '' for none."""
        return self._preferences[1]

    def remember_language(self, code: str) -> None:
        self._remember_preferences(self.currency, code)

    @property
    def _preferences(self) -> tuple[str, str]:
        return parse_preferences(self._cookies.read(PREFERENCES) or "")

    def _remember_preferences(self, currency: str, language: str) -> None:
        self._cookies.set(PREFERENCES, f"{currency}.{language}", YEAR)

    @property
    def _stored_return(self) -> str:
        return (self._cookies.read("return") or "") if self._return is None else self._return

    def _forget_return(self) -> None:
        self._return = ""
        self._cookies.clear("return")


def encode_value(text: str) -> str:
    """Any text as a cookie can hold it."""
    return urlsafe_b64encode(text.encode(errors="replace")).decode().rstrip("=")


def decode_value(value: str) -> str:
    """'' for what `encode_value` did not make."""
    try:
        return urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return ""


# The reader of a request: the language that they chose, or else what the browser prefers, and the
# time zone that its clock is set to.

# Set by `latchkey.js`: without scripts nobody tells us. It holds more than our own values may.
ZONE = "zone"


class LanguageFinder:
    """Never fails: what cannot be read was not said."""

    def __init__(self, languages: Languages, cookies: Cookies) -> None:
        self.languages, self._cookies = languages, cookies
        self._preferences, self._zone = (
            f"{cookies.name(each)}=".encode() for each in (PREFERENCES, ZONE)
        )

    def find_reader(self, scope: Any) -> tuple[Language, str]:
        """The zone is '' where it is not known."""
        accepted, sent = b"", None
        for name, value in scope["headers"]:
            if name == b"accept-language":
                accepted = value
            elif name == b"cookie" and (self._preferences in value or self._zone in value):
                sent = parse_cookies(scope["headers"])
        chosen, zone = self._read(sent) if sent else ("", "")
        code = chosen or self.languages.negotiate(accepted.decode("latin-1"))
        return self.languages.get(code), zone

    def _read(self, sent: dict[str, str | None]) -> tuple[str, str]:
        """Each '' for none, a language that is not offered any more, and no zone of the world."""
        _, chosen = parse_preferences(self._cookies.read(sent, PREFERENCES) or "")
        zone = sent.get(self._cookies.name(ZONE)) or ""
        return (
            chosen if chosen in self.languages.offered else "",
            zone if is_zone(zone) else "",
        )
