"""Two people who do the same, and whether they are answered alike."""

import re
from dataclasses import dataclass
from difflib import unified_diff

from tests.owner import spoken
from tests.person import Person, Seen, new_email


@dataclass(frozen=True)
class Twins:
    """Two people who do the same; one names what is known, the other something new."""

    people: tuple[Person, Person]
    contacts: tuple[str, str]

    def get(self, path: str, **headers: str) -> Seen:
        return self._alike([person.get(path, **headers) for person in self.people])

    def post(self, path: str, **fields: str) -> Seen:
        """CONTACT in a field is replaced by their own."""
        seen = []
        for person, contact in zip(self.people, self.contacts, strict=True):
            own = {name: value.replace("CONTACT", contact) for name, value in fields.items()}
            seen.append(person.post(path, **own))
        return self._alike(seen)

    def _alike(self, seen: list[Seen]) -> Seen:
        one, other = (masked(*pair) for pair in zip(seen, self.contacts, strict=True))
        told = (
            f"{status}\n{headers}\n{body}".splitlines() for status, headers, body in (one, other)
        )
        assert one == other, "\n".join(unified_diff(*told, lineterm="", n=0))
        return seen[0]


def masked(seen: Seen, contact: str) -> tuple[int, dict[str, str], str]:
    """An answer without what differs between any two answers: secrets, times, the contact, who
    asks.
    """
    headers = dict(seen.response.headers)
    del headers["date"], headers["x-request-id"]
    if "set-cookie" in headers:
        headers["set-cookie"] = re.sub("=[nb]\\.[^;]+", "=SECRET", headers["set-cookie"])
    body = seen.html.replace(contact, "CONTACT").replace(spoken(contact), "CONTACT")
    body = re.sub(r'name="csrf_token" value="[^"]+"', "TOKEN", body)
    body = re.sub("(Signed in as <bdi[^>]*>)[^<]+", r"\1THEMSELVES", body)
    # What dispatcher and clock did between the two.
    body, lines = re.subn(r'(<div id="delivery").*?(</div>)', r"\1\2", body, flags=re.DOTALL)
    body = re.sub(r"[0-9]+ more minutes, until [0-9:]+ UTC", "UNTIL", body)
    if lines or "retry-after" in headers:
        headers |= {"content-length": "", "retry-after": ""}
        body = re.sub(r' timed h[0-9] t[0-9] o[0-9]"', ' timed WAIT"', body)
        body = re.sub(r"again in [0-9]+ (seconds?|minutes?)", "WAIT", body)
    return seen.status, headers, body


def long_email() -> str:
    """As long as every other one."""
    return f"{new_email():x>40}"
