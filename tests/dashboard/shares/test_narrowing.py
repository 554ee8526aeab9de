"""No address under a token chooses a row that is not the share's: any against any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.annotations.projects import choose_default_branch
from dashboard.annotations.runs import exclude
from dashboard.filters import Accepts, Filters, parse, with_what_counts
from dashboard.filters.parsing import COMMON
from dashboard.lists import RUNS
from dashboard.sharing.limits import Asked, Beyond, Limits, limits_of, narrowed
from dashboard.sharing.objects import Owned, about
from ingest.models import STATUS_OF_CODE, Milestone, Project, Result, RunMilestone
from ingest.models.results import ORDINALS
from tests import factories
from tests.dashboard.shared import stored_once
from tests.dashboard.world import ago
from tests.factories import NOW

pytestmark = pytest.mark.django_db
# The rows are only read, so each example may meet the same ones.
READ_ONLY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
# Pages of figures and lists, each with the parameters that are drawn for it.
RUN_LEVEL = ("source", "configuration", "branch", "milestone", "default_branch")
LEVELS: Mapping[str, tuple[str, ...]] = {
    "overview": (*RUN_LEVEL, "counted", "time"),
    "runs": (*RUN_LEVEL, "counted", "time", "q", "status"),
    "results": (*RUN_LEVEL, "counted", "time", "q", "status", "case", "final"),
    "cases": (*RUN_LEVEL, "counted", "time", "q", "case"),
    "flaky": (*RUN_LEVEL, "counted", "time", "q", "case"),
    "failures": (*RUN_LEVEL, "counted", "time", "q", "case"),
    "project": (*RUN_LEVEL, "counted", "time", "case"),
    "case": (*RUN_LEVEL, "counted", "time"),
}


@dataclass
class Shop:
    project: Project
    cases: list[int]
    milestone: Milestone
    results: list[Result] = field(default_factory=list)


def make_shop() -> Shop:
    """Two branches, sources and configurations, of which each pair has runs of several
    ages, one of them excluded from every number.
    """
    project = factories.make_project(name="Web shop")
    milestone = factories.make_milestone(project, "v1")
    for number in range(16):
        run = factories.make_run(
            project,
            name=f"{'nightly' if number % 3 else 'smoke'} {number}",
            branch="main" if number % 2 else "topic",
            source="api" if number & 2 else "web",
            configuration="Chrome" if number & 4 else "Firefox",
            milestones=[milestone] if number % 5 == 0 else [],
            started_at=ago(days=number * 3, hours=1),
            status="failed" if number % 4 else "passed",
        )
        factories.make_results(
            run, "PFFE", cases=["logs in", "pays", "pays", "prints a pay slip"]
        )
    exclude(run, reason="not ours", by="mara", from_every_number=True)
    choose_default_branch(project, "main", by="mara")
    cases = list(project.cases.order_by("pk").values_list("pk", flat=True))
    of_run = ("run__source", "run__configuration", "run__judgement")
    rows = list(Result.objects.select_related("case", *of_run))
    return Shop(project=project, cases=cases, milestone=milestone, results=rows)


@pytest.fixture(scope="module")
def kept_shop(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Shop]:
    with stored_once(request, django_db_blocker, make_shop) as shop:
        yield shop


@pytest.fixture
def shop(kept_shop: Shop, empty_redis: None) -> Shop:
    return deepcopy(kept_shop)


WORDS: Mapping[str, Any] = {
    "source": st.lists(st.sampled_from(["api", "web"]), min_size=1, unique=True),
    "configuration": st.sampled_from([["Chrome"], ["Firefox"], ["Chrome", "Firefox"]]),
    "branch": st.sampled_from([["main"], ["topic"], ["main", "topic"]]),
    "milestone": st.just(["M"]),
    "default_branch": st.sampled_from([["0"], ["1"]]),
    "counted": st.sampled_from([["0"], ["1"]]),
    "q": st.sampled_from([["pay"], ["pays"], ["nightly"], ["n"], ["prints a pay"]]),
    "status": st.sampled_from([["failed"], ["passed"], ["failed", "passed"]]),
    "case": st.sampled_from([["0"], ["1"], ["0", "2"]]),
    "final": st.just(["1"]),
}
TIMES = st.one_of(
    st.sampled_from([{"window": ["7d"]}, {"window": ["30d"]}, {"window": ["45d"]}]),
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(
        lambda days: {
            "since": [(NOW - timedelta(days=max(days))).isoformat()],
            "until": [(NOW - timedelta(days=min(days))).isoformat()],
        }
    ),
    st.integers(0, 50).map(
        lambda days: {"until": [(NOW - timedelta(days=days)).isoformat()]}
    ),
)


@st.composite
def addresses(draw: Any) -> tuple[str, dict[str, list[str]]]:
    """A route, and what its address says."""
    route = draw(st.sampled_from(sorted(LEVELS)))
    names = draw(st.sets(st.sampled_from(LEVELS[route]), max_size=3))
    said: dict[str, list[str]] = {}
    for name in sorted(names):
        said |= draw(TIMES) if name == "time" else {name: draw(WORDS[name])}
    return route, said


def asked(shop: Shop, route: str, said: Mapping[str, list[str]]) -> Asked:
    query = QueryDict(mutable=True)
    for name, values in said.items():
        for value in values:
            if name == "case":
                value = str(shop.cases[int(value)])
            query.appendlist(name, value.replace("M", str(shop.milestone.pk)))
    ids = {"case": {"case_id": shop.cases[1]}, "project": {"project_id": 1}}
    return Asked(route=route, path=f"/{route}/", query=query, ids=ids.get(route, {}))


def filters_of(one: Asked, query: QueryDict) -> Filters:
    """What the page makes of these parameters, read as its own code reads them."""
    page = one.page
    assert page is not None
    common = query.copy()
    for name in {*common} - {*COMMON}:
        del common[name]
    if one.route == "case":
        common["case"] = str(one.ids["case_id"])
    accepts = RUNS.accepts if one.route == "runs" else Accepts()
    found = parse(common, accepts, now=NOW)
    assert not found.problems
    filters = with_what_counts(found.filters, is_metric=page.is_metric)
    if page.days and filters.list_window() is None:
        filters = replace(filters, window_days=page.days)
    return filters


def results_by(shop: Shop, one: Asked, query: QueryDict) -> set[int]:
    """The results that the page is about, in plain Python: each filter by itself."""
    filters = filters_of(one, query)
    window = filters.window() if one.page and one.page.days else filters.list_window()
    found = set()
    in_milestone = set(RunMilestone.objects.values_list("run_id", flat=True))
    for result in shop.results:
        run = result.run
        at = run.at if one.route == "runs" else result.at
        texts = run.name if one.route == "runs" else f"{result.case.name}"
        status = run.status if one.route == "runs" else STATUS_OF_CODE[result.status]
        main_only = not filters.branch and bool(filters.default_branches)
        chosen = [
            not filters.source or run.source.name in filters.source,
            not filters.configuration
            or run.configuration.name in filters.configuration,
            not filters.branch or run.branch in filters.branch,
            not main_only or run.branch == "main",
            not filters.milestone or run.pk in in_milestone,
            filters.with_uncounted or not hasattr(run, "judgement"),
            not filters.case or result.case_id in filters.case,
            not filters.status or str(status) in filters.status,
            not filters.final or result.is_final,
            filters.q.lower() in texts.lower(),
            window is None or window.contains(at),
        ]
        if all(chosen):
            found.add(result.run_id * ORDINALS + result.ordinal)
    return found


def limits_for(shop: Shop, share: Asked) -> Limits:
    said = about(share.route, share.ids, share.query)
    return limits_of(share, frozenset({shop.project.pk}), NOW, said)


@settings(READ_ONLY, max_examples=100)
@given(share_at=addresses(), then=addresses())
def test_what_is_asked_under_a_token_is_a_part_of_the_share(
    shop: Shop, share_at: Any, then: Any
) -> None:
    share, other = asked(shop, *share_at), asked(shop, *then)
    limits = limits_for(shop, share)
    own = results_by(shop, share, share.query)
    try:
        query = narrowed(limits, other).query
    except Beyond:
        return
    if other.route == "case" and other.ids["case_id"] not in Owned(limits).among(
        "case", [other.ids["case_id"]]
    ):
        return
    shown = results_by(shop, other, query)
    if other.route == "runs" or share.route == "runs":
        # A run is a row with all of its results, by its own start.
        shown, own = runs_in(shown), runs_in(own)
    assert shown <= own, query.urlencode()


def runs_in(results: set[int]) -> set[int]:
    return {pk // ORDINALS for pk in results}


@settings(READ_ONLY, max_examples=25)
@given(share_at=addresses())
def test_the_one_thing_that_is_opened_is_a_row_of_the_share(
    shop: Shop, share_at: Any
) -> None:
    share = asked(shop, *share_at)
    own, owned = results_by(shop, share, share.query), Owned(limits_for(shop, share))
    every = {r.run_id * ORDINALS + r.ordinal: r for r in shop.results}
    if share.route == "runs":
        own = {pk for pk in every if pk // ORDINALS in runs_in(own)}
    assert owned.among("result", [*every]) <= own
    runs = owned.among("run", {r.run_id for r in shop.results})
    whole = {pk for pk in every if pk // ORDINALS in runs}
    assert whole <= own
    cases = owned.among("case", shop.cases)
    assert cases <= {every[pk].case_id for pk in own} | set_of_case(share)


def set_of_case(share: Asked) -> set[int]:
    return {*share.ids.values()} if share.route == "case" else set()
