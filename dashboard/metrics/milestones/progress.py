"""How far milestones are: distinct tests by status, burn-up, and when they will be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType

from django.db.models import Max, QuerySet

from dashboard.filters import Filters
from dashboard.metrics.milestones.burn_up import (
    BurnUpDay,
    active_days,
    burn_up,
    changes,
)
from dashboard.metrics.milestones.calibration import Calibration, Ratios
from dashboard.metrics.milestones.counting import MilestoneCounts, milestone_counts
from dashboard.metrics.milestones.forecast import (
    LEAST_ACTIVE_DAYS,
    Forecast,
    forecast,
)
from dashboard.metrics.milestones.past_forecasts import errors_of
from dashboard.metrics.rates import decided_count
from dashboard.metrics.tallies import add
from ingest.contract import Counts, MilestoneState, Status
from ingest.models import Milestone, MilestoneMember, Project
from ingest.series import day_of

NOTHING_IN_SCOPE = "None of its runs has results yet."
ONLY_TOTALS = "Its runs come with totals only, which do not tell tests apart."
ALL_PASSED = "Every test in scope has passed."
COMPLETED = "It is completed."
TOO_SLOW = "At the pace so far it would take more than a year."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One milestone. `counts` are distinct cases by the status that rules, in all and
    `by_project`; `by_run`: how many count with a result of the run. `forecast`, or else
    the `reason` why there is none, in words.

    `errors`: what forecasts of it were off, once it is completed and every test passed.
    `runs` are its runs that pass the filters, `n_rows` the final results read from
    them, `n_counts` the results of `runs_without_rows`, which count nowhere else.
    """

    milestone: int
    name: str
    is_completed: bool
    due_at: datetime | None
    counts: Counts
    by_project: Mapping[int, Counts]
    by_run: Mapping[int, int]
    runs: tuple[int, ...]
    runs_without_rows: tuple[int, ...]
    burn_up: tuple[BurnUpDay, ...]
    today: date
    starts_at: datetime | None
    n_rows: int
    n_counts: int
    forecast: Forecast | None = None
    reason: str = ""
    errors: tuple[Ratios, ...] = ()

    @property
    def scope(self) -> int:
        return self.counts.total

    @property
    def left(self) -> int:
        """Cases in scope that have not passed."""
        return self.scope - self.counts.passed

    @property
    def is_done(self) -> bool:
        """Whether every case in scope has passed."""
        return self.scope > 0 and not self.left

    @property
    def passed_share(self) -> float | None:
        """passed / all in scope (plan pass rate); None with nothing in scope."""
        return self.counts.passed / self.scope if self.scope else None

    @property
    def decided_share(self) -> float | None:
        """decided / all in scope (completion); None with nothing in scope."""
        return decided_count(self.counts) / self.scope if self.scope else None

    @property
    def due_on(self) -> date | None:
        return None if self.due_at is None else day_of(self.due_at)

    @property
    def is_overdue(self) -> bool:
        """Whether it is open after its due day, and not done."""
        due, is_over = self.due_on, self.is_completed or self.is_done
        return due is not None and due < self.today and not is_over

    @property
    def is_at_risk(self) -> bool:
        """Whether the forecast's p90 lies after the due day."""
        due = self.due_on
        return bool(self.forecast and due and self.forecast.p90 > due)


def progress_by_milestone(
    milestones: Sequence[Milestone],
    filters: Filters,
    calibrations: Mapping[int, Calibration] = MappingProxyType({}),
) -> dict[int, Progress]:
    """By id, over the milestones' runs that pass the filters; the number of queries does
    not grow with theirs. Without a window all results of the runs count.

    `calibrations` are of the forecasts, by id; without one nothing was learnt yet.
    """
    rows = milestone_counts([milestone.pk for milestone in milestones], filters)
    ends = _completed_at(milestones)
    return {
        milestone.pk: _progress(
            milestone,
            rows[milestone.pk],
            filters,
            ends.get(milestone.pk),
            calibrations.get(milestone.pk, Calibration()),
        )
        for milestone in milestones
    }


def projects_of(
    milestones: Collection[int], among: QuerySet[Project] | None = None
) -> dict[int, frozenset[int]]:
    """The projects of their parts, by id; only those `among` some."""
    members = MilestoneMember.objects.filter(milestone__in=milestones)
    if among is not None:
        members = members.filter(project__in=among)
    found: dict[int, set[int]] = {pk: set() for pk in milestones}
    for milestone, project in members.values_list("milestone_id", "project_id"):
        found[milestone].add(project)
    return {pk: frozenset(projects) for pk, projects in found.items()}


def _completed_at(milestones: Sequence[Milestone]) -> dict[int, datetime | None]:
    """When the last member of the completed ones was completed."""
    done = [m.pk for m in milestones if m.state == MilestoneState.COMPLETED]
    if not done:
        return {}
    times = Milestone.objects.filter(pk__in=done).annotate(
        at=Max("members__completed_at")
    )
    return dict(times.values_list("pk", "at"))


def _progress(
    milestone: Milestone,
    rows: MilestoneCounts,
    filters: Filters,
    completed_at: datetime | None,
    calibration: Calibration,
) -> Progress:
    today = day_of(filters.now)
    is_completed = milestone.state == MilestoneState.COMPLETED
    began_on = day_of(rows.starts_at) if rows.starts_at else None
    first = min(filter(None, (began_on, rows.planned_on)), default=None)
    # Nothing happens to a completed milestone any more: its days end with it.
    last = min(day_of(completed_at), today) if completed_at else today
    if is_completed and not completed_at:
        last = max(rows.days, default=today)
    by_project = {p: _counts(statuses) for p, statuses in rows.by_project.items()}
    found = Progress(
        milestone=milestone.pk,
        name=milestone.name,
        is_completed=is_completed,
        due_at=milestone.due_at and milestone.due_at.astimezone(UTC),
        counts=add(by_project.values()),
        by_project=by_project,
        by_run=rows.by_run,
        runs=tuple(rows.runs),
        runs_without_rows=tuple(rows.runs_without_rows),
        burn_up=burn_up(rows.days, first, last),
        today=today,
        starts_at=rows.starts_at,
        n_rows=rows.results,
        n_counts=rows.results_without_rows,
    )
    return _foreseen(found, calibration)


def _counts(statuses: Mapping[Status, int]) -> Counts:
    return Counts(**{str(status): n for status, n in statuses.items()})


def _foreseen(progress: Progress, calibration: Calibration) -> Progress:
    """With the forecast, or with the reason for none and what it was worth before."""
    if progress.is_completed:
        errors = errors_of(progress.burn_up, milestone=progress.milestone)
        progress = replace(progress, errors=errors)
    if reason := _reason(progress):
        return replace(progress, reason=reason)
    drawn = forecast(
        changes(progress.burn_up, progress.today),
        passed=progress.counts.passed,
        scope=progress.scope,
        today=progress.today,
        due=progress.due_on,
        seed=progress.milestone,
        calibration=calibration,
    )
    return replace(progress, forecast=drawn, reason="" if drawn else TOO_SLOW)


def _reason(progress: Progress) -> str:
    if not progress.scope:
        return ONLY_TOTALS if progress.runs_without_rows else NOTHING_IN_SCOPE
    if progress.is_done:
        return ALL_PASSED
    if progress.is_completed:
        return COMPLETED
    active = active_days([day for day in progress.burn_up if day.day <= progress.today])
    if active < LEAST_ACTIVE_DAYS:
        days = f"{active} day{'' if active == 1 else 's'}"
        return f"{days} with results so far; a forecast needs {LEAST_ACTIVE_DAYS}."
    return ""
