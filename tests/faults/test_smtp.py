"""A product whose mails go by SMTP: people get their codes, and operators learn why they don't."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.staged import until
from tests.person import Person, new_email, new_phone
from tests.product import NO_TLS, PATIENCE, Product
from tests.standins.smtp import SmtpStandIn, mail_server
from tests.stores import Stores


class BySmtp(Product):
    def __init__(self, folder: Path, stores: Stores, smtp: SmtpStandIn) -> None:
        stores.valkey_flush(1)
        redis_url = f"{stores.redis_url}?db=1"
        super().__init__(folder, stores.new_database(), redis_url, **smtp.environment)
        self.smtp = smtp

    def codes_for(self, to: str) -> list[str]:
        subjects = [letter.subject for letter in self.smtp.messages if letter.to == to]
        codes = [code for subject in subjects for code in re.findall("[0-9]{8}", subject)]
        return codes[::-1] or super().codes_for(to)

    def health(self) -> dict[str, str]:
        """What operators of this machine are told of the mail server."""
        told = httpx.get(f"{self.url}/health/smtp", timeout=PATIENCE, verify=NO_TLS).json()
        return told["checks"]["smtp:state"][0]


@pytest.fixture
def product(stores: Stores, tmp_path: Path) -> Iterator[BySmtp]:
    with mail_server() as smtp, BySmtp(tmp_path / "product", stores, smtp) as one:
        yield one


def test_people_sign_up_and_operators_see_how_it_goes(product: BySmtp) -> None:
    email = new_email()
    assert Person(product).sign_up(new_phone(), email).path == "/signup/done"
    [letter] = product.smtp.messages
    assert (letter.to, letter.sender_name) == (email, "Latchkey")
    assert product.health()["status"] == "pass"
    product.smtp.hang_up()
    product.smtp.next("RCPT", *["554 5.7.1 <x@y.example>: Relay access denied"] * 2)
    for _ in range(2):
        Person(product).submit("/recovery/email", email=new_email())
    until(lambda: product.health()["status"] == "warn")
    assert "last trouble: 554 5.7.1 … Relay access denied" in product.health()["output"]
    assert "your mail server&#39;s log" in Person(product).get("/health", accept="text/html").html
    assert product.stop() == 0
    assert "Traceback" not in product.log.read_text()
