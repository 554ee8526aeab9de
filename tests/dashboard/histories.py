"""Random small worlds: runs that attempts, time and vendors make as odd as they can be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from hypothesis import strategies as st

from ingest.contract import Counts
from ingest.models import Configuration, Project, Run
from tests import factories
from tests.factories import NOW

HOURS = 96
SINCE = NOW - timedelta(hours=HOURS)


@dataclass(frozen=True)
class Row:
    case: int
    letter: str
    hours: float
    is_removed: bool


@dataclass(frozen=True)
class RunPlan:
    project: int
    hours: float
    external_id: str
    configuration: str
    source: str
    branch: str
    milestones: frozenset[int]
    kind: str
    has_start: bool
    is_removed: bool
    counts: tuple[int, ...] | None
    rows: tuple[Row, ...]


# Quarters of an hour, so that equal times are common and edges are hit exactly.
moments = st.integers(0, HOURS * 4).map(lambda quarter: quarter / 4)
rows = st.builds(
    Row,
    case=st.integers(0, 3),
    letter=st.sampled_from("PPPFFESBURR?"),
    hours=st.integers(0, 120).map(lambda quarter: quarter / 4),
    is_removed=st.sampled_from([False] * 7 + [True]),
)
runs = st.builds(
    RunPlan,
    project=st.integers(0, 1),
    hours=moments,
    external_id=st.text("ab1é", min_size=1, max_size=3),
    configuration=st.sampled_from(["", "Chrome", "Chrome 2", "Firefox"]),
    source=st.sampled_from(["", "backend", "mobile"]),
    branch=st.sampled_from(["", "main", "dev"]),
    milestones=st.frozensets(st.integers(0, 2), max_size=2),
    kind=st.sampled_from(["automated"] * 5 + ["manual"]),
    has_start=st.sampled_from([True, True, True, False]),
    is_removed=st.sampled_from([False] * 7 + [True]),
    counts=st.none() | st.tuples(*[st.integers(0, 9)] * 8),
    rows=st.lists(rows, max_size=8).map(tuple),
)
histories = st.lists(
    runs, max_size=8, unique_by=lambda run: (run.project, run.external_id)
)


@st.composite
def windows(draw: st.DrawFn) -> tuple[datetime, datetime]:
    first, second = sorted([draw(moments), draw(moments)])
    return SINCE + timedelta(hours=first), SINCE + timedelta(hours=second + 0.25)


@contextmanager
def stored(history: list[RunPlan]) -> Iterator[list[Project]]:
    """The history as rows, gone again afterwards."""
    with transaction.atomic():
        projects = [
            factories.make_project(factories.make_connection(vendor="testmo")),
            factories.make_project(factories.make_connection(vendor="qatech")),
        ]
        for project in projects:
            _alias(project)
        milestones = [
            factories.make_milestone(projects[0], name) for name in ("v1", "2", "v2")
        ]
        for name in ("v1", "3"):
            factories.make_milestone(projects[1], name)
        for plan in history:
            _store(plan, projects[plan.project], milestones)
        yield projects
        transaction.set_rollback(True)


def _alias(project: Project) -> None:
    chrome = Configuration.objects.create(project=project, name="Chrome")
    Configuration.objects.create(project=project, name="Chrome 2", alias_of=chrome)


def _store(plan: RunPlan, project: Project, milestones: list) -> None:
    began_at = SINCE + timedelta(hours=plan.hours)
    run = factories.make_run(
        project,
        external_id=plan.external_id,
        configuration=plan.configuration,
        source=plan.source,
        branch=plan.branch,
        milestones={milestones[number] for number in plan.milestones},
        kind=plan.kind,
        started_at=began_at if plan.has_start else None,
        recorded_at=began_at,
        counts=_counts(plan),
    )
    if plan.counts is None and plan.rows:
        _store_rows(plan, run, began_at)
    if plan.is_removed:
        Run.objects.filter(pk=run.pk).update(removed_at=NOW)
        factories.settle(run)


def _counts(plan: RunPlan) -> Counts | None:
    if plan.counts is None:
        return None
    names = Counts.__dataclass_fields__
    return Counts(**dict(zip(names, plan.counts, strict=True)))


def _store_rows(plan: RunPlan, run: Run, began_at: datetime) -> None:
    results = factories.make_results(
        run,
        "".join(row.letter for row in plan.rows),
        cases=[f"case {row.case}" for row in plan.rows],
        at=[began_at + timedelta(hours=row.hours) for row in plan.rows],
    )
    factories.remove(
        result for result, row in zip(results, plan.rows, strict=True) if row.is_removed
    )
