"""What a browser keeps for us from one page to the next: where to go on, what to tell, what was
typed. None of it is trusted: it leads, tells and fills in, and opens nothing.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request

from app.web.answer import Headers
from app.web.asked import Asked
from app.web.cookies import sent_cookies
from app.web.manners import Manners
from app.web.return_to import safe_return

# Seconds. Longer than a sign-up is kept, so that who comes back too late can be told so.
FLOW_LIFETIME = 48 * 3600
RETURN_LIFETIME = 3600  # as a sign-in takes; a sign-up has as long again by each proof
NOTICE_LIFETIME = 60
TYPED_LIFETIME = 600
YEAR = 365 * 86_400
MOST_TYPED = 600  # characters; what is longer than any address is not worth filling in again


class Kept(Asked):
    """Cookies to set gather in `cookies_to_set`."""

    __slots__ = ("_manners", "_return", "_sent", "cookies_to_set")

    def __init__(self, request: Request[Any, Any, Any], manners: Manners) -> None:
        super().__init__(request, manners.trusted_proxies)
        self._manners = manners
        self._sent = sent_cookies(request.scope["headers"])  # type: ignore[arg-type]
        self.cookies_to_set: Headers = []
        self._return: str | None = None  # once it was set or taken by this visit

    def opened(self) -> None:
        """The first page of a sign-in or sign-up: `return_to` says where to go after it. Opened
        plainly, it is another one than was begun before; `instead`, another way of the same.
        """
        wanted = self.asked.get("return_to")
        if wanted:
            self.remember_return(wanted)
        elif self._kept_return and "instead" not in self.asked:
            self._forget_return()

    def remember_return(self, wanted: str) -> None:
        """Where to go once signed in, through however many steps that takes."""
        self._return = packed(safe_return(wanted))
        self.keep("return", self._return, RETURN_LIFETIME)

    def prolong_return(self) -> None:
        """A sign-up goes on, which may take long."""
        if self._kept_return:
            self.keep("return", self._kept_return, FLOW_LIFETIME)

    def return_taken(self, default: str) -> str:
        """Where to go now, for the last time; only ever a path of ours."""
        kept = self._kept_return
        if not kept:
            return default
        self._forget_return()
        return safe_return(unpacked(kept))

    def keep_typed(self, **fields: str) -> None:
        """For a form that is to be filled in again on a page to come; never a password or code."""
        typed = urlencode(fields)
        if any(fields.values()) and len(typed) <= MOST_TYPED:
            self.keep("typed", packed(typed), TYPED_LIFETIME)

    def typed(self, name: str) -> str:
        """What was typed a while ago, '' for nothing."""
        return dict(parse_qsl(unpacked(self.cookie("typed") or ""))).get(name, "")

    def forget_typed(self) -> None:
        """It was sent."""
        if self.cookie("typed"):
            self.drop("typed")

    def notify(self, notice: str) -> None:
        """To be told once, on the next page."""
        self.keep("notice", notice, NOTICE_LIFETIME)

    @property
    def notice(self) -> str | None:
        """What the step before left to be told here."""
        return self.cookie("notice")

    def notice_taken(self) -> str | None:
        """The notice, for the last time."""
        notice = self.notice
        if notice:
            self.drop("notice")
        return notice

    @property
    def last_method(self) -> str | None:
        """How somebody last signed in from this browser."""
        return self.cookie("seen")

    @property
    def _kept_return(self) -> str:
        return (self.cookie("return") or "") if self._return is None else self._return

    def _forget_return(self) -> None:
        self._return = ""
        self.drop("return")

    def cookie(self, name: str) -> str | None:
        return self._manners.cookies.read(self._sent, name)

    def keep(self, name: str, value: str, max_age: int | None = None) -> None:
        self.cookies_to_set.append(self._manners.cookies.set(name, value, max_age))

    def drop(self, name: str) -> None:
        self.cookies_to_set.append(self._manners.cookies.clear(name))


def packed(text: str) -> str:
    """Any text as a cookie can hold it."""
    return urlsafe_b64encode(text.encode(errors="replace")).decode().rstrip("=")


def unpacked(value: str) -> str:
    """'' for what `packed` did not make."""
    try:
        return urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return ""
