"""Metrics of the REST API: their shape, their meta block, their doors."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ingest.contract import Counts
from tests import clock, factories
from tests.dashboard.api.client import every_page, problem, read
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
METRICS = ["summary", "pass-rate", "failing", "flaky", "slow", "reconciliation"]
POINT = {
    *("t", "passed", "failed", "error", "skipped", "blocked", "untested", "running"),
    *("unknown", "n", "value", "low", "high"),
}


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project():
    project = factories.make_project(factories.make_connection("Testmo"))
    factories.make_history(project, "PPFPF", branch="main")
    factories.make_run(project, counts=Counts(passed=7, failed=1, skipped=2))
    return project


@pytest.mark.parametrize("metric", METRICS)
def test_every_answer_says_what_it_was_made_of(project, metric):
    stale = factories.make_connection(last_success_at=NOW - timedelta(hours=1))
    failing = factories.make_connection(last_error="Refused.")
    before = clock.now()
    meta = read(f"metrics/{metric}/?window=7d")["meta"]
    until = datetime.fromisoformat(meta.pop("until"))
    since = datetime.fromisoformat(meta.pop("since"))
    assert before <= until <= clock.now()
    assert until - since == timedelta(days=7)
    address = f"http://testserver/api/v1/metrics/{metric}/explain/?since="
    assert meta.pop("explain").startswith(address)
    oldest = stale.last_success_at.isoformat().replace("+00:00", "Z")
    assert meta == {
        "as_of": None,
        "n_rows": 5,
        "n_counts": 10,
        "freshness": {
            "oldest_success_at": oldest,
            "stale": [stale.pk],
            "failing": [failing.pk],
        },
    }


def test_the_summary_gives_both_windows(project):
    since = (NOW - timedelta(hours=20)).isoformat().replace("+00:00", "Z")
    answer = read(f"metrics/summary/?since={since}")
    figures = {
        *("runs", "results", "counts", "pass_rate", "plan_pass_rate", "completion"),
        *("failing_now", "flaky", "time_lost_ms", "never_executed"),
    }
    assert set(answer) == figures | {"meta", "previous"}
    assert set(answer["previous"]) == figures | {"since", "until"}
    assert set(answer["pass_rate"]) == {"value", "low", "high", "n"}
    assert answer["previous"]["until"] == answer["meta"]["since"]
    assert (answer["runs"], answer["results"]) == (5, 14)
    assert answer["pass_rate"]["value"] == 9 / 12
    assert answer["plan_pass_rate"] == 9 / 14
    assert answer["completion"] == 12 / 14
    assert answer["failing_now"] == 1
    assert (answer["previous"]["runs"], answer["previous"]["failing_now"]) == (1, 0)


def test_without_any_result_rates_are_null_and_counts_are_zero():
    answer = read("metrics/summary/")
    assert answer["pass_rate"] == {"value": None, "low": None, "high": None, "n": 0}
    assert answer["plan_pass_rate"] is None
    assert answer["counts"]["total"] == 0
    assert answer["meta"]["freshness"]["oldest_success_at"] is None
    (series,) = read("metrics/pass-rate/")["results"]
    assert series["points"] == []


@pytest.mark.parametrize("bucket", ["day", "week", "run"])
@pytest.mark.parametrize(
    "by",
    ["project", "tool", "source", "configuration", "milestone", "branch", "none"],
)
def test_pass_rates_come_as_series_of_points(project, bucket, by):
    answer = read(f"metrics/pass-rate/?bucket={bucket}&by={by}")
    assert set(answer) == {"meta", "results"}
    points = [point for series in answer["results"] for point in series["points"]]
    for series in answer["results"]:
        assert set(series) == {"key", "label", "points"}
    for point in points:
        assert set(point) == POINT | ({"run"} if bucket == "run" else set())
    summary = read("metrics/summary/")
    assert sum(point["n"] for point in points) == summary["pass_rate"]["n"]


def test_series_are_named_by_what_they_stand_for(project):
    def named(by: str) -> list[tuple[object, str]]:
        answer = read(f"metrics/pass-rate/?by={by}")
        return [(row["key"], row["label"]) for row in answer["results"]]

    assert named("project") == [(project.pk, project.name)]
    assert named("tool") == [("testmo", "Testmo")]
    assert named("branch") == [("main", "main"), (None, "No branch")]
    assert named("none") == [(None, "All results")]


def test_a_week_begins_on_monday(project):
    (series,) = read("metrics/pass-rate/?bucket=week")["results"]
    for point in series["points"]:
        begins = datetime.fromisoformat(point["t"])
        assert (begins.weekday(), begins.hour) == (0, 0)


def test_failing_cases_come_longest_first_and_page_like_a_list():
    project = factories.make_project()
    for number in range(5):
        factories.make_history(
            project,
            "PS" + "F" * (number + 1),
            case=f"case {number}",
            every=timedelta(hours=1),
        )
    answer = read("metrics/failing/")
    assert [row["streak"] for row in answer["results"]] == [5, 4, 3, 2, 1]
    row = answer["results"][-1]
    fields = {"case", "since_run", "since", "streak", "strip"}
    assert set(row) == {*fields, "configuration", "branch"}
    assert set(row["case"]) == {"id", "key", "name", "folder", "project"}
    assert row["strip"] == "PSF"
    assert answer["count"] == read("metrics/summary/")["failing_now"] == 5
    assert every_page("metrics/failing/?limit=2") == answer["results"]


def two_series(chrome: str, firefox: str, days: int) -> None:
    """Of one case, an hour apart; those in Firefox end so many days ago. Another case
    passes now.
    """
    project, every = factories.make_project(), timedelta(hours=1)
    factories.make_history(
        project, chrome, every=every, configuration="Chrome", branch="main"
    )
    until = NOW - timedelta(days=days)
    factories.make_history(
        project,
        firefox,
        every=every,
        until=until,
        configuration="Firefox",
        branch="dev",
    )
    factories.make_history(project, "P", case="case 2", configuration="Chrome")


def test_a_failing_case_names_the_series_that_fails_and_shows_its_strip():
    two_series("PPPPS", "PF", days=1)
    (row,) = read("metrics/failing/")["results"]
    assert (row["configuration"], row["branch"]) == ("Firefox", "dev")
    assert (row["strip"], row["streak"]) == ("PF", 1)
    assert read("metrics/failing/?retired=0")["results"] == [row]
    assert read("metrics/failing/?retired=1")["results"] == []


def test_what_failed_when_last_run_stands_apart():
    two_series("PPPPS", "PSFF", days=10)
    assert read("metrics/failing/")["results"] == []
    assert read("metrics/summary/")["failing_now"] == 0
    (row,) = read("metrics/failing/?retired=1")["results"]
    assert (row["configuration"], row["branch"]) == ("Firefox", "dev")
    assert (row["strip"], row["streak"]) == ("PSFF", 2)
    # In a shorter window it is not even seen.
    assert read("metrics/failing/?retired=1&window=7d")["results"] == []


def test_retired_is_one_or_nought():
    assert "none of 0, 1" in str(problem("metrics/failing/?retired=yes"))


def test_a_strip_holds_the_last_thirty_outcomes():
    project = factories.make_project()
    letters = "P" * 5 + "FESBUR?" + "PF" * 12
    factories.make_history(project, letters, every=timedelta(hours=1))
    (row,) = read("metrics/failing/")["results"]
    assert row["strip"] == letters.replace("R", "U").replace("?", "U")[-30:]


def test_reconciliation_gives_both_totals_and_their_difference():
    run = factories.make_run(vendor_counts={"passed": 3, "failed": 1})
    factories.make_results(run, "PPF")
    answer = read("metrics/reconciliation/")
    (row,) = answer["results"]
    assert (row["run"], row["basis"], row["agrees"]) == (run.pk, "status", False)
    assert row["vendor"]["passed"] == 3
    assert row["ours"]["passed"] == 2
    assert row["difference"]["passed"] == -1
    assert row["difference"]["failed"] == 0


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("status=failed", "status"),
        ("latest=1", "latest"),
        ("final=1", "final"),
        ("as_of=2199-01-01", "as_of"),
        ("sort=name", "sort"),
        ("colour=red", "colour"),
        ("milestone=999999", "milestone"),
        ("window=7d&until=2026-01-01", "window"),
        ("format=xml", "format"),
    ],
)
def test_what_a_metric_does_not_take_is_named(metric, query, parameter):
    assert list(problem(f"metrics/{metric}/?{query}")) == [parameter]


@pytest.mark.parametrize("query", ["bucket=hour", "bucket=", "by=owner", "by=run"])
def test_an_unknown_bucket_or_group_is_named(query):
    name = query.partition("=")[0]
    assert list(problem(f"metrics/pass-rate/?{query}")) == [name]


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_takes_the_filters_on_runs(project, metric):
    everything = read(f"metrics/{metric}/")["meta"]
    for query in (
        f"project={project.pk}",
        "connection=Testmo",
        "tool=testmo",
        "q=",
        "window=90d",
    ):
        meta = read(f"metrics/{metric}/?{query}")["meta"]
        assert meta["n_rows"] == everything["n_rows"] == 5
    assert read(f"metrics/{metric}/?branch=main")["meta"]["n_counts"] == 0
    assert read(f"metrics/{metric}/?q=case")["meta"]["n_counts"] == 0


@pytest.mark.parametrize("name", ["results", "runs"])
def test_a_number_is_the_count_of_the_list_behind_it(project, name):
    query = "window=7d" + ("&final=1" if name == "results" else "")
    answer = read("metrics/summary/?window=7d")
    number = answer["meta"]["n_rows"] if name == "results" else answer["runs"]
    assert read(f"{name}/?{query}")["count"] == number


@pytest.mark.parametrize("many", [10, 50])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # Two of each set the longest time that a query may take, and take it back; one
        # is for the ETag.
        ("summary/", 35),
        ("pass-rate/?by=project", 10),
        ("pass-rate/?by=milestone&bucket=run", 12),
    ],
)
def test_queries_of_a_metric_do_not_grow(
    many, path, queries, django_assert_max_num_queries
):
    for number in range(many):
        project = factories.make_project(factories.make_connection())
        milestone = factories.make_milestone(project, f"m {number}")
        run = factories.make_run(project, milestones=[milestone])
        factories.make_results(run, "PF")
    with django_assert_max_num_queries(queries):
        read(f"metrics/{path}")
