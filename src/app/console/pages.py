"""The operators' pages: English alone, in the look of the product."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from app.domain.delivery.spending import in_units
from app.web.assets import Assets
from app.web.brand import Brand
from app.web.overrides import PARTIALS

OWN = Path(__file__).parent / "partials"
# The places of the navigation, in order.
PLACES = (
    ("/console", "Today"),
    ("/console/people", "Find a person"),
    ("/console/messages", "Messages"),
    ("/console/texts", "Texts by region"),
    ("/console/blocks", "Blocks"),
    ("/console/audit", "Audit"),
)


def show_time(at: datetime | None) -> str:
    """2026-12-01 08:06:12, in UTC; '' for none."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else ""


class ConsolePages:
    """Undefined names raise, as in the pages of the product."""

    def __init__(self, assets: Assets) -> None:
        brand: Brand = assets.brand
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(OWN), FileSystemLoader(PARTIALS)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"time": show_time, "units": in_units}
        self._environment.globals |= {
            "asset": assets.url,
            "product": brand.name,
            "logo": brand.logo,
            "logo_size": brand.logo_size,
            "places": PLACES,
        }
        for path in OWN.glob("*.html"):
            self._environment.get_template(path.name)  # a broken one stops the start

    def render(self, template: str, values: Mapping[str, Any], *, is_fragment: bool) -> bytes:
        """`is_fragment`: what htmx puts into the page that is open."""
        shell = "_fragment.html" if is_fragment else "_document.html"
        text = self._environment.get_template(template).render(values, shell=shell)
        return text.encode(errors="replace")
