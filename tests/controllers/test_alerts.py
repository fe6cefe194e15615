"""The alerts: each fires, and names a page that says what to do."""

import re
import subprocess

from tests.metrics import ALERTS
from tests.test_house import ROOT

FIRED = ROOT / "tests/prometheus/alerts_test.yml"
PAGES = ROOT / "docs/alerts"


def alerts() -> dict[str, dict[str, str]]:
    """By name, what each says of itself, as it is written there."""
    told = ALERTS.read_text().split("- alert: ")[1:]
    facts = re.compile(r"^\s+(for|summary|runbook_url): (.+)$", re.MULTILINE)
    return {rule.split("\n")[0]: dict(facts.findall(rule)) for rule in told}


def promtool(*words: str) -> str:
    told = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_promtool_takes_the_rules_and_makes_every_alert_fire_once() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", str(ALERTS))
    assert "SUCCESS" in promtool("test", "rules", str(FIRED))
    made = re.findall(r"alertname: (\w+)\n.*\n\s+exp_alerts:\n\s+- exp_labels", FIRED.read_text())
    assert sorted(made) == sorted(alerts())


def test_every_alert_names_a_page_that_says_what_to_do() -> None:
    named = {told["runbook_url"]: name for name, told in alerts().items()}
    for path, name in named.items():
        text = (ROOT / path).read_text()
        assert name in text
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "What you see", "What it means", "What to do",
        ]  # fmt: skip
    written = {f"docs/alerts/{page.name}" for page in PAGES.glob("*.md")}
    assert written - {"docs/alerts/README.md"} == set(named)
    listed = (PAGES / "README.md").read_text()
    assert all(name in listed for name in alerts())
