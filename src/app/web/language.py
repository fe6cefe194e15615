"""The reader of a request: the language that they chose, or else what the browser prefers, and the
time zone that its clock is set to.
"""

from typing import Any

from app.domain.i18n import Language
from app.domain.languages import Languages
from app.domain.moments import is_zone
from app.web.cookies import Cookies, parse_cookies
from app.web.remembered_values import PREFERENCES, parse_preferences

# Set by `latchkey.js`: without scripts nobody tells us. It holds more than our own values may.
ZONE = "zone"


class LanguageFinder:
    """Never fails: what cannot be read was not said."""

    def __init__(self, languages: Languages, cookies: Cookies) -> None:
        self.languages, self._cookies = languages, cookies
        self._preferences, self._zone = (
            f"{cookies.name(each)}=".encode() for each in (PREFERENCES, ZONE)
        )

    def find_reader(self, scope: Any) -> tuple[Language, str]:
        """The zone is '' where it is not known."""
        accepted, sent = b"", None
        for name, value in scope["headers"]:
            if name == b"accept-language":
                accepted = value
            elif name == b"cookie" and (self._preferences in value or self._zone in value):
                sent = parse_cookies(scope["headers"])
        chosen, zone = self._read(sent) if sent else ("", "")
        code = chosen or self.languages.negotiate(accepted.decode("latin-1"))
        return self.languages.get(code), zone

    def _read(self, sent: dict[str, str | None]) -> tuple[str, str]:
        """Each '' for none, a language that is not offered any more, and no zone of the world."""
        _, chosen = parse_preferences(self._cookies.read(sent, PREFERENCES) or "")
        zone = sent.get(self._cookies.name(ZONE)) or ""
        return (
            chosen if chosen in self.languages.offered else "",
            zone if is_zone(zone) else "",
        )
