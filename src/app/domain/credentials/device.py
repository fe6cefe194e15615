"""A device: where a session is opened from, in words its owner recognizes."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ua_parser import parse

from app.domain.i18n import N_, Text, _
from app.domain.limits import Origin
from app.domain.services import Audience

# What a browser says of itself is a stranger's text, and ends up in our mails: only names that are
# on these lists are repeated. The keys are those of the field's shared list of patterns (uap-core).
BROWSERS = {
    "Chrome": "Chrome",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "HeadlessChrome": "Chrome",
    "Chromium": "Chromium",
    "Edge": "Edge",
    "Edge Mobile": "Edge",
    "Firefox": "Firefox",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Safari": "Safari",
    "Opera": "Opera",
    "Opera Mini": "Opera Mini",
    "Opera Mobile": "Opera",
    "Samsung Internet": "Samsung Internet",
    "UC Browser": "UC Browser",
    "Vivaldi": "Vivaldi",
    "curl": "curl",
}
SYSTEMS = {
    "Android": "Android",
    "Chrome OS": "ChromeOS",
    "Fedora": "Linux",
    "iOS": "iOS",
    "KaiOS": "KaiOS",
    "Linux": "Linux",
    "Mac OS X": "macOS",
    "Ubuntu": "Linux",
    "Windows": "Windows",
}
UNKNOWN, ON = N_("An unknown device"), " on "


@dataclass(frozen=True, slots=True)
class Device:
    """`agent` is what the browser calls itself (RFC 9110 10.1.5), `audience` what it talks to: the
    tokens of the sessions that it opens are taken there alone.
    """

    origin: Origin
    agent: str
    audience: Audience = Audience.BROWSER

    @property
    def name(self) -> str:
        """Such as "Chrome on Windows", as it stands in the tables; see `describe_device`."""
        return _name_of(self.agent[:512])


def describe_device(name: str) -> Text:
    """A device that goes by this name in the tables."""
    browser, on, system = name.partition(ON)
    if on:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return _(UNKNOWN) if name == UNKNOWN else name


def describe_network(network: str) -> str:
    """As most people have seen addresses: 192.0.2.x, or 2001:db8:1:x; '' stays ''."""
    start = network.partition("/")[0]
    return f"{start.rstrip(':')}:x" if ":" in start else re.sub(r"[.]0$", ".x", start)


@lru_cache(1024)
def _name_of(agent: str) -> str:
    found = parse(agent)
    browser = BROWSERS.get(found.user_agent.family) if found.user_agent else None
    system = SYSTEMS.get(found.os.family) if found.os else None
    if browser and system:
        return f"{browser}{ON}{system}"
    return browser or system or UNKNOWN
