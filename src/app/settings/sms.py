"""Texts: the countries they go to, two letters of ISO 3166 where libphonenumber knows numbers; and
who sends them, in order, vendors by their names and further accounts of theirs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.settings.environment import Reader

# Written out, since to import libphonenumber takes longer than many a command.
_CODES = """
AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC
EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB
LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY
MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL
TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
REGIONS = frozenset(_CODES.split())
# What people write, and what they mean.
MEANT = {
    "UK": "GB", "EN": "GB", "GBR": "GB", "EL": "GR", "USA": "US", "CAN": "CA", "IRL": "IE",
    "DEU": "DE", "GER": "DE", "FRA": "FR", "ESP": "ES", "ITA": "IT", "NLD": "NL", "SWE": "SE",
    "AUS": "AU", "NZL": "NZ",
}  # fmt: skip


def find_region_problems(regions: Iterable[str]) -> list[str]:
    """One sentence for each that is none."""
    return [_problem(each) for each in regions if each not in REGIONS]


def _problem(region: str) -> str:
    upper = region.upper()
    if meant := MEANT.get(upper) or (upper if upper in REGIONS else ""):
        return f"{region} is no country, {meant} is."
    return f"{region} is no country; they have two letters, such as US, GB and DE."


NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class SmsSender:
    """`name` is what operators call it, `vendor` the module in `adapters/` that speaks to it.
    `values` are the settings of that vendor as this sender has them, by their names in `Settings`.
    """

    name: str
    vendor: str
    values: dict[str, Any] = field(default_factory=dict)


def is_sender(name: str) -> bool:
    return NAME.fullmatch(name) is not None


def read_names(reader: Reader, name: str) -> tuple[SmsSender, ...]:
    """The senders, yet without their values."""
    names = reader.items(name)
    if len(set(names)) < len(names):
        reader.problems.append(f"{name} names a sender twice.")
    return tuple(SmsSender(each, each.split("_")[0]) for each in names)
