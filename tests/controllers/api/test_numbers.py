"""Test numbers: a fixed code and no text, for reviewers of app stores and automatic tests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.domain.identity.fixed_codes import TestNumbers
from app.settings import BadSettings, read_settings
from tests.client import Client, problem_of
from tests.commands.test_addresses import SET_UP, problems
from tests.person import Person, new_email, new_phone
from tests.product import GENEROUS, NO_TLS, Product
from tests.stores import Stores

NUMBER, CODE = "+12025550143", "246810"
TODAY = datetime.now(UTC).date()
NOT_RESERVED = ["+46701740604", "+447700900123", "+12025550200", "+46701234567", "12025550143"]
RESERVED = ["+46701740605", "+46701740699", "+12025550199", "+14165550100", "+61491570006"]


@pytest.fixture(scope="module")
def reviewed(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder: Path = tmp_path_factory.mktemp("reviewed")
    env = {"TEST_NUMBERS": f"{NUMBER}={CODE}", "OPS_TOKEN": "ops"}
    database = stores.new_database()
    with Product(folder, database, f"{stores.redis_url}?db=0", limits=GENEROUS, **env) as product:
        yield product


def test_its_code_is_fixed_and_no_text_is_sent(reviewed: Product) -> None:
    with Client(reviewed) as client:
        client.post("/signup/phone", phone=NUMBER)
        assert problem_of(client.post("/signup/phone-code", code="135791"))[1] == "wrong_code"
        assert client.post("/signup/phone-code", code=CODE).json()["step"] == "email"
    assert reviewed.codes_for(NUMBER) == []


def test_pages_take_it_too(reviewed: Product) -> None:
    person = Person(reviewed)
    person.submit("/login/phone", phone=NUMBER)
    assert person.submit("/login/phone-code", code=CODE).path == "/signup/email"


def test_any_other_number_gets_a_text_as_ever(reviewed: Product) -> None:
    phone = new_phone()
    with Client(reviewed) as client:
        client.post("/signup/phone", phone=phone)
        assert problem_of(client.post("/signup/phone-code", code=CODE))[1] == "wrong_code"
        assert client.post("/signup/phone-code", code=client.code(phone)).status_code == 200
        email = new_email()
        client.post("/signup/email", email=email)
        assert client.code(email)


def test_health_tells_of_them(reviewed: Product) -> None:
    told = httpx.get(
        f"{reviewed.url}/health/test-numbers",
        headers={"authorization": "Bearer ops"},
        verify=NO_TLS,
    ).json()
    assert told["status"] == "warn"
    assert "1 numbers have a fixed code" in str(told)


@pytest.mark.parametrize("number", RESERVED)
def test_numbers_that_are_given_to_nobody_are_taken(number: str) -> None:
    settings = read_settings({"ENVIRONMENT": "development", "TEST_NUMBERS": f"{number}={CODE}"})
    assert settings.fixed_codes.judge(number, CODE)


@pytest.mark.parametrize("number", NOT_RESERVED)
def test_any_other_is_refused(number: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({"ENVIRONMENT": "development", "TEST_NUMBERS": f"{number}={CODE}"})
    assert f"fiction: {number} isn't" in str(refused.value)


def test_production_takes_them_for_thirty_days() -> None:
    numbers = {"TEST_NUMBERS": f"{NUMBER}={CODE}"}
    [problem] = problems(**numbers)
    assert problem.startswith("TEST_NUMBERS in production also needs TEST_NUMBERS_UNTIL")
    latest = TODAY + timedelta(days=30)
    assert read_settings(SET_UP | numbers | {"TEST_NUMBERS_UNTIL": str(latest)}).test_numbers
    [problem] = problems(**numbers, TEST_NUMBERS_UNTIL=str(latest + timedelta(days=1)))
    assert problem == f"TEST_NUMBERS_UNTIL must be within 30 days, so at most {latest}."
    found = problems(**numbers, TEST_NUMBERS_UNTIL="soon")
    assert "TEST_NUMBERS_UNTIL must be a day such as 2026-12-24." in found


def test_after_that_day_they_are_numbers_like_any_other() -> None:
    over = TestNumbers({NUMBER: CODE}, TODAY - timedelta(days=1))
    assert over.judge(NUMBER, CODE) is None
    assert not over.include(NUMBER)
    assert "take them out" in over.describe()
    assert TestNumbers({NUMBER: CODE}, TODAY).judge(NUMBER, CODE)
