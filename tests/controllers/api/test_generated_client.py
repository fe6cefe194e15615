"""A client in Python that is made from the document, by a generator that others use."""

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

from app.controllers.api.docs import FILE
from tests.person import new_phone
from tests.product import Product

GENERATOR = "openapi_python_client"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of its package. Whatever the generator warns of is an error. It is imported by the
    one process of tests that uses it: it takes a second.
    """
    generator, settings = map(import_module, (GENERATOR, f"{GENERATOR}.config"))
    folder = tmp_path_factory.mktemp("generated") / "latchkey_client"
    config = settings.Config.from_sources(
        settings.ConfigFile(post_hooks=[]),
        settings.MetaType.NONE,
        FILE,
        "utf-8",
        overwrite=True,
        output_path=folder,
    )
    assert list(generator.generate(config=config)) == []
    sys.path.insert(0, str(folder.parent))
    yield folder.name
    sys.path.remove(str(folder.parent))


def part(made: str, name: str) -> ModuleType:
    return import_module(f"{made}.{name}")


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
