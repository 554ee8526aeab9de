"""A tool that states its runs one after the other, and what it may state at first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.metrics.failures import failure_groups
from dashboard.metrics.flaky import flakiness_by_case
from dashboard.metrics.pass_rate import pass_rates
from dashboard.models import RunJudgement
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.flaky import flaky_cases, rule_counts
from dashboard.precomputed.milestones import progress_by_milestone
from dashboard.precomputed.slow import slow_cases
from dashboard.precomputed.standup import standup
from ingest.contract import (
    Detail,
    MilestoneRecord,
    ResultRecord,
    RunKind,
    RunRecord,
    RunStatus,
)
from ingest.models import Case, Configuration, Milestone, Project, Run
from ingest.upsert import Batch, ProjectStore, mark_run_removed, upsert_milestones
from tests import factories
from tests.dashboard.metrics import histories
from tests.dashboard.metrics.histories import Row, RunPlan
from tests.factories import LETTERS

MESSAGES = ("", "Expected 3 rows, found 2", "Expected 4 rows, found 7", "Timeout")


def batch_of(plan: RunPlan) -> Batch:
    """The run as a connector would read it."""
    began_at = plan.began_at
    lasts = plan.lasts_hours
    record = RunRecord(
        external_id=plan.external_id,
        name=f"nightly {plan.external_id}",
        kind=RunKind(plan.kind),
        status=RunStatus.PASSED,
        detail=Detail.ROWS if plan.counts is None else Detail.COUNTS,
        source=plan.source,
        configuration=plan.configuration,
        milestones=tuple(str(number) for number in sorted(plan.milestones)),
        branch=plan.branch,
        commit=plan.commit,
        started_at=began_at if plan.has_start else None,
        finished_at=None if lasts is None else began_at + timedelta(hours=lasts),
        vendor_counts=histories.plan_counts(plan) if plan.counts else None,
    )
    rows = [] if plan.counts else plan.all_rows
    return Batch(
        record=record,
        results=[
            _result(plan, row, place)
            for place, row in enumerate(rows)
            if not row.is_removed
        ],
    )


def _result(plan: RunPlan, row: Row, place: int) -> ResultRecord:
    # A tool may not say when a test ran; then the start of its run is its time.
    has_own_time = not plan.has_start or place % 3 > 0
    executed_at = plan.began_at + timedelta(hours=row.hours)
    return ResultRecord(
        key=f"case {row.case}",
        name=f"case {row.case}",
        status=LETTERS[row.letter],
        raw_status=row.letter,
        executed_at=executed_at if has_own_time else None,
        duration_ms=row.duration_ms,
        message=MESSAGES[(place + row.case + len(plan.commit)) % 4],
        is_marked_retry=row.is_marked,
    )


class Tool:
    """A project that a tool fills, run by run."""

    def __init__(self, name: str) -> None:
        self.project: Project = factories.make_project(name=name)
        chrome = Configuration.objects.create(project=self.project, name="Chrome")
        Configuration.objects.create(
            project=self.project, name="Chrome 2", alias_of=chrome
        )
        upsert_milestones(
            self.project,
            [
                MilestoneRecord(external_id=str(number), name=name)
                for number, name in enumerate(histories.MILESTONES[0])
            ],
        )
        self._store = ProjectStore(self.project)

    def states(self, plan: RunPlan) -> None:
        """A sync that finds the run so."""
        run = Run.objects.filter(project=self.project, external_id=plan.external_id)
        with transaction.atomic():
            if plan.is_removed:
                for stored in run:
                    mark_run_removed(stored)
            else:
                self._store.store(batch_of(plan))

    def is_judged(self, plans: Iterable[RunPlan]) -> None:
        """A person says what they think of its runs."""
        for plan in plans:
            runs = Run.objects.filter(
                project=self.project, external_id=plan.external_id
            )
            for run in runs if plan.verdict else ():
                RunJudgement.objects.create(
                    run=run, verdict=plan.verdict, reason="so", by="Ada"
                )

    def numbers(self, window: histories.Span) -> dict[str, Any]:
        """Every metric of the project, in names that are the same in another one."""
        filters = Filters(since=window[0], until=window[1], project=(self.project.pk,))
        always = Filters(project=(self.project.pk,))
        cases = dict(Case.objects.filter(project=self.project).values_list("pk", "key"))
        runs = dict(
            Run.objects.filter(project=self.project).values_list("pk", "external_id")
        )
        names = _Names(cases, runs)
        milestones = progress_by_milestone(
            Milestone.objects.order_by("name_key"), always
        )
        return {
            "rates": [
                [series.label, [names.of(point) for point in series.points]]
                for series in pass_rates(filters, by="branch", bucket="day").series
            ],
            "failing": names.all(failing_cases(filters)),
            "flaky": [cases[row.case] for row in flaky_cases(filters)],
            "flakiness": names.all(flakiness_by_case(filters, list(cases)).values()),
            "opinions": rule_counts(filters),
            "slow": names.all(slow_cases(filters)),
            "failures": names.all(failure_groups(filters)),
            "milestones": [
                [own.counts, [asdict(day) for day in own.burn_up]]
                for own in milestones.values()
            ],
            "standup": self._standup(filters, names),
        }

    def _standup(self, filters: Filters, names: _Names) -> list[Any]:
        found = standup(filters, filters.since)
        return [
            names.all(found.newly_failing),
            names.all(found.fixed),
            names.all(found.newly_flaky),
        ]


class _Names:
    """Rows of metrics with the tool's own ids in place of ours."""

    def __init__(self, cases: dict[int, str], runs: dict[int, str]) -> None:
        self._cases, self._runs = cases, runs

    def of(self, row: Any) -> dict[str, Any]:
        said = asdict(row)
        for name, value in said.items():
            if name == "case":
                said[name] = self._cases[value]
            elif name.endswith("run") and value:
                said[name] = self._runs[value]
            elif name == "configuration" and value:
                said[name] = Configuration.objects.get(pk=value).name
        # `newest` is the API's id of a result, which no other database gives it.
        ours = ("project", "newest")
        return {n: v for n, v in said.items() if not n.startswith(ours)}

    def all(self, rows: Iterable[Any]) -> list[dict[str, Any]]:
        return sorted((self.of(row) for row in rows), key=repr)


def late(plan: RunPlan) -> RunPlan:
    """Half of its results have not come yet."""
    return replace(plan, rows=plan.rows[: len(plan.rows) // 2], crowd=(0, 0))


def wrong(plan: RunPlan) -> RunPlan:
    """Each result is another one, of another duration."""
    other = str.maketrans("PFESBUR?", "FPPFPPFP")
    return replace(
        plan,
        rows=tuple(
            replace(row, letter=row.letter.translate(other), duration_ms=3)
            for row in plan.rows
        ),
        crowd=plan.crowd[::-1],
    )


def too_many(plan: RunPlan) -> RunPlan:
    """With results that the tool takes back later."""
    extra = (Row(0, "F", hours=2), Row(1, "F", hours=0), Row(7, "P"))
    return replace(plan, rows=extra[:1] + plan.rows + extra[1:])


def restored(plan: RunPlan) -> RunPlan:
    """With the results that the tool has deleted since."""
    rows = tuple(replace(row, is_removed=False) for row in plan.rows)
    return replace(plan, rows=rows)


def elsewhere(plan: RunPlan) -> RunPlan:
    """At another time, of another branch, commit, configuration and so on."""
    return replace(
        plan,
        hours=plan.hours - 30,
        configuration="Firefox",
        branch="feature",
        commit="c9",
        source="mobile",
        kind="manual",
        milestones=frozenset({0, 1}),
        has_start=not plan.has_start,
    )


def shuffled(plan: RunPlan) -> RunPlan:
    """Its rows come the other way round, at other times."""
    rows = tuple(replace(row, hours=2 - row.hours / 2) for row in plan.rows)
    return replace(plan, rows=rows[::-1])


def without_rows(plan: RunPlan) -> RunPlan:
    return replace(plan, counts=(5, 1, 0, 0, 0, 0, 0, 0))


def gone(plan: RunPlan) -> RunPlan:
    return replace(plan, is_removed=True)


EARLIER = (late, wrong, too_many, restored, elsewhere, shuffled, without_rows, gone)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[list[RunPlan], list[RunPlan]]:
    """What a tool states at last, and what it states one after the other until then."""
    plans = draw(histories.long_histories(8, project=[(0,)]))
    order: list[int] = []
    states: list[list[RunPlan]] = []
    for number, plan in enumerate(plans):
        before = draw(st.lists(st.sampled_from(EARLIER), max_size=2))
        # A run that is removed at last was there before.
        whole = [replace(plan, is_removed=False)] if plan.is_removed else []
        states.append([earlier(plan) for earlier in before] + whole + [plan])
        order += [number] * len(states[-1])
    upcoming = [iter(own) for own in states]
    return plans, [next(upcoming[number]) for number in draw(st.permutations(order))]
