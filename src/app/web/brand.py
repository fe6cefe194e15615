"""The brand: whose product it is to people, from the settings and a folder of what differs."""

import logging
import re
import unicodedata
from pathlib import Path

from markupsafe import Markup

from app import ROOT
from app.domain.checks import Finding as HealthFinding
from app.domain.checks import Status
from app.domain.i18n import N_
from app.settings import Settings
from app.web.overrides import Overrides
from app.web.tokens import (
    DARK,
    LIGHT,
    Tokens,
    Values,
    is_colour,
    long_colour,
    read_tokens,
    replace_tokens,
)

log = logging.getLogger("app.brand")

STATIC = ROOT / "static"
STYLE = "site.css"
# Files of the folder that are served in the place of ours, or beside them.
IMAGES = ("favicon.svg", "logo.svg")
# Labels of LEGAL_LINKS that are translated; any other is shown as it is.
TRANSLATED = (N_("Terms"), N_("Privacy"), N_("Imprint"), N_("Cookies"), N_("Accessibility"))
NO_SHAPE = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>| xmlns=\"[^\"]*\"", re.DOTALL)
NOT_PLAIN = re.compile(
    r"<(?:style|script|image|foreignObject|use|a)\b|\b(?:style|id|class|href|on\w+)\s*="
)
LARGEST_INLINE = 2048  # characters
MOST_SHOWN = 5  # problems, in /health; the log has all of them
VIEW_BOX = re.compile(r'<svg\b[^>]*\bviewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)"')
UNSAFE = re.compile(r"url\(|[<>\\]", re.IGNORECASE)  # in the value of a token


class Brand:
    """`contact` is where people are sent who need help, "" for the words on the home page;
    `legal_links` are labels and addresses. `light` and `dark` are the values of all tokens, as
    templates name them: `on_accent`.
    """

    def __init__(
        self,
        name: str = "Latchkey",
        contact: str = "",
        legal_links: tuple[tuple[str, str], ...] = (),
        folder: Path | None = None,
    ) -> None:
        self.name, self.contact, self.legal_links = name, contact, legal_links
        self.folder = folder
        self.overrides = Overrides(folder) if folder else None
        self._findings: list[str] = []
        self.light, self.dark = Values(), Values()
        self._own: dict[str, Values] = {}
        self.read_style()

    @property
    def file_name(self) -> str:
        """How names of files begin: ASCII in lower case."""
        folded = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-") or "account"

    def find(self, name: str) -> Path | None:
        """A file or folder of the brand's own: what has an ending is a file."""
        path = self.folder / name if self.folder else None
        is_there = path and (path.is_file() if path.suffix else path.is_dir())
        return path if is_there else None

    @property
    def logo(self) -> Markup | None:
        """`logo.svg` as a part of the page, which costs no request; None for one that is large, or
        more than shapes with attributes: our policy and other ids of the page are in its way.
        """
        path = self.find("logo.svg")
        text = NO_SHAPE.sub("", path.read_text(errors="replace")).strip() if path else ""
        if not self.logo_size or len(text) > LARGEST_INLINE or NOT_PLAIN.search(text):
            return None
        return Markup(text.replace("<svg", '<svg class="own" aria-hidden="true"', 1))  # noqa: S704 - a file of whoever runs the product

    @property
    def logo_size(self) -> tuple[int, int] | None:
        """Width and height of `logo.svg` as it is drawn; None without one that says so."""
        path = self.find("logo.svg")
        found = VIEW_BOX.search(path.read_text(errors="replace")) if path else None
        return (round(float(found[1])), round(float(found[2]))) if found else None

    def read_style(self) -> None:
        """Once more when `brand.css` has changed: templates keep `light` and `dark`."""
        ours = read_tokens((STATIC / STYLE).read_text())
        path = self.find("brand.css")
        theirs = read_tokens(path.read_text(errors="replace")) if path else Tokens()
        self._own = {scheme: _usable(ours, theirs, scheme) for scheme in ours.schemes}
        for shown, scheme in ((self.light, LIGHT), (self.dark, DARK)):
            values = {name: token.value for name, token in ours.schemes[scheme].items()}
            for name, value in (values | self._own[scheme]).items():
                shown[name.replace("-", "_")] = long_colour(value)

    def report_findings(self, findings: list[str]) -> None:
        """What a check of its folder has found, for the log and `/health`."""
        self._findings = findings
        for problem in findings:
            log.warning("something is wrong with the brand", extra={"problem": problem})

    async def report_health(self) -> HealthFinding:
        """For `/health`: a warning, as ours is shown in the place of what fails."""
        broken = self.overrides.broken.values() if self.overrides else ()
        problems = list(dict.fromkeys([*broken, *self._findings]))
        left = [f"and {len(problems) - MOST_SHOWN} more"] * (len(problems) > MOST_SHOWN)
        shown = [*problems[:MOST_SHOWN], *left]
        return (Status.WARN if problems else Status.PASS), "; ".join(shown)

    def apply_tokens(self, css: str) -> str:
        """Our style sheet with the values of the brand: no request more, no byte more."""
        return replace_tokens(css, self._own) if any(self._own.values()) else css


def _usable(ours: Tokens, theirs: Tokens, scheme: str) -> Values:
    """What can be put in the place of ours: known by name, a colour where ours is one."""
    known = ours.schemes[scheme]
    return {
        name: token.value
        for name, token in theirs.schemes[scheme].items()
        if name in known
        and not UNSAFE.search(token.value)
        and (is_colour(token.value) or not is_colour(known[name].value))
    }


def load_brand(settings: Settings) -> Brand:
    folder = Path(settings.brand_dir) if settings.brand_dir else None
    return Brand(settings.brand_name, settings.contact, settings.legal_links, folder)
