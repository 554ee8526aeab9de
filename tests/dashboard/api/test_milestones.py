"""The progress of a milestone over the API."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from ingest.contract import Counts
from tests import factories
from tests.dashboard.api.client import problem, read
from tests.dashboard.releases import (
    DAY,
    TODAY,
    executed,
    growing,
    noon,
)


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


@pytest.fixture
def project():
    return factories.make_project()


@pytest.fixture
def milestone(project):
    return factories.make_milestone(project, due_at=noon(-20))


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.mark.django_db
def test_progress_has_counts_burn_up_forecast_and_meta(project, milestone):
    growing(project, milestone, passed_a_day=3)
    totals = factories.make_run(
        project, milestones=[milestone], counts=Counts(passed=5)
    )
    got = read(f"milestones/{milestone.pk}/progress/")
    assert got["counts"]["passed"] == 42
    assert got["counts"]["untested"] == 18
    assert got["counts"]["total"] == 60
    assert got["runs_without_rows"] == [totals.pk]
    first, last = got["burn_up"][0], got["burn_up"][-1]
    began = f"{noon(14).date()}T00:00:00Z"
    assert first == {"t": began, "scope": 60, "decided": 3, "passed": 3}
    assert last["t"] == f"{TODAY.date()}T00:00:00Z"
    assert len(got["burn_up"]) == 15
    assert got["forecast"]["p50"] == str(TODAY.date() + 6 * DAY)
    assert 0 <= got["forecast"]["on_time_probability"] <= 1
    assert got["reason"] is None
    assert (got["meta"]["n_rows"], got["meta"]["n_counts"]) == (102, 5)
    assert "/progress/explain/?" in got["meta"]["explain"]
    assert got["meta"]["freshness"]["stale"] == []


@pytest.mark.django_db
def test_without_a_forecast_there_is_a_reason(milestone):
    got = read(f"milestones/{milestone.pk}/progress/")
    assert got["forecast"] is None
    assert got["reason"] == "None of its runs has results yet."


@pytest.mark.django_db
def test_filters_narrow_and_what_is_unknown_is_refused(project, milestone):
    executed(project, milestone, "P", days_ago=2, branch="main")
    executed(project, milestone, "F", days_ago=1, branch="dev")
    got = read(f"milestones/{milestone.pk}/progress/?branch=main")
    assert got["counts"]["passed"] == 1
    for query in ("milestone=1", "status=failed", "colour=red", "branch=none"):
        name = query.partition("=")[0]
        path = f"milestones/{milestone.pk}/progress/?{query}"
        assert list(problem(path)) == [name]


@pytest.mark.django_db
def test_a_milestone_that_is_not_there_is_a_404(client):
    assert client.get("/api/v1/milestones/999999/progress/").status_code == 404
