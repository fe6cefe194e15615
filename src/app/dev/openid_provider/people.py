"""Made-up people, for whom the OpenID provider of a developer's machine vouches."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.domain.errors import Rejected
from app.domain.i18n import _
from app.domain.identity.email_address import EmailAddress
from app.web.cookies import RequestCookies
from app.web.forms import Form, FormCheck
from app.web.remembered_values import decode_value, encode_value

LONGEST_NAME = 100
# Who someone was last: the provider's own session, as the real one has it.
SESSION, SESSION_LIFETIME = "dev-auth0", 86_400
FIELDS = ("person", "name", "email", "unverified", "no_email")
NEW = "new"


class NobodyChosen(Rejected):
    code = "nobody_chosen"
    field = "person"
    message = _("Choose someone, or make someone up.")


@dataclass(frozen=True, slots=True)
class DevPerson:
    """`email` also names who it is, told or not: the same person can come with and without it."""

    name: str
    email: str
    verified: bool = True
    shares_email: bool = True

    @classmethod
    def of(cls, form: Form) -> "DevPerson":
        """Whom the form is about. Raises `NobodyChosen`, `BadEmail`."""
        chosen = form["person"]
        verified, shares_email = not form["unverified"], not form["no_email"]
        if chosen == NEW:
            email = form["email"] if shares_email or form["email"] else "nobody@example.org"
            name = form["name"].strip()[:LONGEST_NAME] or "Someone New"
            return cls(name, EmailAddress.parse(email, as_typed=True).value, verified, shares_email)
        if chosen not in PEOPLE:
            raise NobodyChosen
        return cls(*PEOPLE[chosen], verified, shares_email)

    @property
    def subject(self) -> str:
        """In the shape of Auth0's own."""
        digest = sha256("\n".join((self.name, self.email)).encode(errors="replace"))
        return f"auth0|{digest.hexdigest()[:24]}"

    @property
    def claims(self) -> dict[str, Any]:
        if not self.shares_email:
            return {"sub": self.subject}
        return {"sub": self.subject, "email": self.email, "email_verified": self.verified}


PEOPLE = {
    "ada": ("Ada Archer", "ada.archer@example.org"),
    "ben": ("Ben Baker", "ben.baker@example.org"),
    "cleo": ("Cleo Cooper", "cleo.cooper@example.org"),
}


def last_person(cookies: RequestCookies) -> Form:
    """Filled in as the form was that let someone in last, so that one click is enough again."""
    fields = dict(parse_qsl(decode_value(cookies.read(SESSION) or "")))
    return Form({"person": next(iter(PEOPLE))} | fields, FormCheck())


def remember_person(cookies: RequestCookies, form: Form) -> None:
    fields = {name: form[name][:LONGEST_NAME] for name in FIELDS if form[name]}
    cookies.set(SESSION, encode_value(urlencode(fields)), SESSION_LIFETIME)


def forget_person(cookies: RequestCookies) -> None:
    cookies.clear(SESSION)
