"""Runs that a person excluded from every number: what leaves them out, and says so."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db.models import F

from dashboard.annotations.runs import exclude, leave_to_the_rule
from dashboard.filters import Filters, with_what_counts
from dashboard.metrics.run_before import previous_run
from dashboard.metrics.streaks import failing_streaks
from dashboard.precomputed.milestones import progress
from dashboard.precomputed.precompute import precompute
from dashboard.precomputed.summary import summary
from ingest.models import Case, Milestone, Project, Run
from tests.dashboard.page_reader import text_of
from tests.factories import NOW, make_milestone, make_project, make_results, make_run

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def project() -> Project:
    return make_project(name="Web shop")


@pytest.fixture
def milestone(project) -> Milestone:
    return make_milestone(project, "v1", due_at=NOW + 9 * 24 * HOUR)


@pytest.fixture
def broken(project, milestone) -> Run:
    """The newest of three runs; two tests fail in it that passed before."""
    for hours, letters in ((50, "PPP"), (26, "PPP")):
        run = make_run(project, started_at=NOW - hours * HOUR, milestones=[milestone])
        make_results(run, letters)
    run = make_run(
        project, name="Broken", started_at=NOW - 2 * HOUR, milestones=[milestone]
    )
    make_results(run, "FFPP")
    exclude(run, reason="No disk", by="mara", from_every_number=True)
    return run


def read(client, address: str):
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


@pytest.fixture
def public(settings, client):
    settings.PUBLIC_READ = True
    return client


def test_every_metric_of_the_api_leaves_it_out(broken, milestone, public):
    whole = read(public, "metrics/summary/")
    assert (whole["runs"], whole["counts"]["total"]) == (2, 6)
    assert (whole["pass_rate"]["value"], whole["failing_now"]) == (1.0, 0)
    assert read(public, "metrics/failing/")["results"] == []
    assert read(public, "metrics/failures/")["results"] == []
    assert read(public, "metrics/standup/")["newly_failing"] == []
    found = read(public, f"milestones/{milestone.pk}/progress/")
    assert (found["counts"]["passed"], found["counts"]["failed"]) == (3, 0)
    with_it = read(public, "metrics/summary/?counted=0")
    assert (with_it["runs"], with_it["failing_now"]) == (3, 2)


def test_lists_hold_it_unless_they_are_told_not_to(broken, public):
    runs = read(public, "runs/")["results"]
    assert [run["excluded"] for run in runs] == [True, False, False]
    assert read(public, "runs/?counted=1")["count"] == 2
    assert read(public, "results/?final=1")["count"] == 10
    assert read(public, "results/?final=1&counted=1")["count"] == 6
    case = Case.objects.get(name="case 1").pk
    assert read(public, f"runs/?case={case}")["count"] == 3
    assert read(public, f"runs/{broken.pk}/results/")["count"] == 4
    assert read(public, f"runs/{broken.pk}/")["counts"]["failed"] == 2
    first = Run.objects.order_by("at").first().pk
    compared = read(public, f"metrics/compare/?base={first}&head={broken.pk}")
    assert compared["counts"]["regression"] == 2


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/flaky/",
        "/failures/",
        "/standup/",
        "/projects/{project}/",
        "/cases/{case}/",
        "/milestones/{milestone}/",
        "/results/?window=30d&counted=1",
    ],
)
def test_pages_say_that_their_numbers_leave_it_out(
    broken, project, milestone, public, path
):
    case = Case.objects.get(name="case 1").pk
    path = path.format(project=project.pk, case=case, milestone=milestone.pk)
    page = text_of(public.get(path))
    assert "1 run is left out." in page
    href = page.split("See the run</a>")[0].rpartition('href="')[2].partition('"')[0]
    listed = text_of(public.get(href))
    assert "Runs excluded from every number" in listed
    assert listed.count(">excluded</span>") > 0
    assert "Broken" in listed
    leave_to_the_rule(broken, by="mara")
    assert "left out." not in text_of(public.get(path))


def test_pages_without_it_in_their_numbers_say_nothing(broken, public):
    for path in (
        "/runs/",
        "/results/",
        "/cases/",
        "/flaky/?since=2020-01-01&until=2020-01-02",
    ):
        assert "run is left out." not in text_of(public.get(path))
    other = make_project()
    make_results(make_run(other), "P")
    assert "left out." not in text_of(public.get(f"/projects/{other.pk}/"))


def test_a_number_leads_to_the_runs_that_it_counts(broken, public):
    page = text_of(public.get("/"))
    assert "/runs/?window=30d&counted=1" in page
    listed = text_of(public.get("/runs/?window=30d&counted=1"))
    assert "Broken" not in listed


def test_what_is_kept_of_a_project_and_a_milestone_follows(project, milestone, broken):
    def told() -> tuple[int, int]:
        filters = with_what_counts(Filters())
        failed = progress(milestone.pk, Filters()).counts.failed
        return summary(filters).now.failing_now, failed

    precompute()
    assert told() == (0, 0)
    leave_to_the_rule(broken, by="mara")
    assert told() == (2, 2)
    precompute()
    assert told() == (2, 2)
    exclude(broken, reason="No disk", by="mara", from_every_number=True)
    assert told() == (0, 0)


def test_a_streak_does_not_pass_through_it(project, broken):
    run = make_run(project, started_at=NOW - HOUR)
    make_results(run, "FPPP")
    (case,) = Case.objects.filter(name="case 1").values_list("pk", flat=True)
    (streak,) = failing_streaks(run, {case: run.at}).values()
    assert (streak.count, streak.since) == (1, run.at)


def test_it_is_no_runs_run_before(project, broken):
    Run.objects.update(finished_at=F("at") + HOUR, name="Nightly")
    run = make_run(project, name="Nightly", started_at=NOW - HOUR / 2)
    before = previous_run(run)
    assert before.pk == Run.objects.exclude(pk=broken.pk).order_by("at")[1].pk
    leave_to_the_rule(broken, by="mara")
    assert previous_run(run).pk == broken.pk


def test_nothing_more_is_asked_of_the_rows_where_nothing_is_excluded(
    project, django_assert_num_queries
):
    make_results(make_run(project), "P")
    with django_assert_num_queries(2) as asked:
        with_what_counts(Filters())
    assert not any('ingest_run"' in query["sql"] for query in asked.captured_queries)


def test_rows_are_asked_about_it_only_where_any_run_is_excluded(
    project, public, django_assert_max_num_queries
):
    run = make_run(project, started_at=NOW - HOUR)
    make_results(run, "FP")

    def tests_that_count() -> tuple[int, bool]:
        with django_assert_max_num_queries(40) as asked:
            found = read(public, "cases/?counted=1&window=30d")
        of_rows = [
            q["sql"] for q in asked.captured_queries if "ingest_case" in q["sql"]
        ]
        return found["count"], any("runjudgement" in sql for sql in of_rows)

    assert tests_that_count() == (2, False)
    exclude(run, reason="No disk", by="mara", from_every_number=True)
    assert tests_that_count() == (0, True)
