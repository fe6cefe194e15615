"""Pages: one template a screen, in a shell that is the whole document or the inside of `<main>`."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from app.domain.errors import Refusal
from app.domain.i18n import N_, LazyText, Text, _, current_language
from app.domain.rollback import SENTENCES
from app.web.brand import Brand
from app.web.fast_pages import PLACEHOLDER, PrerenderedPage
from app.web.request_context import RequestContext
from app.web.request_info import RequestInfo
from app.web.response import HTML_TYPE, NO_STORE, Headers, HttpResponse
from app.web.templates import Templates

NOTICES: dict[str, Text] = {
    "sent-again": _("We sent the code again."),
    "calling": _("We’re calling you with the code."),
    "new-code": _("We sent a new code."),
    "restarted": _("We’ve cleared what you entered. You can start over."),
    "forgotten": _("That sign-up has expired. Start again with your number."),
    "prove-again": _("Confirm your number once more to continue."),
    "elsewhere": _("You already did this in another tab. Here’s where you are now."),
    "code-sent": _("We texted you a code."),
    "code-mailed": _("We e-mailed you a code."),
    "confirmed": _("Thanks. You can continue."),
    "signed-out": _("You’re signed out."),
    "signed-out-elsewhere": _("You were signed out."),
    "password-changed": _("Password changed. You’re signed out everywhere else."),
    "password-set": _("Password saved. You’re signed out everywhere else."),
    "deleted": _("Your account was deleted."),
    "session-ended": _("That session has ended."),
    "others-ended": _("All other sessions have ended."),
    "recovery-over": _(
        "Start again with your e-mail address. A code from us counts for 30 minutes."
    ),
    "password-reset": _("Password changed. Sign in with the new one."),
    "password-changed-elsewhere": _("Your password was changed in another tab. Sign in with that."),
    "no-account": _("There’s no account with that address any more."),
    "phone-added": _("Number added."),
    "phone-changed": _("Number changed."),
    "email-added": _("E-mail address added."),
    "email-changed": _("E-mail address changed."),
    "change-cancelled": _("Change cancelled. Nothing was changed."),
    "confirmed-without-phone": _(
        "Thanks. You can continue. What you change now waits for 24 hours."
    ),
    "confirmation-requested": _(
        "We’ve told your phone and your e-mail address. See below when you can confirm without your"
        " phone."
    ),
    "confirmation-waits": _(
        "You’ve asked for this before. See below when you can confirm without your phone."
    ),
    "change-delayed": _("The change waits for 24 hours. You can stop it here until then."),
    "no-delayed-change": _("That change is no longer waiting."),
    "no-change": _("Nothing is waiting for a code."),
    "change-undone": _("Change undone."),
    "plan-gone": _("The plan you picked is no longer offered. You can choose another at any time."),
    "plan-given-up": _("Plan removed."),
    "plan-chosen": _("Plan saved."),
    "known": _("You already have an account, so we signed you in."),
    "not-linked": _("That login isn’t linked. You can link it in your account."),
    "identity-removed": _("That login no longer opens your account."),
    "existing": _("You already had an account with this number, so we signed you in."),
    **{str(fact): sentence for fact, sentence in SENTENCES.items()},
}
LINKED = N_("You can now sign in with %(auth0_label)s.")

NOTHING: Mapping[str, Any] = MappingProxyType({})
WORTH_ZIPPING = 500  # bytes
HTML: Headers = [HTML_TYPE, (b"vary", b"HX-Request, Cookie, Accept-Language, Accept-Encoding")]
ZIPPED = (b"content-encoding", b"gzip")
GZIP = 31  # of zlib: with the header of gzip
PRIVATE: Headers = [*HTML, NO_STORE]
# Of pages that caches may keep, and instead of that where they are someone's.
PUBLIC: Headers = [
    HTML_TYPE,
    (b"vary", b"HX-Request, HX-Request-Type, Accept-Encoding, Cookie, Accept-Language"),
]
PERSONAL = (b"cache-control", b"private, no-store")


# Of a page that is kept: language, template, shell, and the names, values and types of its context.
Key = tuple[str, str, str, tuple[str, ...], tuple[object, ...], tuple[type, ...]]
SMALL_NUMBERS = range(10)
MOST_KEPT = 200  # pages; there are some thirty


class PersonalContext(Exception):
    """A page is to be kept for everybody, and its context may be someone's. It names the value's
    name and type, never the value.
    """


class Pages:
    """Renders screens. The shell is chosen here and nowhere else."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._notices = NOTICES | {
            "linked": _(LINKED, auth0_label=LazyText(templates.auth0_label, {}))
        }
        self._prerendered: dict[Key, PrerenderedPage] = {}

    def render_page(
        self,
        context: RequestContext,
        template: str,
        values: Mapping[str, Any],
        refusal: Refusal | None = None,
        status: int | None = None,
        caching: tuple[bytes, bytes] = NO_STORE,
    ) -> HttpResponse:
        """`values` is what the template documents; a `refusal` sets status and `Retry-After`."""
        notice = context.remembered.take_notice()
        body = self._templates.get(template).render(
            values,
            shell=_shell(context.info),
            csrf_token=_CsrfToken(context),
            signed_in_as=context.signed_in_as,
            notice=self._notice_texts(notice),
            refusal=None if refusal and refusal.is_question else refusal,
        )
        if status is None:
            status = refusal.status if refusal else 200
        return _response(context, status, body, [*HTML, caching, *_retry_after(refusal)])

    def render_prerendered(
        self,
        context: RequestContext,
        template: str,
        values: Mapping[str, Any],
        shared: Mapping[str, Any] = NOTHING,
    ) -> HttpResponse:
        """A page with nothing of the person's in it but the form token: made once for each
        `values`. Raises `PersonalContext` for one that may be a person's; `shared` is what is the
        same for everybody, such as the steps of a flow.
        """
        if context.remembered.notice or context.signed_in_as is not None:
            return self.render_page(context, template, {**values, **shared})
        prerendered = self._prerendered_page(
            context, template, {**values, "csrf_token": PLACEHOLDER}, shared
        )
        token = context.new_csrf_token().encode() if prerendered.has_placeholder else b""
        headers = [*PRIVATE, *context.cookies.to_set]
        return prerendered_response(context.info.accepts_gzip, prerendered, token, headers)

    def render_public(
        self,
        context: RequestContext,
        template: str,
        shared: Mapping[str, Any],
        caching: tuple[bytes, bytes],
        *,
        is_kept: bool = True,
    ) -> HttpResponse:
        """A page that is the same for everybody, by `shared`, and that caches may keep; for whoever
        is signed in, with their header. `is_kept`: made once a language, as its `shared` is one
        object that stays.
        """
        if context.remembered.notice or context.signed_in_as is not None:
            return self.render_page(context, template, shared, caching=PERSONAL)
        if is_kept:
            page = self._prerendered_page(context, template, NOTHING, shared)
        else:
            page = self.prerender(context.info, template, shared)
        return prerendered_response(context.info.accepts_gzip, page, b"", [*PUBLIC, caching])

    def prerender(
        self, request_info: RequestInfo, template: str, values: Mapping[str, Any]
    ) -> PrerenderedPage:
        """A page that is the same for everybody, for whoever knows how long it stays so."""
        template_ = self._templates.get(template)
        return PrerenderedPage(template_.render(values, shell=_shell(request_info), notice=None))

    @property
    def brand(self) -> Brand:
        return self._templates.brand

    @property
    def templates(self) -> Templates:
        return self._templates

    @property
    def is_live(self) -> bool:
        """Whether templates are read again when they change."""
        return self._templates.is_live

    def _prerendered_page(
        self,
        context: RequestContext,
        template: str,
        values: Mapping[str, Any],
        shared: Mapping[str, Any] = NOTHING,
    ) -> PrerenderedPage:
        """Kept under the whole context, so that no page is ever shown in place of another."""
        whole = {**values, **shared}
        key = _key(template, _shell(context.info), whole)
        prerendered = self._prerendered.get(key)
        if prerendered is None or self.is_live:
            _require_impersonal(template, values)
            if len(self._prerendered) >= MOST_KEPT:
                self._prerendered.clear()
            prerendered = self._prerendered[key] = self.prerender(context.info, template, whole)
        return prerendered

    def _notice_texts(self, notices: str | None) -> str:
        """In words, what `set_notices` was given. The cookie is anybody's to write: what is not in
        the table is not repeated.
        """
        given = (notices or "").split(".")
        return Markup(" ").join(self._notices[one] for one in given if one in self._notices)

    def render_fragment(
        self, context: RequestContext, template: str, values: Mapping[str, Any]
    ) -> HttpResponse:
        """A piece that has its own URL and no shell."""
        body = self._templates.get(template).render(values, csrf_token=_CsrfToken(context))
        return _response(context, 200, body, [*PRIVATE])


def _key(template: str, shell: str, values: Mapping[str, Any]) -> Key:
    """Types too: True is equal to 1. Raises `PersonalContext` for what cannot be compared."""
    held = tuple(values.values())
    language = current_language.get().code
    key = (language, template, shell, tuple(values), held, tuple(map(type, held)))
    try:
        hash(key)
    except TypeError as error:
        raise PersonalContext(f"{template}: {error}") from error
    return key


def _require_impersonal(template: str, values: Mapping[str, Any]) -> None:
    """Flags, small numbers and what is empty say nothing about a person; a gap is filled later."""
    for name, value in values.items():
        if value and value is not PLACEHOLDER and value not in SMALL_NUMBERS:  # True is 1
            raise PersonalContext(f"{template}: {name} is {type(value).__name__}")


class _CsrfToken:
    """Made when a template asks for it: a page without a form sets no cookie. All forms of a page
    have the same, since what is random is sent as it is: 70 bytes each.
    """

    def __init__(self, context: RequestContext) -> None:
        self._context, self._token = context, ""

    def __html__(self) -> str:
        self._token = self._token or self._context.new_csrf_token()
        return self._token


def _shell(request_info: RequestInfo) -> str:
    return "_shell/fragment.html" if request_info.is_fragment else "_shell/document.html"


def _response(context: RequestContext, status: int, text: str, headers: Headers) -> HttpResponse:
    body = text.encode(errors="replace")
    headers += [content_language(), *context.cookies.to_set]
    if context.info.accepts_gzip and len(body) > WORTH_ZIPPING:
        body = zlib.compress(body, level=5, wbits=GZIP)
        headers.append(ZIPPED)
    return HttpResponse(status, body, headers)


def content_language() -> tuple[bytes, bytes]:
    return (b"content-language", current_language.get().code.encode())


def prerendered_response(
    takes_gzip: bool, prerendered: PrerenderedPage, token: bytes, headers: Headers
) -> HttpResponse:
    headers = [*headers, content_language()]
    if takes_gzip:
        return HttpResponse(200, prerendered.render_gzip(token), [*headers, ZIPPED])
    return HttpResponse(200, prerendered.render_plain(token), [*headers])


def _retry_after(refusal: Refusal | None) -> Headers:
    seconds = getattr(refusal, "retry_after", None)
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]
