"""Made-up people, for whom the OpenID provider of a developer's machine vouches."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.web.forms import Form
from app.web.kept import Kept, packed, unpacked

LONGEST_NAME = 100
# Who somebody was last: the provider's own session, as the real one has it.
SESSION, SESSION_LIFETIME = "dev-auth0", 86_400
FIELDS = ("person", "name", "email", "unverified", "no_email")
NEW = "new"


class NobodyChosen(Rejected):
    code = "nobody_chosen"
    field = "person"
    message = "Choose somebody, or make somebody up."


@dataclass(frozen=True, slots=True)
class MadeUp:
    """`email` also names who it is, told or not: the same person can come with and without it."""

    name: str
    email: str
    verified: bool = True
    told: bool = True

    @classmethod
    def of(cls, form: Form) -> "MadeUp":
        """Whom the form is about. Raises `NobodyChosen`, `BadEmail`."""
        chosen = form["person"]
        verified, told = not form["unverified"], not form["no_email"]
        if chosen == NEW:
            email = form["email"] if told or form["email"] else "nobody@example.org"
            name = form["name"].strip()[:LONGEST_NAME] or "Somebody New"
            return cls(name, EmailAddress.parse(email, as_typed=True).value, verified, told)
        if chosen not in PEOPLE:
            raise NobodyChosen
        return cls(*PEOPLE[chosen], verified, told)

    @property
    def subject(self) -> str:
        """In the shape of Auth0's own."""
        digest = sha256("\n".join((self.name, self.email)).encode(errors="replace"))
        return f"auth0|{digest.hexdigest()[:24]}"

    @property
    def claims(self) -> dict[str, Any]:
        if not self.told:
            return {"sub": self.subject}
        return {"sub": self.subject, "email": self.email, "email_verified": self.verified}


PEOPLE = {
    "ada": ("Ada Archer", "ada.archer@example.org"),
    "ben": ("Ben Baker", "ben.baker@example.org"),
    "cleo": ("Cleo Cooper", "cleo.cooper@example.org"),
}


def last_person(visit: Kept) -> Form:
    """Filled in as the form was that let somebody in last, so that one click is enough again."""
    fields = dict(parse_qsl(unpacked(visit.cookie(SESSION) or "")))
    return Form({"person": next(iter(PEOPLE))} | fields, None)


def remember_person(visit: Kept, form: Form) -> None:
    fields = {name: form[name][:LONGEST_NAME] for name in FIELDS if form[name]}
    visit.keep(SESSION, packed(urlencode(fields)), SESSION_LIFETIME)


def forget_person(visit: Kept) -> None:
    visit.drop(SESSION)
