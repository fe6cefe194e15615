"""Pages for what went wrong: they say what to do next, and never how it looks inside."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from litestar import Litestar

from app.domain.errors import Refusal, Unavailable
from app.domain.i18n import ENGLISH
from app.domain.keys import keys_for
from app.domain.limit_refusals import TooSoon, name_limit
from app.web.cookies import Flows
from app.web.cors import Cors
from app.web.errors import WORDS, PreparedResponse, errors_shown_on
from app.web.middleware import CSP, OuterMiddleware
from app.web.response import HttpResponse, plain_text
from app.web.templates import describe_template_error
from tests.commands.running import PRODUCTION
from tests.pages import LAST_RESORT, LAST_RESORT_CSP, Page
from tests.person import Person
from tests.product import Product

INSIDE = ("Traceback", "Error", "app.", ".py", "NoneType", "litestar", "postgres", "redis")
JARGON = ("404", "405", "500", "503", "HTTP", "server error", "exception", "sorry", "please", "!")
FLOWS = Flows(keys_for("flows", (PRODUCTION["SECRET_KEY"],)))


@pytest.mark.parametrize("status", [404, 405, 415])
def test_an_error_is_a_page_for_a_browser_and_a_fragment_for_htmx(
    product: Product, status: int
) -> None:
    method, path = {404: ("GET", "/no"), 405: ("PUT", "/"), 415: ("POST", "/signup/phone")}[status]
    title, sentence = map(str, WORDS[status])
    for headers, documents in (({}, 1), ({"hx-request": "true"}, 0)):
        answer = Person(product).http.request(method, path, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.count("<html") == documents
        assert title in answer.text
        assert sentence in answer.text
        assert answer.headers["x-request-id"] in answer.text


def test_an_error_page_offers_a_way_on(product: Product) -> None:
    person = Person(product)
    assert 'href="/"' in person.get("/nothing").html
    assert 'href="/signup"' in person.get("/signup/nothing").html
    hostile = person.get("/<script>alert(1)</script>?<b>")
    assert (hostile.status, "<script>alert" in hostile.html) == (404, False)


@pytest.mark.parametrize("status", WORDS)
def test_the_words_of_an_error_are_for_people(status: int) -> None:
    said = "{} {}".format(*WORDS[status])
    assert [word for word in (*INSIDE, *JARGON) if word in said] == []
    assert said.endswith(".")


async def test_a_crash_is_a_page_with_a_reference_and_a_line_in_the_log(
    app: Litestar, https: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.container = replace(app.state.container, signup=None)
    with caplog.at_level(logging.ERROR):
        answer = await https.get(
            "/signup/phone", headers={"cookie": f"__Host-flow=b.{FLOWS.issue()}"}
        )
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["cache-control"] == "no-store"
    assert str(WORDS[500][0]) in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert [word for word in INSIDE if word in answer.text] == []
    [line] = [record for record in caplog.records if record.name == "app.errors"]
    assert line.exc_info
    assert line.exc_info[0] is AttributeError


async def test_a_crash_of_the_error_page_is_still_an_answer(
    app: Litestar, https: httpx.AsyncClient
) -> None:
    app.state.container = None
    answer = await https.get("/signup/phone")
    reference = answer.headers["x-request-id"]
    assert (answer.status_code, answer.content) == (500, LAST_RESORT.render(500, reference))
    assert reference in answer.text
    assert answer.headers["content-security-policy"] == LAST_RESORT_CSP
    head = await https.head("/nothing")
    assert (head.status_code, head.content) == (500, b"")


async def facts_of_refusal(caplog: pytest.LogCaptureFixture, refusal: Refusal) -> dict[str, Any]:
    """The one line that is written where a form is shown again."""

    async def page(refusal: Refusal) -> HttpResponse:
        return plain_text(refusal.status, "")

    with caplog.at_level(logging.INFO), pytest.raises(PreparedResponse):
        async with errors_shown_on(page):
            raise refusal from OSError()
    [line] = [record for record in caplog.records if record.name == "app.refusals"]
    return {"event": line.getMessage(), **line.__dict__}


async def test_what_a_form_cannot_do_has_a_line_with_the_words_of_the_store(
    caplog: pytest.LogCaptureFixture,
) -> None:
    facts = await facts_of_refusal(caplog, Unavailable(reason="No space left on device"))
    assert (facts["event"], facts["code"]) == ("unavailable", "unavailable")
    assert (facts["cause"], facts["reason"]) == ("OSError", "No space left on device")


async def test_a_wait_that_no_limit_caused_has_a_line(caplog: pytest.LogCaptureFixture) -> None:
    facts = await facts_of_refusal(caplog, TooSoon(5))
    assert (facts["event"], facts["code"]) == ("asked too soon", "too_soon")


async def test_a_limit_that_says_no_on_a_form_has_one_line_with_its_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def page(refusal: Refusal) -> HttpResponse:
        return plain_text(refusal.status, "")

    with caplog.at_level(logging.INFO), pytest.raises(PreparedResponse):
        async with errors_shown_on(page):
            raise name_limit(TooSoon(5), "texts_per_number")
    [line] = [record.__dict__ for record in caplog.records]
    assert (line["msg"], line["limit"], line["code"]) == (
        "limit reached", "texts_per_number", "too_soon",
    )  # fmt: skip


@pytest.mark.parametrize("status", WORDS)
def test_the_page_of_last_resort_leads_on(status: int) -> None:
    page = Page(f"last resort {status}", LAST_RESORT.render(status, "0123456789abcdef").decode())
    assert page.broken == []
    assert [link.get("href") for link in page.all("a")][-1] == "/"
    assert ("Try again" in page.text) is (status in (408, 500, 503))
    assert "reference" in page.text
    assert "reference" not in LAST_RESORT.render(status).decode()


def test_a_broken_template_says_where(tmp_path: Path) -> None:
    (tmp_path / "inner.html").write_text("<p>\n{{ nothing_like_it }}")
    (tmp_path / "outer.html").write_text("{% include 'inner.html' %}")
    (tmp_path / "cut.html").write_text("<p>\n\n{% if true %}")
    environment = Environment(
        loader=FileSystemLoader(tmp_path), undefined=StrictUndefined, autoescape=True
    )
    said = []
    for name in ("outer.html", "cut.html"):
        with pytest.raises(TemplateError) as raised:
            environment.get_template(name).render()
        said.append(describe_template_error(raised.value))
    assert said[0].endswith("inner.html, line 2: 'nothing_like_it' is undefined")
    assert said[1].startswith(f"{tmp_path}/cut.html, line 3: Unexpected end of template")
    assert describe_template_error(KeyError("not of a template")) == ""


async def answered(app: Any, path: str) -> list[Any]:
    """What is sent where the application itself is `app`."""
    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message)

    edge = OuterMiddleware(
        app,
        hsts="host",
        last_resort=LAST_RESORT.render,
        find_reader=lambda _: (ENGLISH, ""),
        cors=Cors(()),
    )
    scope: Any = {"type": "http", "method": "GET", "path": path, "headers": []}
    await edge(scope, keep, keep)
    return sent


async def test_an_answer_that_broke_off_is_not_begun_again() -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    sent = await answered(half, "/")
    assert [message["type"] for message in sent] == ["http.response.start"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(TimeoutError, 503, "service_unavailable"), (RuntimeError, 500, "internal_server_error")],
)
async def test_a_call_of_the_api_is_answered_with_a_problem_to_the_last(
    error: type[Exception], status: int, code: str
) -> None:
    async def never(scope: Any, receive: Any, send: Any) -> None:
        raise error

    start, body = await answered(never, "/api/v1/me")
    assert (start["status"], json.loads(body["body"])["code"]) == (status, code)
    assert (b"content-type", b"application/problem+json") in start["headers"]
    assert ((b"retry-after", b"30") in start["headers"]) is (status == 503)
