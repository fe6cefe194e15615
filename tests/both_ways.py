"""The same deeds by pages and by calls of the JSON API, and what is left of them."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.domain.verification.checking import ExpiredCode
from tests.client import Client
from tests.crowd import sql, wrong_codes
from tests.faults.staged import until
from tests.holder import OLD_PROOF, Holder
from tests.person import PASSWORD, Person, Seen, new_email, new_phone
from tests.product import Product

MARK = "SELECT coalesce(max(id), 0) AS id, clock_timestamp() AS at FROM audit_events"
# But for what is told once an hour, whoever it is.
AUDIT = """SELECT event, details, user_id, flow_id FROM audit_events
WHERE id > $1 AND event NOT LIKE '%:guess_stopped' ORDER BY id"""
SENT = """SELECT channel, template, purpose, counted FROM deliveries WHERE created_at > $1
ORDER BY created_at, template"""
SESSIONS = """SELECT amr, opened_amr, device, revoked_reason FROM sessions
WHERE created_at > $1 OR user_id = (SELECT id FROM users WHERE email = $2) ORDER BY created_at"""
EVENTS = "SELECT type, details - 'session' FROM events WHERE created_at > $1 ORDER BY position"
EXPIRED = "UPDATE {} SET expires_at = clock_timestamp() WHERE created_at > $1"
UNUSED = "UPDATE users SET last_used_at = clock_timestamp() - interval '91 days' WHERE email = $1"
UNDER_WAY = "SELECT 1 FROM deliveries WHERE created_at > $1 AND state IN ('queued', 'sending')"
BECAME = "UPDATE deliveries SET state = $2, reason = $3 WHERE created_at > $1"
NOT_ARRIVED = {"failed": ("failed", None), "unusable": ("refused", "unusable")}
LINKED = """INSERT INTO identities (id, user_id, issuer, subject)
SELECT gen_random_uuid(), id, 'https://idp.example.org/', $1 FROM users WHERE email = $2"""
# A refusal that is a question stands elsewhere on its page.
QUESTION = re.compile(r"(?<=<legend>)[^<]*")
EXPIRED_CODE = str(ExpiredCode.message)  # so is its page headed
OWNER = "owner"  # of an account, whom steps may name
REMOVAL = re.compile(r"/account/identities/[^/]+/removal")
# The page of a call, where that has another name.
PAGES = {
    "me": "/account",
    "me/export": "/account/data",
    "delete": "/account/deletion",
    "end_others": "/account/sessions/revocation",
}
# Where a page leads, in the word for it.
LANDINGS = {
    "/signup/done": "in",
    "/account/sessions": "in",
    "/account/identities": "in",
    "/account": "in",
    "/login/password": "done",
    "/": "gone",
    "/login": "unauthenticated",
    "/account/confirm": "confirmation_required",
}


class Story:
    """Steps one after the other, such as `signup/phone:owner_phone`: a call, and what is given, by
    its name in `values`. `>email` says where a code is awaited that the step sends. `!...` is what
    happens meanwhile.
    """

    def __init__(self, product: Product, way: "ByPages | ByCalls", steps: str) -> None:
        self._product, self._way, self._steps = product, way, steps.split()
        owner, taken = (Holder(product) if name in steps else None for name in (OWNER, "taken"))
        other = new_email()
        self._values = {
            "phone": new_phone(),
            "other_phone": new_phone(),
            "email": new_email(),
            "other_email": other,
            "typo": other.replace("example.org", "gmial.com"),
            "slip": other.replace("example.org", "gmail.com"),
            "owner_phone": owner.phone if owner else "",
            "owner_email": owner.email if owner else "",
            "taken_phone": taken.phone if taken else "",
            "taken_email": taken.email if taken else "",
            "good": PASSWORD,
            "better": "nine herons sail backwards",
            "weak": "password1234",
            "short": "otter",
            "empty": "",
        }
        self._contact, self._had, self._guesses = "", 0, 0
        [self._mark] = sql(product, MARK)

    def tell(self) -> list[str]:
        """What came of each: the step that is next, or the sentence of a refusal."""
        return [told for told in map(self._step, self._steps) if told]

    def left(self) -> dict[str, list[Any]]:
        """The rows that were added, without ids."""
        product, since, email = self._product, self._mark["at"], self._values["owner_email"]
        return {
            "audit": [_plain(row) for row in sql(product, AUDIT, self._mark["id"])],
            "messages": [tuple(row) for row in sql(product, SENT, since)],
            "sessions": [tuple(row) for row in sql(product, SESSIONS, since, email)],
            "events": [tuple(row) for row in sql(product, EVENTS, since)],
        }

    def _step(self, step: str) -> str:
        if step.startswith("!"):
            return self._meanwhile(step[1:])
        step, _, contact = step.partition(">")
        call, _, given = step.partition(":")
        fields = self._fields(call, given) if given else {}
        if contact:
            self._contact = self._values[contact]
            self._had = len(self._product.codes_for(self._contact))
        return self._masked(self._way.do(call, fields))

    def _fields(self, call: str, given: str) -> dict[str, str]:
        """The last part of a call is the name of what it takes."""
        if given in ("right", "wrong", "again"):
            return {"code": self._code(given)}
        names = {"login/password": "email,password", "confirm": "password", "delete": "password"}
        name = names.get(call, call.rpartition("/")[2].replace("phone-", "").replace("email-", ""))
        typed = [self._values.get(one, one) for one in given.split(",")]
        if "=" in typed[-1]:
            extra, _, value = typed.pop().partition("=")
            return {name: typed[0], extra: value}
        return dict(zip(name.split(","), typed, strict=True))

    def _code(self, which: str) -> str:
        right = self._product.code_for(self._contact, self._had)
        if which == "right":
            return right
        self._guesses += which == "wrong"
        return wrong_codes(right, self._guesses)[-1]

    def _meanwhile(self, what: str) -> str:
        email, phone = self._values["owner_email"], self._values["owner_phone"]
        if what == "expired":
            for table in ("phone_verifications", "email_verifications"):
                sql(self._product, EXPIRED.format(table), self._mark["at"])
        elif what == "unused":
            sql(self._product, UNUSED, email)
        elif what == "linked":
            sql(self._product, LINKED, f"auth0|{email}", email)
        elif what in ("failed", "unusable"):
            until(lambda: not sql(self._product, UNDER_WAY, self._mark["at"]))
            sql(self._product, BECAME, self._mark["at"], *NOT_ARRIVED[what])
        elif what == "aged":
            sql(self._product, OLD_PROOF, email, phone)
        return ""

    def _masked(self, sentence: str) -> str:
        """Without what differs between any two people, or with the clock."""
        plain = re.sub(r"\s+(?=[?.])", "", " ".join(sentence.split()))
        for name, value in self._values.items():
            plain = plain.replace(value, f"<{name}>") if value else plain
        return re.sub(r"in [0-9]+ (second|minute|hour)s?", "soon", plain)


def _plain(row: Any) -> tuple[str, dict[str, Any], bool, bool]:
    details = json.loads(row["details"])
    details.pop("account", None)
    return row["event"], details, bool(row["user_id"]), bool(row["flow_id"])


class ByPages:
    """In a browser without scripts."""

    def __init__(self, product: Product) -> None:
        self.person = Person(product)

    def do(self, call: str, fields: dict[str, str]) -> str:
        page = self._page(call)
        if call == "me/export":
            return self._told(self.person.get(page))
        if call == "remove_identity":
            page = _find(REMOVAL, self.person.get("/account/identities"))
            return self._told(self.person.post(page))
        shown = page.removesuffix("/resend").removesuffix("/call").removesuffix("/code")
        if self.person.get(shown).status == 303 and call.endswith(("/phone", "/email")):
            page = f"{page}?change"
            self.person.get(page)
        told = self._told(self.person.post(page, **fields))
        asks_for_code = page.endswith(("/confirm/code", "/confirm/resend", "/confirm/call"))
        return "in" if asks_for_code and told == "confirmation_required" else told

    def _page(self, call: str) -> str:
        if call in PAGES:
            return PAGES[call]
        flow, _, step = call.partition("/")
        base = PAGES.get(flow, "/account/confirm" if flow == "confirm" else f"/{flow}")
        return f"{base}/{step}".removesuffix("/")

    def _told(self, seen: Seen) -> str:
        if seen.status == 303:
            path = urlsplit(seen.location).path
            return LANDINGS.get(path, path.rpartition("/")[2])
        if seen.status == 200:
            return "in"
        told = seen.alert.partition(" Yes, use ")[0] or _find(QUESTION, seen)
        if not told and seen.heading and EXPIRED_CODE.startswith(seen.heading):
            return EXPIRED_CODE
        return told.removeprefix("There is a problem ").removeprefix("Error: ")


def _find(pattern: re.Pattern[str], seen: Seen) -> str:
    found = pattern.search(seen.html)
    return found[0] if found else ""


class ByCalls:
    """In an app. `codes` are those of its refusals."""

    def __init__(self, client: Client) -> None:
        self.client, self.codes = client, list[str]()

    def do(self, call: str, fields: dict[str, str]) -> str:
        answer = self._call(call, fields)
        body = answer.json() if answer.content else {}
        if not answer.is_error:
            return _next(call, body)
        code = body["code"]
        self.codes.append(code)
        if code in ("unauthenticated", "confirmation_required"):
            return str(code)
        return str(body["step"] if code == "out_of_step" else body["detail"])

    def _call(self, call: str, fields: dict[str, str]) -> httpx.Response:
        if call == "delete":
            return self.client.call("DELETE", "/me", fields)
        if call == "end_others":
            return self.client.call("DELETE", "/sessions")
        if call == "me/export":
            return self.client.get("/me/export")
        if call == "remove_identity":
            [identity] = self.client.get("/me/identities").json()["identities"]
            return self.client.call("DELETE", f"/me/identities/{identity['id']}")
        return self.client.post(f"/{call}", **fields)


def _next(call: str, body: dict[str, Any]) -> str:
    """In the words of pages."""
    if "step" in body:
        return str(body["step"])
    if call in ("me/phone", "me/email"):
        return f"{call.removeprefix('me/')}-code"
    if call.endswith(("/resend", "/call")) and not call.startswith("confirm/"):
        return call.split("/")[1]
    return "gone" if call in ("delete", "logout") else "in"
