"""Each number says what it was made of, and what it says adds up to the number."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from dashboard.models import ProjectChoice, RunJudgement, Verdict
from ingest.contract import Counts
from ingest.models import Result, Run
from ingest.rollups import rebuild_run_days
from tests import clock, factories
from tests.dashboard.api.client import every_page, problem, read
from tests.dashboard.shared import stored_once
from tests.factories import NOW

pytestmark = [pytest.mark.usefixtures("world", "db", "empty_redis")]
HERE = "http://testserver/api/v1/"
METRICS = [
    *("summary", "pass-rate", "failing", "flaky", "failures", "slow", "standup"),
    "reconciliation",
]


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True
    with clock.stopped():
        yield


def make() -> None:
    """Runs of every kind that some number leaves out, at random, the same each time."""
    dice = random.Random(7)
    project = factories.make_project(name="with a branch")
    ProjectChoice.objects.create(project=project, default_branch="main")
    projects = [project, factories.make_project()]
    milestone = factories.make_milestone(project)
    runs = []
    for number in range(24):
        values: dict[str, Any] = {
            "project": dice.choice(projects),
            "branch": dice.choice(["main", "main", "dev", ""]),
            "kind": dice.choice(["automated", "automated", "manual"]),
            "started_at": NOW - timedelta(hours=dice.randrange(1, 2000)),
        }
        if number % 6 == 5:
            values["counts"] = Counts(passed=dice.randrange(9), failed=2, skipped=3)
        if number % 4 == 0 and values["project"] == project:
            values["milestones"] = [milestone]
        run = factories.make_run(**values, vendor_counts=dice.choice([None, {}]))
        if number % 6 != 5:
            letters = "".join(dice.choice("PPPFESBU") for _ in range(9))
            made = factories.make_results(run, letters)
            Result.objects.filter(pk=made[0].pk).update(duration_ms=None)
            if number % 5 == 0:
                Result.objects.filter(pk=made[1].pk).update(removed_at=NOW)
                rebuild_run_days([run.pk])
        runs.append(run)
    Run.objects.filter(pk=runs[1].pk).update(removed_at=NOW)
    Run.objects.filter(pk__in=[runs[2].pk, runs[3].pk]).update(is_outage=True)
    usual = [r for r in runs[4:] if (r.kind, r.branch) == ("automated", "main")]
    of_rows = [run for run in usual if run.detail == "rows"]
    for run, verdict in zip(of_rows, Verdict, strict=False):
        RunJudgement.objects.create(run=run, verdict=verdict, reason="so")


@pytest.fixture(scope="module")
def world(request, django_db_setup, django_db_blocker) -> Iterator[None]:
    with stored_once(request, django_db_blocker, make):
        yield


def explained(answer: Any) -> Any:
    """What the address in `meta.explain` of an answer says."""
    said = read(answer["meta"]["explain"].removeprefix(HERE))
    parts = [said["used"], *said["left_out"]]
    assert sum(part[said["unit"]] for part in parts) == said["stored"]
    behind = read(said["rows"]["url"].removeprefix(HERE))
    assert behind["count"] == said["rows"]["count"]
    for name in ("since", "until", "as_of", "freshness", "explain"):
        assert said["meta"][name] == answer["meta"][name] or said["metric"] == "standup"
    page, _, anchor = said["definition"].partition("#")
    html = Client().get(page.removeprefix("http://testserver")).content.decode()
    assert f'id="{anchor}"' in html
    return said


FILTERS = [
    "",
    "window=7d",
    "window=90d",
    "window=90d&q=case+1",
    "window=90d&branch=dev",
]
FILTERS += ["window=90d&default_branch=0&counted=0", "window=90d&tool=testmo"]


@pytest.mark.parametrize("query", FILTERS)
def test_the_parts_of_a_rate_are_its_denominator(world, query):
    answer = read(f"metrics/summary/?{query}")
    said = explained(answer)
    assert said["used"]["results"] == answer["pass_rate"]["n"]
    left_out = {part["reason"]: part["results"] for part in said["left_out"]}
    assert left_out["undecided"] == answer["results"] - answer["pass_rate"]["n"]
    assert said["meta"]["n_rows"] == answer["meta"]["n_rows"] == said["rows"]["count"]
    assert said["meta"]["n_counts"] == answer["meta"]["n_counts"]
    # Everything that is stored, however the metric is asked for.
    wider = (
        explained(read(f"metrics/summary/?{query}&default_branch=0&counted=0"))
        if ("default_branch" not in query)
        else said
    )
    assert wider["stored"] == said["stored"]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("query", FILTERS[2:5])
def test_what_is_used_and_what_is_left_out_add_up(world, metric, query):
    if metric == "reconciliation":
        query = query.replace("&q=case+1", "")
    answer = read(f"metrics/{metric}/?{query}")
    said = explained(answer)
    assert said["denominator"]
    if metric == "failures":
        rows = every_page(f"metrics/failures/?{query}")
        assert said["used"]["results"] == sum(row["results"] for row in rows)
    if metric == "slow":
        rows = every_page(f"metrics/slow/?{query}")
        assert said["used"]["results"] == sum(row["n"] for row in rows)
    if metric == "pass-rate":
        (series,) = answer["results"]
        assert said["used"]["results"] == sum(p["n"] for p in series["points"])
    if metric == "reconciliation":
        assert said["used"]["runs"] == answer["count"]


def test_every_reason_is_met(world):
    met: Counter[str] = Counter()
    for metric in METRICS:
        said = explained(read(f"metrics/{metric}/?window=90d"))
        met.update(p["reason"] for p in said["left_out"] if p["runs"] or p["results"])
        assert all(part["sentence"] for part in said["left_out"])
    assert set(met) == {
        *("removed", "excluded", "other_branch", "counts_only", "manual", "outage"),
        *("excluded_from_flakiness", "undecided", "not_passed", "not_failed"),
        *("no_duration", "no_vendor_totals"),
    }


def test_progress_is_explained_by_the_rows_of_the_milestone(world):
    (milestone,) = read("milestones/")["results"]
    answer = read(f"milestones/{milestone['id']}/progress/")
    said = explained(answer)
    assert said["used"]["results"] == answer["meta"]["n_rows"]
    left_out = {part["reason"]: part["results"] for part in said["left_out"]}
    assert left_out["counts_only"] == answer["meta"]["n_counts"]


def test_a_comparison_is_explained_by_what_both_runs_decided():
    project = factories.make_project()
    base, head = factories.make_run(project), factories.make_run(project)
    cases = [f"case {number}" for number in range(8)]
    factories.make_results(base, "PPFFSPFP", cases=cases)
    factories.make_results(head, "PFFPPSS", cases=cases[:7])
    answer = read(f"metrics/compare/?base={base.pk}&head={head.pk}")
    counts = answer["counts"]
    both = ("regression", "fixed", "still_failing", "still_passing")
    decided = sum(counts.values()) + sum(counts[name] for name in both)
    assert explained(answer)["used"]["results"] == decided


def test_a_comparison_of_the_past_is_explained_as_of_then():
    project = factories.make_project()
    base, head = factories.make_run(project), factories.make_run(project)
    for run in (base, head):
        factories.make_results(run, "PPF", cases=["a", "b", "c"])
    then = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    answer = read(f"metrics/compare/?base={base.pk}&head={head.pk}&as_of={then}")
    said = explained(answer)
    assert said["meta"]["as_of"] == then
    assert f"as_of={then}" in unquote(said["rows"]["url"])
    assert (said["rows"]["count"], said["used"]["results"]) == (3, 6)


def test_an_explanation_takes_the_filters_of_its_number_only(world):
    assert list(problem("metrics/flaky/explain/?limit=1")) == ["limit"]
    assert list(problem("metrics/summary/explain/?status=failed")) == ["status"]
    assert list(problem("metrics/compare/explain/?base=999999999")) == ["base"]
    missing = Client().get("/api/v1/milestones/999999/progress/explain/")
    assert missing.status_code == 404
