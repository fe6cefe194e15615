"""Forms: fields by name, read strictly, and only from pages of ours (CSRF)."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException, HTTPException

from app.domain.errors import Forbidden, Rejected
from app.domain.i18n import _
from app.domain.keys import Signer

FORM = b"application/x-www-form-urlencoded"
EVERYWHERE = ("csrf_token", "return_to", "plan")
MOST_FIELDS = 200  # of any kind: browsers and their extensions add some of their own


class BadForm(Rejected):
    """Not what our page sends: a field of ours twice, or as a list."""

    code = "bad_form"


class WrongContentType(HTTPException):
    status_code = 415


@dataclass(frozen=True, slots=True)
class FormCheck:
    """What says whether a form is ours, beside what was typed, and where to go on after it.
    `problem` is raised only once the page to show it on is known.
    """

    csrf_token: str = ""
    return_to: str = ""
    problem: BadForm | None = None


@dataclass(frozen=True, slots=True)
class Form:
    fields: dict[str, str]
    check: FormCheck

    def __getitem__(self, name: str) -> str:
        """What was typed; '' for a field that was left out."""
        return self.fields.get(name, "")


async def read_form(request: Request[Any, Any, Any], names: tuple[str, ...]) -> Form:
    """The fields of a posted form; what nobody asked for is left out. Raises 413, 415, and 400 for
    a body that is no form.
    """
    given = dict(request.scope["headers"]).get(b"content-type", b"")
    kind = given.partition(b";")[0].strip().lower()
    if kind != FORM:
        raise WrongContentType
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise ClientException("not a form") from error
    ours = [(name, value) for name, value in pairs if _plain(name) in (*names, *EVERYWHERE)]
    fields: dict[str, str] = {}
    for name, value in ours:
        fields.setdefault(name, value)
    problem = _problem([name for name, _ in ours], names)
    token, return_to = (fields.pop(name, "") for name in ("csrf_token", "return_to"))
    return Form(fields, FormCheck(token, return_to, problem))


def _problem(given: list[str], names: tuple[str, ...]) -> BadForm | None:
    """Told beside the form's own field when that is the one, as in `phone=1&phone=2`."""
    wrong = {_plain(name) for name in given if given.count(name) > 1 or "[" in name}
    if not wrong:
        return None
    own = next(iter(names), None)
    return BadForm(
        _("One of the answers arrived twice. Check what you typed and send it again."),
        field=own if own in wrong else None,
    )


def _plain(name: str) -> str:
    """`phone` for `phone[]`, as a list of it is called."""
    return name.partition("[")[0]


# CSRF: a token bound to flow or session, and the browser's own word on where a form is from.

MASK = 32  # bytes, as long as what is masked


class StaleForm(Forbidden):
    """It is from our own site, and its token from before the browser's flow was renewed."""

    code = "stale_form"


class CookiesOff(Forbidden):
    """The browser sent no cookie of ours, though the page with the form had set one: it keeps none,
    or the page was open for longer than a cookie lives.
    """

    code = "cookies_off"
    message = _(
        "Your browser didn’t send our cookie, which remembers where you are. Turn on cookies for"
        " this site if they’re off, then send this again."
    )


class Csrf:
    """`keys`: the first makes tokens, all check them. `origin` is that of `BASE_URL`."""

    def __init__(self, keys: Sequence[bytes], origin: str) -> None:
        self._signer, self._origin = Signer(keys), origin.encode()

    def issue_token(self, binding: str) -> str:
        """Different in every answer, so that compression gives nothing away (BREACH)."""
        mask = secrets.token_bytes(MASK)
        return urlsafe_b64encode(mask + _xor(mask, self._signer.sign(binding.encode()))).decode()

    def accepts(self, token: str, binding: str) -> bool:
        try:
            raw = urlsafe_b64decode(token)
        except ValueError:
            return False
        if len(raw) != 2 * MASK:
            return False
        return self._signer.verifies(_xor(raw[:MASK], raw[MASK:]), binding.encode())

    def is_own(self, headers: dict[bytes, bytes], *, has_token: bool = True) -> bool:
        """`Sec-Fetch-Site` cannot be set by a page. Browsers without it (WebKit before 16.4, or
        behind proxies that drop it) send an `Origin`, which may be a bare `null`: that says nothing
        either way, and the form's token and the flow cookie decide, as they do for every form that
        has a token; one without is not ours then.
        """
        site = headers.get(b"sec-fetch-site")
        if site:
            return site == b"same-origin"
        origin = headers.get(b"origin")
        return origin == self._origin or (has_token and origin == b"null")


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(MASK)
