"""`latchkey serve`: refuses what is unsafe, all of it at once, and loses nothing when it stops."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import sleep

import httpx
import pytest

from app.settings import BadSettings, read_settings
from tests.commands.running import PRODUCTION, latchkey, typed
from tests.faults.staged import Staged, locked, until, waiting
from tests.person import Person, new_email, new_phone
from tests.product import NO_TLS, Product
from tests.standins import behaviour as acts
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn
from tests.stores import Stores

pytestmark = pytest.mark.usefixtures("from_nothing")
DEPLOY = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
UNSAFE = {
    "ENVIRONMENT": "production",
    "BASE_URL": "http://door.example.org",
    "SECRET_KEY": "too short",
    "DATABASE_URL": "mysql://somewhere/else",
    "TRUSTED_PROXIES": "0.0.0.0/0, here",
    "TWILIO_ACCOUNT_SID": "a",
    "TWILIO_FROM_NUMBER": "c",
    "TWILIO_MESSAGING_SERVICE_SID": "MG",
    "SENDGRID_FROM_EMAIL": "e",
    "SMS_REGIONS": "Germany",
    "DEFAULT_REGION": "DE",
    "SMS_DAILY_LIMIT": "unlimited",
    "PORT": "0",
    "WORKERS": "many",
    "LIMITS_FILE": "/nowhere/limits.toml",
    "OPS_TOKEN_FILE": "/nowhere/token",
    "AUTH0_ISSUER": "https://tenant.eu.auth0.com",
}


def test_an_unsafe_production_does_not_start_and_hears_of_everything(tmp_path: Path) -> None:
    refused = latchkey(tmp_path, "serve", **UNSAFE)
    problems = [line for line in refused.stderr.splitlines() if line.startswith("  - ")]
    named = {problem.split()[1].rstrip(":") for problem in problems}
    assert refused.returncode == 2
    assert named == UNSAFE.keys() - {"ENVIRONMENT"} | {
        "TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY", "REDIS_URL"
    }  # fmt: skip
    assert refused.stdout == "", "it did not even begin to listen"


def test_a_production_with_nothing_set_hears_what_it_needs() -> None:
    refused = typed("serve", ENVIRONMENT="production")
    needed = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "AUTH0_ISSUER", "BASE_URL",
              "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER",
              "SENDGRID_API_KEY", "SENDGRID_FROM_EMAIL")  # fmt: skip
    assert refused.exit_code == 2
    assert ".." not in refused.stderr
    assert [name for name in needed if f"  - {name} is missing" not in refused.stderr] == []


def test_what_the_docs_say_production_needs_is_all_it_needs() -> None:
    [block] = re.findall(r"```\n(ENVIRONMENT=production .*?)```", DEPLOY, re.DOTALL)
    given = dict(word.split("=", 1) for word in block.split())
    known = PRODUCTION | {"DATABASE_URL": "postgresql://somewhere/latchkey"}
    filled = {name: known[name] if value == "..." else value for name, value in given.items()}
    assert read_settings(filled).is_production


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "SENDGRID_API_KEY"])
def test_half_of_a_vendor_is_told_in_development_too(name: str) -> None:
    given = {"ENVIRONMENT": "development", name: PRODUCTION[name]}
    with pytest.raises(BadSettings) as bad:
        read_settings(given)
    vendor = {each for each in PRODUCTION if each.split("_")[0] == name.split("_")[0]}
    assert {problem.split()[0] for problem in bad.value.problems} == vendor - {name}


def test_a_secret_is_not_repeated() -> None:
    url = "mysql://latchkey:hunter2@somewhere/else"
    refused = typed("serve", DATABASE_URL=url, REDIS_URL=url, SECRET_KEY="xyz")
    assert refused.exit_code == 2
    assert "hunter2" not in refused.output
    assert "xyz" not in refused.output


@pytest.fixture
def staged(stores: Stores, tmp_path: Path) -> Iterator[Staged]:
    """With its secrets in files, and two workers."""
    with TwilioStandIn() as twilio, SendGridStandIn() as sendgrid:
        product = Staged(tmp_path / "staged", stores, twilio, sendgrid)
        in_files(product, "DATABASE_URL", "REDIS_URL", "TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY")
        try:
            yield product.start("--workers", "2")
        finally:
            product.close()
        assert twilio.violations == sendgrid.violations == []


def in_files(product: Product, *names: str) -> None:
    for name in names:
        path = product.folder / name.lower()
        path.write_text(product.env[name] + "\n")
        product.env[f"{name}_FILE"] = str(path)
        del product.env[name]


def test_sigterm_finishes_what_is_under_way_and_exits_with_0(staged: Staged) -> None:
    person, late = about_to_finish(staged), new_phone()
    staged.twilio.script.for_destination(late, acts.delayed(2.0))
    Person(staged).give_phone(late)
    until(lambda: bool(staged.texts_to(late)))
    with ThreadPoolExecutor(2) as threads:
        with locked(staged.database_url, "sessions"):
            finishing = threads.submit(
                person.post, "/signup/password", password="a quiet door opens"
            )
            until(lambda: waiting(staged.database_url) == 1)
            stopping = threads.submit(staged.stop)
            sleep(0.3)  # for the signal to arrive
        assert finishing.result().location == "/signup/done"
        assert stopping.result() == 0
    assert staged.state_of(late) == "sent"
    assert len(staged.texts_to(late)) == 1


def about_to_finish(staged: Staged) -> Person:
    """By a sign-up that any of the workers may have served a part of."""
    person, phone, email = Person(staged), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    assert person.give_email_code(email).path == "/signup/password"
    return person


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_says_not_ready_before_it_stops_listening(
    another_product: Callable[..., Product], workers: str
) -> None:
    product = another_product("--workers", workers)
    seen: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as thread, suppress(httpx.TransportError):
        stopping = thread.submit(product.stop)
        while not stopping.done():
            seen.append((status(product, "/health/ready"), status(product, "/signup/phone")))
    assert stopping.result() == 0
    assert (503, 200) in seen
    assert {page for _, page in seen} == {200}


def status(product: Product, path: str) -> int:
    """Over a connection of its own, which is made only while someone listens."""
    return httpx.get(product.url + path, timeout=5, verify=NO_TLS).status_code


def workers_of(product: Product) -> dict[int, str]:
    """The command line of each process that answers; one that is started anew has its own."""
    pid = product.pid
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(each): Path(f"/proc/{each}/cmdline").read_text() for each in found}


def test_workers_are_copies_of_one_process_and_so_is_who_comes_after_one(
    another_product: Callable[..., Product],
) -> None:
    product = another_product("--workers", "2", SMS_DAILY_LIMITS="500")
    assert product.log.read_text().count('"did_you_mean":"SMS_DAILY_LIMIT"') == 1
    watching = Path(f"/proc/{product.pid}/cmdline").read_text()
    workers = workers_of(product)
    assert list(workers.values()) == [watching] * 2
    gone = min(workers)
    os.kill(gone, signal.SIGKILL)
    until(lambda: len(workers_of(product).keys() - {gone}) == 2)
    assert set(workers_of(product).values()) == {watching}
    [told] = re.findall('.*"a worker has ended".*', product.log.read_text())
    assert f'"pid":{gone},"signal":"SIGKILL"' in told
    assert status(product, "/health/live") == 200
