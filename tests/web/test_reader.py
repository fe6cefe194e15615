"""The language and the time zone of a request: chosen or preferred, and told by a script."""

import pytest

from app.domain.languages import Languages
from app.web.cookies import Cookies
from app.web.remembered_values import LanguageFinder

FINDER = LanguageFinder(Languages(("en",)), Cookies(secure=True))


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [
        ("__Host-zone=Europe/Stockholm", "Europe/Stockholm"),
        ("__Host-prefs=EUR.de; __Host-zone=Asia/Calcutta", "Asia/Calcutta"),
        ("__Host-zone=Etc/GMT+5", "Etc/GMT+5"),
        ("zone=Europe/Stockholm", ""),
        ("__Host-zone=Europe/Stockholm; __Host-zone=Asia/Tokyo", ""),
        ("__Host-zone=../../etc/passwd", ""),
        ("__Host-zone=Europe/Atlantis", ""),
        ("__Host-zone=Etc/Unknown", ""),
        ("__Host-zone=", ""),
        ("", ""),
    ],
)
def test_only_a_zone_of_the_world_is_read(cookie: str, zone: str) -> None:
    scope = {"headers": [(b"accept", b"*/*"), (b"cookie", cookie.encode())]}
    language, told = FINDER.find_reader(scope)
    assert (language.code, told) == ("en", zone)
