"""The words of the limits of sends and guesses: what a person is told, and when to come back."""

import logging
from typing import TypeVar

from app.domain.errors import Refusal, TooMany, Unavailable
from app.domain.i18n import _
from app.domain.metrics import LIMITS
from app.domain.moments import Wait

log = logging.getLogger("app.limits")
R = TypeVar("R", bound=Refusal)


def note_limit(limit: str, **facts: str) -> None:
    """The limit of that name in the table says no: metrics count it, and the log tells of it."""
    LIMITS.add(limit)
    log.info("limit reached", extra={"limit": limit, **facts})


def name_limit(refusal: R, limit: str, **facts: str) -> R:
    """The same, where `refusal` is the answer."""
    note_limit(limit, code=refusal.code, **facts)
    refusal.limit = limit
    return refusal


class TooSoon(TooMany):
    """Asked again before the wait between two sends was over."""

    code = "too_soon"

    def __init__(self, seconds: int) -> None:
        sentence = _("You can ask again %(when)s.", when=Wait(seconds))
        super().__init__(sentence, retry_after=seconds)


class TooManySends(TooMany):
    """An hourly or daily cap of one person's; how long it lasts is not told (contract 9.9)."""

    code = "too_many_sends"
    message = _("That’s as many codes as we can send for now. Try again later, or another way.")


class TooManyGuesses(TooMany):
    code = "too_many_guesses"

    def __init__(self, seconds: int) -> None:
        wait = Wait.in_minutes(seconds)
        sentence = _("Too many wrong codes. Try again %(when)s.", when=wait)
        super().__init__(sentence, field="code", retry_after=wait.seconds)


class TextsStopped(Unavailable):
    """No texts go there now: nobody's fault who asks now. `email_helps`: a stranger who has proved
    an e-mail address is sent one, `wait` seconds after that.
    """

    code = "texts_stopped"
    message = _("We can’t send texts to that number today. Nothing was lost. Try again tomorrow.")

    def __init__(self, *, email_helps: bool = False, wait: int = 0) -> None:
        super().__init__(retry_after=None)
        self.email_helps, self.wait = email_helps, wait


class MailsStopped(Unavailable):
    """The day's mails are spent."""

    code = "mails_stopped"
    message = _("We can’t send more e-mail today. Nothing was lost. Try again tomorrow.")


SEND_LIMITS = (TooMany, TextsStopped, MailsStopped)  # whatever a limit of sends says
