"""What readers are promised: each vendor and each of its settings is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils.text import slugify

from ingest.connectors import CONNECTORS

ROOT = Path(__file__).parent.parent
# Several connectors take these; they are explained once.
COMMON = {"branch_field", "commit_field", "relay"}


def section(vendor: str) -> str:
    _, _, rest = (ROOT / "docs/vendors.md").read_text().partition(f"\n## {vendor}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_every_setting_of_a_vendor_is_explained_under_its_heading(vendor: str):
    names = {field.name for field in CONNECTORS[vendor].fields} - COMMON
    missing = [name for name in sorted(names) if f"`{name}" not in section(vendor)]
    assert not missing, f"docs/vendors.md, {vendor}: say what {missing} mean"


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_what_a_look_misses_is_told(vendor: str):
    assert CONNECTORS[vendor].capabilities.late_changes_missed
    assert "Not seen by a look" in " ".join(section(vendor).split())


def test_the_settings_that_several_vendors_take_are_explained():
    text = (ROOT / "docs/vendors.md").read_text()
    assert [name for name in COMMON if f"`{name}`" not in text] == []


# Each module that computes a number and the heading that explains it. What only serves
# others, such as a cache, explains nothing.
EXPLAINED = {
    "activity": "Summary",
    "blame": "The day of a fall",
    "causes": "Stand-up",
    "since_then": "As of a moment",
    "change_point": "The day of a fall",
    "compare": "Comparing two runs",
    "executions": "Every execution of a test",
    "failing": "Failing now",
    "failing_history": "Failing now",
    "failing_series": "Failing now",
    "failures": "Failure groups",
    "flakiness": "Flaky tests",
    "flake_figures": "Flaky tests",
    "flaky_case": "Flaky tests",
    "flake_events": "What a test's page says of it",
    "flaky": "Flaky tests",
    "flaky_history": "Flaky tests",
    "flaky_states": "Settled flaky tests",
    "freshness": "Freshness",
    "last_failures": "Failure groups",
    "milestone_days": "Milestone progress",
    "milestones": "Milestone progress",
    "milestones.back_test": "Back-test",
    "milestones.burn_up": "Burn-up",
    "milestones.calibration": "Calibration",
    "milestones.forecast": "Forecast",
    "milestones.past_forecasts": "Back-test",
    "milestones.progress": "Milestone progress",
    "milestones.risk": "Forecast",
    "never_executed": "Completion",
    "newest_finals": "Failing now",
    "other_flaky_rules": "Second opinions",
    "pass_rate": "Pass rate",
    "proof": "Proof of a fix",
    "rates": "Pass rate",
    "reconciliation": "Reconciliation",
    "run_before": "Against the run before",
    "run_durations": "Median run",
    "same_tests": "The same test in several tools",
    "slow": "Slow tests",
    "standup": "Stand-up",
    "status_transitions": "Stand-up",
    "streaks": "Failing now",
    "strips": "Failing now",
    "suites": "Comparing two runs",
    "summary": "Summary",
    "time_lost": "Time lost",
    "without_rows": "Runs without rows",
}
SERVING = {
    *("exact", "histories", "history_rows", "judged_cases", "newest", "tallies"),
    *("milestones.counting", "milestones.finals", "milestones.scope"),
    *("milestones.planned", "milestones.runs"),
    *("flake_analysis", "flake_counts", "history_columns", "messages", "explain"),
    *("flaky_columns", "flaky_moments", "flaky_order", "made_when_asked"),
    "series_rows",
}


def modules_of_metrics() -> list[str]:
    room = ROOT / "dashboard/metrics"
    names = (
        ".".join(path.relative_to(room).with_suffix("").parts).removesuffix(".__init__")
        for path in room.rglob("*.py")
    )
    return sorted(name for name in names if name != "__init__")


@pytest.mark.parametrize("module", modules_of_metrics())
def test_every_metric_is_explained_under_a_heading(module: str):
    if module in SERVING:
        return
    assert module in EXPLAINED, f"name the heading of docs/metrics.md on {module}"
    text = (ROOT / "docs/metrics.md").read_text()
    assert f"\n## {EXPLAINED[module]}\n" in text


def test_every_endpoint_of_a_metric_leads_to_its_explanation():
    found = set()
    for path in (ROOT / "dashboard/api").glob("*.py"):
        found |= set(
            re.findall(r'metric(?:, source)? ?= ?"([a-z-]+)"', path.read_text())
        )
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/metrics.md").read_text(), re.M)
    assert found >= {"summary", "pass-rate", "stand-up", "comparing-two-runs"}
    assert found <= {slugify(heading) for heading in headings}


# The rows of the threat model, without the heads of their tables.
THREATS = [
    line
    for line in (ROOT / "docs/security.md")
    .read_text()
    .partition("\n## A stranger")[2]
    .splitlines()
    if line.startswith("| ") and not line.startswith("| who tries what")
]
NAMED_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_threat_names_a_test_that_there_is():
    for line in THREATS:
        named = NAMED_TEST.findall(line.rstrip(" |").rpartition(" | ")[2])
        assert named, f"docs/security.md names no test of: {line}"
        for path, name in named:
            source = (ROOT / "tests" / path).read_text()
            assert re.search(rf"^def {name}\(", source, re.MULTILINE), (path, name)
    assert len(THREATS) > 70
