"""`/dev/gallery`: each template in each state, in any language, scheme, width and size of text."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException

from app.dev.access import from_this_machine
from app.dev.design import read_header
from app.dev.examples import list_examples
from app.dev.flow_examples import Example
from app.dev.middleware import html_response, mail_response
from app.dev.rendering import (
    PSEUDO,
    PSEUDO_NAMES,
    Rendered,
    files_of,
    find_example,
    find_language,
    is_message,
    is_page,
    render,
)
from app.domain.delivery.segments import count_segments
from app.domain.i18n import current_language, reading
from app.domain.languages import Languages
from app.web.container import Container
from app.web.response import NO_STORE, HttpResponse

AnyRequest = Request[Any, Any, Any]
PATH = "/dev/gallery"
STYLE = Path(__file__).parent / "gallery.css"
STYLE_PATH = re.compile(r"/[a-z0-9/._-]+\.css")
STYLE_LINK = re.compile(rf'(<link rel="stylesheet" href=")({STYLE_PATH.pattern})"')
DARK = re.compile(r"\(\s*prefers-color-scheme:\s*dark\s*\)")
LINK = re.compile(r'(<a [^>]*href=")(/[a-z0-9/-]*)(?:[?#][^"]*)?"')
CSS = (b"content-type", b"text/css; charset=utf-8")
# What its links say and no template is named by.
ENTRANCES = {
    "/": "home/home.html",
    "/signup": "signup/phone.html",
    "/login": "login/phone.html",
    "/account": "account/account.html",
    "/status": "status/status.html",
}


@dataclass(frozen=True, slots=True)
class Switches:
    """How an example is looked at; '' is as it comes. `text` in percent, `width` in pixels."""

    language: str = ""
    direction: str = ""
    scheme: str = ""
    text: str = ""
    width: str = "390"
    scripts: str = ""

    @classmethod
    def read(cls, query: dict[str, str]) -> "Switches":
        known = {name: query[name] for name in cls.__dataclass_fields__ if name in query}
        fine = {name: value for name, value in known.items() if re.fullmatch(r"[\w-]{0,20}", value)}
        return cls(**fine)

    @property
    def query(self) -> str:
        """Of those that were changed."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


def switch_choices(languages: Languages) -> dict[str, list[tuple[str, str]]]:
    """Of each switch: value and words."""
    known = [(language.code, language.name) for language in languages]
    return {
        "language": [("", "As the browser asks"), *known, *PSEUDO_NAMES.items()],
        "direction": [("", "Of the language"), ("ltr", "Left to right"), ("rtl", "Right to left")],
        "scheme": [("", "Of the system"), ("light", "Light"), ("dark", "Dark")],
        "width": [(width, f"{width} px") for width in ("320", "390", "768", "1280")],
        "text": [("", "100 %"), ("200", "200 %")],
        "scripts": [("", "With scripts"), ("off", "Without scripts")],
    }


def address_of(example: Example, switches: Switches) -> str:
    """Of an example by itself, as a frame or a test opens it."""
    named = urlencode({"template": example.template, "state": example.state})
    has_own_styles = is_message(example) or example.template.endswith("last_resort.html")
    shown = "mail" if has_own_styles else "show"
    return f"{PATH}/{shown}?{named}&{switches.query}"


class GalleryController(Controller):
    path = "/dev"
    include_in_schema = False
    guards = [from_this_machine]

    @get("/gallery")
    async def show_gallery(self, request: AnyRequest) -> HttpResponse:
        """All examples, or one of them in its frame."""
        container, query = Container.from_request(request), dict(request.query_params)
        switches = Switches.read(query)
        values = {
            "switches": asdict(switches),
            "choices": switch_choices(container.language_finder.languages),
            "query": switches.query,
            "folders": list(_by_folder(list_examples())),
            "example": None,
        }
        if query.get("template"):
            values |= _shown(request, query, switches)
        return container.pages.render_page(
            container.get_context(request.scope), "dev/gallery.html", values
        )

    @get("/gallery.json")
    async def list_addresses(self, request: AnyRequest) -> HttpResponse:
        """For tests that look at all of them: in the language and with the switches asked for."""
        switches = Switches.read(dict(request.query_params))
        languages = Container.from_request(request).language_finder.languages
        found = [
            {
                "template": example.template,
                "state": example.state,
                "kind": _kind(example),
                "address": address_of(example, switches),
            }
            for example in list_examples()
        ]
        listed = {"languages": [*languages.offered, *PSEUDO], "examples": found}
        kind = (b"content-type", b"application/json")
        return HttpResponse(200, msgspec.json.encode(listed), [kind, NO_STORE])

    @get("/gallery/show")
    async def show_example(self, request: AnyRequest) -> HttpResponse:
        switches = Switches.read(dict(request.query_params))
        _, rendered = _render(request, dict(request.query_params), switches)
        return html_response(_adapt(rendered.html, switches))

    @get("/gallery/mail")
    async def show_mail(self, request: AnyRequest) -> HttpResponse:
        """What has its styles in it."""
        switches = Switches.read(dict(request.query_params))
        _, rendered = _render(request, dict(request.query_params), switches)
        return mail_response(force_scheme(rendered.html, switches.scheme))

    @get("/gallery/style")
    async def show_style(self, request: AnyRequest) -> HttpResponse:
        """The style sheet `sheet`, as if the browser wanted the scheme, and the size of text."""
        query = dict(request.query_params)
        switches, path = Switches.read(query), query.get("sheet", "")
        if not STYLE_PATH.fullmatch(path):
            raise NotFoundException
        css = force_scheme(await _fetch(request, path), switches.scheme)
        if switches.text.isdecimal():
            css += f"\nhtml{{font-size:{switches.text}%}}"
        return HttpResponse(200, css.encode(), [CSS, NO_STORE])

    @get("/gallery.css")
    async def show_own_style(self) -> HttpResponse:
        return HttpResponse(200, STYLE.read_bytes(), [CSS, NO_STORE])


async def _fetch(request: AnyRequest, path: str) -> str:
    """What this server answers there, wherever its brand keeps it. Raises `NotFoundException`."""
    scope: Any = {
        **request.scope,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "state": {},
    }
    parts: list[bytes] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message.get("status", 200) != 200:
            raise NotFoundException
        parts.append(message.get("body", b""))

    await request.app.asgi_router(scope, receive, send)
    return b"".join(parts).decode()


def _shown(request: AnyRequest, query: dict[str, str], switches: Switches) -> dict[str, Any]:
    """What the page of one example needs."""
    example, rendered = _render(request, query, switches)
    templates = Container.from_request(request).pages.templates
    of_template = [one for one in list_examples() if one.template == example.template]
    files = files_of(example)
    return {
        "example": example,
        "kind": _kind(example),
        "address": address_of(example, switches),
        "states": [one.state for one in of_template],
        "files": [templates.get(file).filename for file in files],
        "header": read_header(templates.get(files[-1]).filename),
        "given": sorted(example.values),
        "rendered": rendered,
        "segments": count_segments(rendered.text) if _kind(example) == "text" else None,
    }


def _render(
    request: AnyRequest, query: dict[str, str], switches: Switches
) -> tuple[Example, Rendered]:
    """Raises `NotFoundException`, and what a template does."""
    container = Container.from_request(request)
    finder = container.language_finder
    asked = switches.language
    language = find_language(finder.languages, asked) if asked else current_language.get()
    with reading(language):
        example = find_example(query.get("template", ""), query.get("state", ""))
        if example is None:
            raise NotFoundException
        return example, render(container.pages.templates, example, switches.direction)


def _adapt(html: str, switches: Switches) -> str:
    """With the style sheets that the switches ask for, and links to other examples."""
    html = force_scheme(html, switches.scheme)
    query = switches.query.replace("&", "&amp;")
    if switches.scheme or switches.text:
        html = STYLE_LINK.sub(rf'\1{PATH}/style?sheet=\2&amp;{query}"', html)
    pages = {example.template for example in list_examples() if is_page(example)}

    def lead(found: re.Match[str]) -> str:
        path = found[2]
        template = ENTRANCES.get(path) or f"{path.strip('/').replace('-', '_')}.html"
        named = f"template={template}&amp;{query}"
        return f'{found[1]}{PATH}/show?{named}"' if template in pages else found[0]

    return LINK.sub(lead, html)


def force_scheme(text: str, scheme: str) -> str:
    """`text` is HTML or CSS; `scheme` is '' for what the system wants."""
    if scheme not in ("light", "dark"):
        return text
    text = DARK.sub("(min-width: 0)" if scheme == "dark" else "(max-width: 0)", text)
    return text.replace("light dark", scheme)


def _by_folder(examples: list[Example]) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Folders with their templates and the states of each."""
    ordered = sorted(examples, key=lambda each: each.template.rpartition("/")[::2])
    for folder, inside in groupby(ordered, key=lambda each: each.template.rpartition("/")[0]):
        of_one = groupby(inside, key=lambda each: each.template)
        yield folder, [(name, [one.state for one in found]) for name, found in of_one]


def _kind(example: Example) -> str:
    if is_message(example):
        return "text" if example.template.endswith(".txt") else "mail"
    return "page" if is_page(example) else "fragment"
