"""Pages: one template a screen, in a shell that is the whole document or the inside of `<main>`."""

import zlib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.domain.errors import Refusal
from app.web.answer import Answer, Headers
from app.web.asked import Asked
from app.web.assets import Assets
from app.web.notices import NOTICES
from app.web.sheets import GAP, Sheet
from app.web.visit import Visit

PARTIALS = Path(__file__).parents[1] / "partials"
PRODUCT = "Latchkey"

WORTH_ZIPPING = 500  # bytes
TYPE = (b"content-type", b"text/html; charset=utf-8")
HTML: Headers = [TYPE, (b"vary", b"HX-Request, Accept-Encoding")]
ZIPPED = (b"content-encoding", b"gzip")
PRIVATE: Headers = [*HTML, (b"cache-control", b"no-store")]
# What is kept must not be taken for the other of the two that htmx asks for.
PUBLIC: Headers = [
    TYPE,
    (b"vary", b"HX-Request, HX-Request-Type, Accept-Encoding"),
    (b"cache-control", b"public, max-age=60"),
]


def template_environment(assets: Assets, *, live: bool, base_url: str = "") -> Environment:
    """Undefined names raise everywhere; `live` reads a template again when it has changed."""
    environment = _Environment(
        loader=FileSystemLoader(PARTIALS),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        auto_reload=live,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.globals |= {
        "asset": assets.url,
        "product": PRODUCT,
        "base_url": base_url,
        "lang": "en",
        "dir": "ltr",
        "refusal": None,
        "reference": None,
    }
    return environment


class _Environment(Environment):
    """With all globals in one dictionary: the chain of two that Jinja makes, for templates to have
    some of their own, costs a page a fifth of its time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


class Pages:
    """Renders screens. The shell is chosen here and nowhere else."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._sheets: dict[tuple[str, str, tuple[bool, ...]], Sheet] = {}
        # Loaded now, so that a broken or missing one stops the start and not a person.
        for name in environment.list_templates(extensions=["html", "txt"]):
            environment.get_template(name)

    def page(
        self,
        visit: Visit,
        template: str,
        context: Mapping[str, Any],
        refusal: Refusal | None = None,
        status: int | None = None,
    ) -> Answer:
        """`context` is what the template documents; a `refusal` sets status and `Retry-After`."""
        notice = visit.notice_taken()
        body = self._environment.get_template(template).render(
            context,
            shell=_shell(visit),
            csrf_token=_CsrfToken(visit),
            notice=NOTICES.get(notice or ""),
            refusal=refusal,
        )
        if status is None:
            status = refusal.status if refusal else 200
        return _answer(visit, status, body, [*PRIVATE, *_retry_after(refusal)])

    def blank_page(
        self, visit: Visit, template: str, context: Mapping[str, Any], *kind: bool
    ) -> Answer:
        """A page with nothing of the person's in it but the form token: made once for each `kind`,
        which says all that `context` may differ by.
        """
        if visit.notice:
            return self.page(visit, template, context)
        sheet = self._kept(visit, template, {**context, "csrf_token": GAP}, kind)
        token = visit.csrf_token().encode() if sheet.has_gap else b""
        headers = [*PRIVATE, *visit.cookies_to_set]
        return sheet_answer(visit.takes_gzip, sheet, token, headers)

    def public_page(self, visit: Visit, template: str, context: Mapping[str, Any]) -> Answer:
        """The same for everybody: cacheable, without form, notice or cookie."""
        return sheet_answer(visit.takes_gzip, self._kept(visit, template, context, ()), b"", PUBLIC)

    def sheet(self, asked: Asked, template: str, context: Mapping[str, Any]) -> Sheet:
        """A page that is the same for everybody, for whoever knows how long it stays so."""
        template_ = self._environment.get_template(template)
        return Sheet(template_.render(context, shell=_shell(asked), notice=None))

    @property
    def live(self) -> bool:
        """Whether templates are read again when they change."""
        return bool(self._environment.auto_reload)

    def _kept(
        self, visit: Visit, template: str, context: Mapping[str, Any], kind: tuple[bool, ...]
    ) -> Sheet:
        key = (template, _shell(visit), kind)
        sheet = self._sheets.get(key)
        if sheet is None or self.live:
            sheet = self._sheets[key] = self.sheet(visit, template, context)
        return sheet

    def fragment(self, visit: Visit, template: str, context: Mapping[str, Any]) -> Answer:
        """A piece that has its own URL and no shell."""
        body = self._environment.get_template(template).render(context)
        return _answer(visit, 200, body, [*PRIVATE])


class _CsrfToken:
    """Made when a template asks for it: a page without a form sets no cookie."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def __html__(self) -> str:
        return self._visit.csrf_token()


def _shell(asked: Asked) -> str:
    return "_shell/fragment.html" if asked.is_fragment else "_shell/document.html"


def _answer(visit: Visit, status: int, text: str, headers: Headers) -> Answer:
    body = text.encode(errors="replace")
    headers += visit.cookies_to_set
    if visit.takes_gzip and len(body) > WORTH_ZIPPING:
        body = _zipped(body)
        headers.append(ZIPPED)
    return Answer(status, body, headers)


def sheet_answer(takes_gzip: bool, sheet: Sheet, token: bytes, headers: Headers) -> Answer:
    if takes_gzip:
        return Answer(200, sheet.zipped(token), [*headers, ZIPPED])
    return Answer(200, sheet.plain(token), [*headers])


def _zipped(body: bytes) -> bytes:
    """gzip, with a window of 8 KiB: pages are smaller, and the usual one takes long to prepare."""
    packer = zlib.compressobj(5, wbits=16 + 13, memLevel=6)
    return packer.compress(body) + packer.flush()


def _retry_after(refusal: Refusal | None) -> Headers:
    seconds = getattr(refusal, "retry_after", None)
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]
