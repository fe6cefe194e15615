"""The language of a request: what its person chose, or else what the browser prefers."""

from typing import Any

from app.domain.i18n import Language
from app.domain.languages import Languages
from app.web.cookies import Cookies, parse_cookies
from app.web.remembered_values import PREFERENCES, parse_preferences


class LanguageFinder:
    def __init__(self, languages: Languages, cookies: Cookies) -> None:
        self.languages, self._cookies = languages, cookies
        self._cookie = f"{cookies.name(PREFERENCES)}=".encode()

    def find_language(self, scope: Any) -> Language:
        """Never fails: what cannot be read was not said."""
        accepted, chosen = b"", ""
        for name, value in scope["headers"]:
            if name == b"accept-language":
                accepted = value
            elif name == b"cookie" and self._cookie in value:
                chosen = self._find_chosen(scope["headers"])
        code = chosen or self.languages.negotiate(accepted.decode("latin-1"))
        return self.languages.get(code)

    def _find_chosen(self, headers: list[tuple[bytes, bytes]]) -> str:
        """'' for none, or one that is not offered any more."""
        kept = self._cookies.read(parse_cookies(headers), PREFERENCES) or ""
        _, chosen = parse_preferences(kept)
        return chosen if chosen in self.languages.offered else ""
