"""What refusals mean: a page for each code that the product can answer with."""

import re
from pathlib import Path

import pytest

import app.main  # noqa: F401 - imports every refusal
from app.controllers.problems import ADVICE, ADVICE_OF, GENERAL, list_problems
from app.domain.errors import Refusal
from tests.person import Person
from tests.product import Product

SOURCE = Path(__file__).parents[2] / "src/app"
OWN_CODE = re.compile(r'^    code(?:: \w+\[\w+\])? = "(\w+)"$', re.MULTILINE)
ELSEWHERE = {"refused"}  # of the base, which is never raised


def codes_of_source() -> list[str]:
    paths = [path for path in SOURCE.rglob("*.py") if SOURCE / "dev" not in path.parents]
    return [code for path in paths for code in OWN_CODE.findall(path.read_text())]


def test_every_refusal_has_its_page_and_a_code_that_no_other_has() -> None:
    codes = [code for code in codes_of_source() if code not in ELSEWHERE]
    assert len(codes) > 70
    assert len({*codes}) == len(codes)
    assert {*codes} - {one.code for one in list_problems()} == set()


def test_every_problem_says_what_happened_in_words_of_its_own() -> None:
    said = {one.code: str(one.happened) for one in list_problems()}
    assert [code for code, words in said.items() if words == str(Refusal.message)] == []
    assert [code for code, words in said.items() if "%(" in words] == []
    assert {*GENERAL, *ADVICE_OF} - {*said} == set()
    assert {one.status for one in list_problems()} == {*ADVICE}


def test_a_page_says_what_happened_and_what_to_do(product: Product) -> None:
    answer = Person(product).get("/problems/wrong_code")
    assert answer.status == 200
    assert "That isn’t the code we sent." in answer.html
    assert "What to do" in answer.html
    assert answer.response.headers["cache-control"].startswith("public")


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_credentials", "Change what was entered, then send it again."),
        ("unknown_handle", "Start again from the first step."),
        ("expired_code", "Ask for a new code, and enter that one."),
        ("call_under_way", "Send the same call with the same key again"),
        ("bad_field", "Correct the request"),
        ("out_of_step", "Continue with the next step."),
    ],
)
def test_what_to_do_fits_a_refusal_that_differs_from_others_of_its_status(
    code: str, advice: str
) -> None:
    [said] = [str(one.advice) for one in list_problems() if one.code == code]
    assert said.startswith(advice)


def test_a_page_is_in_the_language_of_its_reader(product: Product) -> None:
    html = Person(product).get("/problems/too_soon", **{"accept-language": "de"}).html
    assert "Was Sie tun können" in html
    assert "Eine weitere Nachricht wurde angefordert" in html


def test_the_index_leads_to_all_of_them(product: Product) -> None:
    html = Person(product).get("/problems").html
    listed = re.findall(r'href="/problems/(\w+)"', html)
    assert sorted(listed) == sorted(one.code for one in list_problems())


@pytest.mark.parametrize("code", ["nothing", "refused", "nobody_chosen"])
def test_a_code_that_is_none_is_not_found(product: Product, code: str) -> None:
    assert Person(product).get(f"/problems/{code}").status == 404
