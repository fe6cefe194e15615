"""Who may see the operators' pages: by the token, with a name, for 15 minutes."""

import re

import pytest
from litestar import Litestar

from tests.console.conftest import Operators
from tests.console.operator import TOKEN, Operator
from tests.person import Seen
from tests.stores import execute

SIGNED_IN = "SELECT details FROM audit_events WHERE event = 'operator:signed_in'"
REFUSED = "SELECT network FROM audit_events WHERE event = 'operator:refused'"
OPEN = {"/", "/static", "/console/sign-in", "/console/sign-out"}
ID = "01940000-0000-7000-8000-000000000001"


def pages(console: Litestar) -> list[str]:
    paths = {route.path for route in console.routes} - OPEN
    return sorted(re.sub(r"\{[^}]+\}", ID, path) for path in paths)


async def test_nobody_sees_a_page_without_signing_in(
    console: Litestar, operators: Operators
) -> None:
    found = pages(console)
    assert len(found) > 8
    for path in found:
        seen = await operators().get(path)
        assert (seen.status, seen.location.partition("?")[0]) == (303, "/console/sign-in"), path
    posted = await operators().http.post("/console/people/unlock", data={"contact": "a@b.org"})
    assert posted.headers["location"].startswith("/console/sign-in")


async def test_the_token_opens_what_was_asked_for_and_the_name_is_on_record(
    operators: Operators, url: str
) -> None:
    ada = operators()
    asked = await ada.get("/console/messages?state=queued")
    seen = await ada.sign_in("Ada  Lovelace", path=asked.location)
    assert (seen.status, seen.location) == (303, "/console/messages?state=queued")
    page = await ada.get(seen.location)
    assert page.heading == "Messages"
    assert "You’re signed in as Ada Lovelace for 15 minutes." in page.html
    [*_, record] = await execute(url, SIGNED_IN)
    assert '"Ada Lovelace"' in record["details"]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"operator": "Ada", "token": "wrong"}, "token", "That isn’t the ops token"),
        ({"operator": " ", "token": TOKEN}, "operator", "Enter your name"),
        ({"operator": "a" * 65, "token": TOKEN}, "operator", "at most 64"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(
    operators: Operators, fields: dict[str, str], field: str, words: str
) -> None:
    ada = operators()
    await ada.get("/console/sign-in")
    seen = await ada.post("/console/sign-in", **fields)
    assert (seen.status, seen.title.partition(":")[0]) == (422, "Error")
    assert words in seen.alert
    assert f'id="{field}-error"' in seen.html
    assert seen.field("token") == ""
    assert seen.field("operator") == fields["operator"]
    assert (await ada.get("/console")).status == 303


async def test_wrong_tokens_are_limited_and_on_record(operators: Operators, url: str) -> None:
    guesser = operators()
    seen = [await guesser.sign_in(token=f"guess {n}") for n in range(25)]
    statuses = [each.status for each in seen]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert int(seen[-1].response.headers["retry-after"]) > 0
    assert (await guesser.sign_in()).status == 429
    assert (await operators().sign_in()).status == 303
    assert len(await execute(url, REFUSED)) >= 1


async def test_a_session_ends_after_fifteen_minutes_however_it_was_used(
    operator: Operator,
) -> None:
    for _ in range(2):
        operator.wait(7.4)
        assert (await operator.get("/console/texts")).status == 200
    operator.wait(0.3)
    over = await operator.get("/console/texts")
    assert over.location == "/console/sign-in?return_to=%2Fconsole%2Ftexts"
    assert "Your 15 minutes are over" in (await operator.get(over.location)).html


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/console/people/unlock?contact=ada@example.org", "Unlock ada@example.org?"),
        ("/console/texts/stop?place=SE&reason=too+many+%26+odd", "Stop texts to SE?"),
    ],
)
async def test_whoever_confirms_too_late_is_asked_again_once_signed_in(
    operator: Operator, path: str, heading: str
) -> None:
    assert (await operator.get(path)).heading == heading
    operator.wait(16)
    over = await operator.press()
    seen = await operator.sign_in(path=over.location)
    assert (await operator.get(seen.location)).heading == heading


async def test_signing_out_ends_the_session_wherever_its_cookie_is(operator: Operator) -> None:
    await operator.get("/console/texts")
    stolen = operator.http.cookies["console"]
    left = await operator.post("/console/sign-out")
    assert "You’re signed out" in (await operator.get(left.location)).html
    assert operator.sessions.find(stolen) is None
    operator.http.cookies.set("console", stolen)
    assert (await operator.get("/console")).status == 303


async def test_the_cookie_needs_tls_but_on_this_machine(operators: Operators) -> None:
    def cookie(seen: Seen) -> str:
        return str(seen.response.headers["set-cookie"])

    assert re.fullmatch(
        r"console=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax",
        cookie(await operators().get("/console/sign-in")),
    )
    far = operators(at="https://console.example.org")
    assert re.fullmatch(
        r"__Host-console=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Secure",
        cookie(await far.get("/console/sign-in")),
    )
    assert (await far.sign_in()).status == 303
    assert (await far.get("/console")).status == 200


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"sec-fetch-site": "cross-site"}, None),
        ({"sec-fetch-site": "same-site"}, None),
        ({"sec-fetch-site": "", "origin": "https://evil.example"}, None),
        ({}, "made up"),
    ],
)
async def test_a_form_from_elsewhere_does_nothing(
    operator: Operator, headers: dict[str, str], token: str | None
) -> None:
    await operator.get("/console/people/unlock?contact=ada@example.org")
    fields = {"contact": "ada@example.org", "csrf_token": token or operator._field("csrf_token")}
    posted = await operator.http.post("/console/people/unlock", data=fields, headers=headers)
    assert posted.status_code == 403


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/console\\evil", ""])
async def test_it_leads_nowhere_else(operators: Operators, path: str) -> None:
    ada = operators()
    seen = await ada.sign_in(path=f"/console/sign-in?return_to={path}")
    assert seen.location == "/console"
