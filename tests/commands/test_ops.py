"""The files of ops/ by the programs that know them, and the settings in them by the product."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.settings import read_settings
from app.web.server import GRACE
from tests.commands.running import PRODUCTION
from tests.ops import OPS, environment_file, unit, words_of
from tests.ops_setup import installed
from tests.servers_setup import found, missing

UNITS = ("latchkey@.service", "latchkey-migrate.service")
MANIFESTS = ("latchkey.yaml", "migrate.yaml")
KUBERNETES = ("1.31", "1.34")
SECRETS = PRODUCTION | {
    "DATABASE_URL": "postgresql://latchkey:secret@db.example.org/latchkey",
    "REDIS_URL": "redis://cache.example.org:6379/0",
    "OPS_TOKEN": "c7d1f04b9a3e4e1cb6f5a2d8e0937b64",
}
READS_YAML = "import json, sys, yaml; print(json.dumps([*yaml.safe_load_all(sys.stdin)]))"
CHECKS_COMPOSE = """
import json, sys
from compose_spec import PyCompose
try:
    PyCompose.from_json(sys.stdin.read()).validate()
except ValueError as error:
    sys.exit(str(error))
"""


def ran(*command: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120)


def documents(path: Path) -> list[Any]:
    read: list[Any] = json.loads(as_json(path))
    return read


@cache
def as_json(path: Path) -> str:
    return ran(installed() / "python", "-c", READS_YAML, given=path.read_text()).stdout


def manifests() -> list[Any]:
    return [each for name in MANIFESTS for each in documents(OPS / "kubernetes" / name)]


def compose() -> Any:
    return documents(OPS / "compose" / "compose.yaml")[0]


# The container


def hadolint(text: str) -> str:
    return ran(installed() / "hadolint", "--no-color", "-", given=text).stdout


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    text = (OPS / "Containerfile").read_text()
    assert hadolint(text) == ""
    assert "DL3002" in hadolint(text.replace("USER 10001:10001", "USER root"))


# Kubernetes


def problems_of(path: Path, version: str) -> str:
    done = ran(installed() / "kubernetes-validate", "--strict", "--quiet", "-k", version, path)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", MANIFESTS)
def test_the_manifests_are_those_of_kubernetes(name: str, version: str) -> None:
    assert problems_of(OPS / "kubernetes" / name, version) == ""


def test_a_field_that_kubernetes_does_not_know_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    text = (OPS / "kubernetes" / "latchkey.yaml").read_text()
    wrong.write_text(text.replace("minAvailable: 1", "leastAvailable: 1"))
    assert "leastAvailable" in problems_of(wrong, KUBERNETES[-1])


def test_no_ingress_leads_to_what_is_for_operators() -> None:
    """Nor with a slash behind it, which the server takes for the same path."""
    [ingress] = [each for each in manifests() if each["kind"] == "Ingress"]
    [rule] = ingress["spec"]["rules"]
    inside = {
        path["path"]: path["pathType"]
        for path in rule["http"]["paths"]
        if path["backend"]["service"]["name"] == "latchkey-nothing"
    }
    assert inside == {"/metrics": "Prefix", "/health": "Prefix"}


# Compose


def test_the_compose_file_is_one_whose_parts_are_all_there() -> None:
    python, right = installed() / "python", compose()
    assert ran(python, "-c", CHECKS_COMPOSE, given=json.dumps(right)).stderr == ""
    del right["networks"]["back"]
    assert "back" in ran(python, "-c", CHECKS_COMPOSE, given=json.dumps(right)).stderr


def test_what_compose_mounts_and_builds_is_there() -> None:
    services, here = compose()["services"], OPS / "compose"
    build = services["app"]["build"]
    assert (here / build["context"] / build["dockerfile"]).is_file()
    assert (here / services["app"]["env_file"]).is_file()
    mounted = [volume.split(":")[0] for volume in services["caddy"]["volumes"]]
    assert (here / mounted[0]).is_file()


# systemd


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """With a program that is there: of one that is not, only that would be told."""
    made = []
    for name in UNITS:
        path = tmp_path / name.replace("@.", "@8000.")
        text = (OPS / "systemd" / name).read_text()
        path.write_text(text.replace("/opt/latchkey/bin/latchkey", "/bin/true"))
        made.append(path)
    return made


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = found("systemd-analyze")
    assert program, missing("systemd-analyze")
    return ran(program, *words)


def test_systemd_finds_nothing_wrong_with_the_units(units: list[Path]) -> None:
    done = analyze("verify", *units)
    assert (done.returncode, done.stderr) == (0, "")
    units[0].write_text(units[0].read_text().replace("Type=exec", "Type=exact"))
    assert "service type" in analyze("verify", *units).stderr


def test_the_units_may_do_little(units: list[Path]) -> None:
    """Of 100, by systemd's own count; a unit that says nothing has 96."""
    for path in units:
        done = analyze("security", "--offline=true", "--threshold=25", path)
        assert done.returncode == 0, done.stdout[-200:]


# The settings in them


def accepted(env: dict[str, str], folder: Path) -> bool:
    """With the secrets filled in, those of files in files."""
    given = {name: value for name, value in env.items() if not name.endswith("_FILE")}
    given |= {
        name: SECRETS[name] for name, value in given.items() if value == "" and name in SECRETS
    }
    for name in env.keys() - given.keys():
        secret = name.removesuffix("_FILE")
        assert re.fullmatch(rf"/run/secrets/(latchkey/)?{secret.lower()}", env[name]), env[name]
        (folder / secret).write_text(SECRETS[secret] + "\n")
        given[name] = str(folder / secret)
    settings = read_settings(given)
    return settings.is_production and bool(settings.ops_token)


def test_the_settings_for_systemd_are_taken(tmp_path: Path) -> None:
    assert accepted(environment_file(OPS / "systemd" / "latchkey.env"), tmp_path)


def test_the_settings_for_compose_are_taken(tmp_path: Path) -> None:
    app = compose()["services"]["app"]
    env = environment_file(OPS / "compose" / app["env_file"]) | app["environment"]
    assert accepted(env, tmp_path)
    secrets = {name.removesuffix("_FILE").lower() for name in env if name.endswith("_FILE")}
    assert set(app["secrets"]) == secrets <= compose()["secrets"].keys()


def test_the_settings_for_kubernetes_are_taken(tmp_path: Path) -> None:
    [settings] = [each for each in manifests() if each["kind"] == "ConfigMap"]
    assert accepted(settings["data"], tmp_path)


# How long a stop may take, everywhere longer than the product takes itself


def test_nobody_kills_a_server_that_is_still_draining() -> None:
    drained = GRACE + read_settings({"ENVIRONMENT": "development"}).drain_seconds
    [by_systemd] = words_of(unit("latchkey@.service"), "TimeoutStopSec")
    by_compose = compose()["services"]["app"]["stop_grace_period"]
    [deployment] = [each for each in manifests() if each["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    slept = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert int(by_systemd) > drained
    assert int(by_compose.removesuffix("s")) > drained
    assert pod["terminationGracePeriodSeconds"] > slept + drained
