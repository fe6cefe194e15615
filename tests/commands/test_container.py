"""The container: what its steps are made of, and its own question whether it lives. No runtime of
containers runs here: tests/installed.py does by hand what the image does.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.precompile import precompile
from app.domain import languages
from app.domain.languages import CATALOGUES
from tests.product import PYTHONPATH, Product, free_port

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
CONTAINERFILE = (OPS / "Containerfile").read_text()
COPIED = re.compile(r"^COPY (?:--chmod=\d+ )?((?!--from)\S+(?: \S+)*) \S+$", re.MULTILINE)
DEAD_PROXY = "http://127.0.0.1:1"


def healthy(port: int | str, **env: str) -> bool:
    [line] = re.findall(r"^HEALTHCHECK .*?CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    program, *words = json.loads(line)
    assert program == "python"
    done = subprocess.run(
        [sys.executable, *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PYTHONPATH, "PORT": str(port)} | env,
        capture_output=True,
        timeout=30,
    )
    return done.returncode == 0


def test_all_that_is_copied_is_there_and_not_ignored() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in lines if line.startswith("!")]
    copied = [path for paths in COPIED.findall(CONTAINERFILE) for path in paths.split()]
    assert {"src", "static", "locales", "migrations", "requirements"} <= set(copied)
    for path in copied:
        assert (ROOT / path).exists(), path
        assert any(path == each or path.startswith(f"{each}/") for each in let_in), path


def test_all_catalogues_are_compiled_as_it_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "python -m app.commands.precompile" in CONTAINERFILE
    monkeypatch.setattr(languages, "COMPILED", tmp_path)
    precompile()
    compiled = {path.name.partition(".")[0] for path in tmp_path.glob("*.mo")}
    assert set(CATALOGUES) - compiled <= {"en"}


def test_the_pin_of_the_binding_is_found_for_its_build_from_source(tmp_path: Path) -> None:
    [words] = re.findall(r"sed -n '(.*?)'", CONTAINERFILE)
    pins = ROOT / "requirements" / "run.txt"
    found = subprocess.run(["sed", "-n", words, pins], capture_output=True, text=True).stdout
    assert [line.partition("=")[0] for line in found.splitlines() if line[0] != " "] == [
        "argon2-cffi-bindings"
    ]
    assert "--hash=sha256:" in found


def test_it_is_run_by_a_number_that_is_not_root_and_as_process_one() -> None:
    assert re.findall(r"^USER (\S+)$", CONTAINERFILE, re.MULTILINE) == ["10001:10001"]
    [entry] = re.findall(r"^ENTRYPOINT (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    script = OPS / "container" / Path(json.loads(entry)[0]).name
    assert script.read_text().splitlines()[-1].startswith("exec ")


def test_it_asks_its_own_port_whether_the_process_lives(product: Product) -> None:
    assert "/health/live" in CONTAINERFILE
    assert healthy(product.port)
    assert not healthy(free_port())


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_it_asks_no_proxy(product: Product, name: str) -> None:
    assert healthy(product.port, **{name: DEAD_PROXY})
