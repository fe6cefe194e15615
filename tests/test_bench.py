"""What `make bench` is told, and what it ends with."""

import subprocess

import pytest
from bench.table import Figure

from tests.test_house import ROOT


@pytest.mark.parametrize("parts", [[], ["scale"], ["sessions", "logins"]])
def test_parts_are_named_after_it(parts: list[str]) -> None:
    command = ["make", "-n", "--no-print-directory", "bench", *parts]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    [asked] = [line for line in run.stdout.splitlines() if "-m bench" in line]
    assert asked.split("-m bench")[1].split() == parts


def test_only_what_must_hold_fails_a_run() -> None:
    def figure(number: float, *, must: bool) -> Figure:
        return Figure("rows", "", "", number, 10, "rows", most=True, must=must)

    assert figure(11, must=True).fails
    assert not figure(10, must=True).fails
    assert not figure(11, must=False).fails
