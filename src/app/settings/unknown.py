"""Names in the environment that look like settings and are none: nobody would notice them."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from app.settings import read_values
from app.settings.environment import Reader

# What other programs read from the same environment.
FOREIGN = frozenset(
    ("HTTP_PROXY", "ALL_PROXY", "LANGUAGE", "HOSTNAME", "HOSTTYPE", "SSL_CERT_FILE", "SSL_CERT_DIR")
)
# Kubernetes tells each container of each service in its namespace: REDIS_PORT, SMTP_PORT_25_TCP.
# And OpenTelemetry has dozens of names, each like the next.
FOREIGN_KIND = re.compile(r".+_(?:SERVICE_HOST|(?:SERVICE_)?PORT(?:_[0-9A-Z_]+)?)|OTEL_.+")
# Nobody but us begins a name so.
OURS = re.compile(r"(?:SMS|TWILIO|TELNYX|SENDGRID|SMTP|AUTH0|BRAND|TEST_NUMBERS|PWNED|BREACHED)_")
# At this share of letters in common one is a misspelling of the other: DATABSE_URL, LANGUAGE_S, but
# not HOSTNAME of HOST.
ALIKE = 0.85


class Recorded(Mapping[str, str]):
    """An environment that remembers which names it was asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def names_read(environ: Mapping[str, str]) -> set[str]:
    """All that reading the settings asks for: also `NAME_FILE` of secrets, and what the senders in
    SMS_SENDERS need.
    """
    recorded = Recorded(environ)
    read_values(Reader(recorded))
    return recorded.asked


def unknown_settings(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each name that nothing reads although it seems to be meant for us, and the setting it is
    likely to stand for, "" where none is like it.
    """
    known = names_read(environ)
    names = [
        name
        for name in sorted(environ.keys() - known)
        if name.upper() not in FOREIGN and not FOREIGN_KIND.fullmatch(name)
    ]
    pairs = [(name, _alike(name.upper(), known)) for name in names]
    # Beside the one that it is like it is another program's, as DATABASE_URLS may be.
    return [
        (name, likely)
        for name, likely in pairs
        if OURS.match(name) or (likely and likely not in environ)
    ]


def _alike(name: str, known: set[str]) -> str:
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=ALIKE)), "")
