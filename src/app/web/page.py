"""Pages: one template a screen, in a shell that is the whole document or the inside of `<main>`."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.domain.errors import Refusal
from app.web.answer import Answer, Headers
from app.web.assets import Assets
from app.web.visit import Visit

PARTIALS = Path(__file__).parents[1] / "partials"
PRODUCT = "Latchkey"

# What a person is told once, on the page that follows what they did.
NOTICES = {
    "sent-again": "We sent the code again.",
    "restarted": "We forgot what you entered. You can start again.",
    "forgotten": "That sign-up was too long ago. Start again with your number.",
    "elsewhere": "You already did this in another tab. Here is where you are now.",
    "finished": "Your account is ready.",
    "existing": "You already had an account with this number, so we signed you in.",
}

WORTH_ZIPPING = 500  # bytes
HTML: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"vary", b"HX-Request, Accept-Encoding"),
]
PRIVATE: Headers = [*HTML, (b"cache-control", b"no-store")]
PUBLIC: Headers = [*HTML, (b"cache-control", b"public, max-age=60")]


def template_environment(assets: Assets, *, live: bool) -> Environment:
    """Undefined names raise everywhere; `live` reads a template again when it has changed."""
    environment = Environment(
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
        "lang": "en",
        "dir": "ltr",
        "refusal": None,
        "reference": None,
    }
    return environment


class Pages:
    """Renders screens. The shell is chosen here and nowhere else."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
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

    def public_page(self, visit: Visit, template: str, context: Mapping[str, Any]) -> Answer:
        """The same for everybody: cacheable, without form, notice or cookie."""
        body = self._environment.get_template(template).render(
            context, shell=_shell(visit), notice=None
        )
        return _answer(visit, 200, body, [*PUBLIC])

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


def _shell(visit: Visit) -> str:
    return "_shell/fragment.html" if visit.is_fragment else "_shell/document.html"


def _answer(visit: Visit, status: int, text: str, headers: Headers) -> Answer:
    body = text.encode(errors="replace")
    headers += visit.cookies_to_set
    if visit.takes_gzip and len(body) > WORTH_ZIPPING:
        body = gzip.compress(body, 5, mtime=0)
        headers.append((b"content-encoding", b"gzip"))
    return Answer(status, body, headers)


def _retry_after(refusal: Refusal | None) -> Headers:
    seconds = getattr(refusal, "retry_after", None)
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]
