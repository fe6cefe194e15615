"""Outages of what we depend on, in the log: when one begins, what it says, and when it is over."""

import logging
import os
import re
import ssl
from math import inf
from time import monotonic

AGAIN = 60.0  # seconds until the same words are told again
RESUMED = 2.0  # seconds without a refusal, after which one more commit says that it takes writes
HIDDEN = re.compile(
    r"[a-z]+://\S+|\S+@\S+|\+?[0-9][0-9 ().-]{5,}[0-9]|\b[A-Z]{2}[0-9a-fA-F]{32}\b|\bSG\.\S+"
)
ERRNO = re.compile(r"\[Errno ([0-9]+)\]")

log = logging.getLogger("app.outages")
# A command has no log: it says what is wrong itself.
log.addHandler(logging.NullHandler())


class Outages:
    """Those of one dependency, whose `name` is what operators call it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reason, self._logged_at = "", 0.0

    def report_failure(self, reason: str) -> None:
        """`reason` is the other side's own words, without URL and secrets."""
        if reason == self._reason and monotonic() - self._logged_at < AGAIN:
            return
        self._reason, self._logged_at = reason, monotonic()
        log.warning("%s is unavailable", self._name, extra={"reason": reason})

    def report_recovery(self) -> None:
        """To be called whenever it answers."""
        if self._reason:
            self._reason = ""
            log.info("%s answers again", self._name)


class RefusedWrites:
    """Of a store that answers and takes no writes: its disk is full, or it may only be read."""

    def __init__(self, name: str) -> None:
        self._name, self._words = name, ""
        self._at = self._logged_at = -inf

    @property
    def words(self) -> str:
        """Why it refused one in the last minute; "" where it did not."""
        return self._words if monotonic() - self._at < AGAIN else ""

    def report_refusal(self, words: str) -> None:
        """In other words for each kind of statement; the log has the first ones of a minute."""
        self._at, self._words = monotonic(), words
        if self._at - self._logged_at >= AGAIN:
            self._logged_at = self._at
            log.warning("%s takes no writes", self._name, extra={"reason": words})

    @property
    def may_be_over(self) -> bool:
        """Not soon after a refusal: what is committed then may have been written before it."""
        return bool(self._words) and monotonic() - self._at > RESUMED

    def note_write(self) -> None:
        """After the commit of one."""
        if self.may_be_over:
            self._words = ""
            log.info("%s takes writes again", self._name)


def describe_error(error: BaseException) -> str:
    """The other side's own words or those of the system, without an address: one line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error.strerror}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return _words_of_system(error)
    return " ".join(str(error).split()) or type(error).__name__


def redact_contacts(words: str) -> str:
    """One line of at most 200 characters, with `…` for numbers, e-mail addresses, ids and URLs."""
    return HIDDEN.sub("…", " ".join(words.split()))[:200]


def _words_of_system(error: OSError) -> str:
    """What asyncio says holds addresses, and where a name has several, all that was tried."""
    number = error.errno
    if number is None and (tried := ERRNO.search(str(error))):
        number = int(tried[1])
    if number and number > 0:
        return os.strerror(number).lower()
    return error.strerror or type(error).__name__
