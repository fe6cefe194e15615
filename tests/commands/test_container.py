"""The container's own question whether it lives, as its engine asks it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import Product, free_port

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "ops" / "Containerfile").read_text()
DEAD_PROXY = "http://127.0.0.1:1"


def healthy(port: int | str, **env: str) -> bool:
    [line] = re.findall(r"^HEALTHCHECK .*?CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    program, *words = json.loads(line)
    assert program == "python"
    told = subprocess.run(
        [sys.executable, *words],
        env={"PATH": os.environ["PATH"], "PORT": str(port)} | env,
        capture_output=True,
        timeout=30,
    )
    return told.returncode == 0


def test_it_has_all_languages_and_compiles_their_templates_as_it_is_built() -> None:
    [code] = re.findall(r"^RUN .*python -c \\\n +\"(.*)\"$", CONTAINERFILE, re.MULTILINE)
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": "src"}, check=True, timeout=120
    )
    assert "\nCOPY locales locales\n" in CONTAINERFILE


def test_it_asks_its_own_port_whether_the_process_lives(product: Product) -> None:
    assert "/health/live" in CONTAINERFILE
    assert healthy(product.port)
    assert not healthy(free_port())


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_it_asks_no_proxy(product: Product, name: str) -> None:
    assert healthy(product.port, **{name: DEAD_PROXY})
