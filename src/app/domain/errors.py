"""Refusals: what the product says no to, as values. `web/errors.py` alone answers them.

Every refusal has a stable `code` (for machines), a `message` (for people, in their language where
it is shown) and, where it belongs to one, the `field` it speaks of. A refusal is kept: what was
written before it is committed.
"""

from typing import ClassVar

from app.domain.i18n import Text, _


class Refusal(Exception):
    """Base of the six kinds. `status` is the HTTP status RFC 9110 gives the kind. `is_question`:
    nothing was wrong, so a page asks for more and shows no error. `limit`: the name, in the table
    of limits, of the one that said no.
    """

    status: ClassVar[int] = 422
    is_question: ClassVar[bool] = False
    code: ClassVar[str] = "refused"
    message: Text = _("That didn’t work.")
    field: str | None = None
    limit: str = ""

    def __init__(self, message: Text | None = None, *, field: str | None = None) -> None:
        self.message = message or type(self).message
        self.field = field or type(self).field
        super().__init__(self.code)


class Rejected(Refusal):
    """The input cannot be accepted as it is; the same form is shown again."""

    status = 422


class Unauthenticated(Refusal):
    """No valid session. A page leads to sign-in, JSON answers 401."""

    status = 401
    code = "unauthenticated"
    message = _("Sign in to continue.")


class Forbidden(Refusal):
    """The request did not come from our own page (CSRF)."""

    status = 403
    code = "forbidden"
    message = _("This page was open for too long. Check your answer and send it again.")


class Conflict(Refusal):
    """What was asked for is taken or has changed meanwhile; the same form is shown again."""

    status = 409


class OutOfStep(Refusal):
    """The step is not the current one. A page leads to the step that is."""

    status = 409
    code = "out_of_step"
    message = _("You already did this in another tab. Here’s where you are now.")

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step


class TooMany(Refusal):
    """A limit was reached. `retry_after` is in seconds; None where the wait is not told."""

    status = 429

    def __init__(
        self,
        message: Text | None = None,
        *,
        field: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """Something we depend on does not answer. `retry_after` is in seconds. `reason` is its own
    words, for operators: no URL, no secret, nothing that a person typed. `lost` says that the
    connection broke or the work was undone for someone else's: the same again may well do.
    """

    status = 503
    code = "unavailable"
    message = _("We can’t do this right now. Nothing was lost. Try again in a minute.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        field: str | None = None,
        retry_after: int | None = 30,
        reason: str = "",
        lost: bool = False,
    ) -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after
        self.reason = reason
        self.lost = lost
