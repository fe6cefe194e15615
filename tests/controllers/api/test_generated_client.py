"""A client in Python that is made from the document, by a generator that others use."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from app.controllers.api.reference import FILE
from tests.person import new_phone
from tests.product import Product


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of its package. Whatever the generator warns of is an error."""
    folder = tmp_path_factory.mktemp("generated") / "latchkey_client"
    config = Config.from_sources(
        ConfigFile(post_hooks=[]), MetaType.NONE, FILE, "utf-8", overwrite=True, output_path=folder
    )
    assert list(generate(config=config)) == []
    sys.path.insert(0, str(folder.parent))
    yield folder.name
    sys.path.remove(str(folder.parent))


def part(made: str, name: str) -> ModuleType:
    return importlib.import_module(f"{made}.{name}")


def test_it_begins_a_sign_up_and_is_given_what_the_document_says(
    made: str, product: Product
) -> None:
    models = part(made, "models")
    with part(made, "client").Client(product.url) as client:
        call = part(made, "api.sign_up.post_signup_phone")
        state = call.sync(client=client, body=models.SignupPhoneBody(phone=new_phone()))
    assert isinstance(state, models.FlowState)
    assert state.step == models.StepName.PHONE_CODE


def test_it_reads_problems(made: str, product: Product) -> None:
    models = part(made, "models")
    with part(made, "client").Client(product.url) as client:
        call = part(made, "api.sign_up.post_signup_phone")
        problem = call.sync(client=client, body=models.SignupPhoneBody(phone="nobody"))
    assert isinstance(problem, models.Problem)
    assert (problem.code, problem.field) == ("bad_phone", "phone")
