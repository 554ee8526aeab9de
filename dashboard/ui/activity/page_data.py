"""All that the overview is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property
from typing import Any

from django.http import QueryDict

from dashboard.filters import Accepts, Window, selected_connections
from dashboard.lists.facets import Facets, facets
from dashboard.lists.imports import ImportProgress, imports_in_progress
from dashboard.lists.names import ProjectName, milestone_names, project_names
from dashboard.metrics.activity import NewestRun, RunsBegun, newest_runs, runs_by_day
from dashboard.metrics.failing_history import FailingHistory
from dashboard.metrics.flaky_history import FlakyHistory
from dashboard.metrics.milestone_days import MilestoneDay, milestone_days
from dashboard.metrics.tallies import Tally, add, tallies, total
from dashboard.metrics.without_rows import WithoutRows, without_rows
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.failing import failing_history
from dashboard.precomputed.flaky import flaky_history
from dashboard.ui import freshness, links
from dashboard.ui.filter_bar import Offered
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Button, Note
from dashboard.ui.url_state import FIND, VIEW, PageState, read_state
from ingest.contract import Counts
from ingest.models import Connection

SORTS = (
    "rate",
    "name",
    "last_run",
    "change",
    "failing",
    "flaky",
    "time_lost",
    "freshness",
)
ACCEPTS = Accepts(
    sorts=tuple(sign + name for name in SORTS for sign in ("", "-")),
    refused={
        "status": "A figure counts every status; the lists behind it can be narrowed.",
        "q": "Figures are of whole runs; search among tests or results instead.",
        "latest": "It applies to lists of results only.",
        "final": "It applies to lists of results only.",
    },
)


def overview_state(path: str, query: QueryDict) -> PageState:
    return read_state(path, query, ACCEPTS, own=(FIND, VIEW), has_default_window=True)


@dataclass(frozen=True, kw_only=True)
class ActivityData:
    """What was asked of the database; a part that did not load is None."""

    state: PageState
    projects: Mapping[int, ProjectName]
    connections: Sequence[Connection]
    importing: Mapping[int, ImportProgress]
    choices: Facets | None
    milestone_names: Mapping[int, str]
    now: Sequence[Tally] | None
    before: Sequence[Tally] | None
    runs: RunsBegun | None
    newest: Mapping[int, NewestRun] | None
    failing: FailingHistory | None
    flaky: FlakyHistory | None
    milestones: Sequence[MilestoneDay] | None

    @cached_property
    def window(self) -> Window:
        return self.state.filters.window()

    @cached_property
    def day_door(self) -> Callable[..., str]:
        """The address of a day's results by (day, statuses)."""
        return links.day_results(self.state.filters, self.window)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The UTC days that the window touches."""
        first = self.window.since.astimezone(UTC).date()
        last = (self.window.until - timedelta(microseconds=1)).astimezone(UTC).date()
        return tuple(
            first + timedelta(days=number) for number in range((last - first).days + 1)
        )

    @cached_property
    def by_day(self) -> Mapping[date, Counts]:
        return _sums((t.day, t.counts) for t in self.now or ())

    @cached_property
    def by_project(self) -> Mapping[int, Counts]:
        return _sums((t.key, t.counts) for t in self.now or ())

    @cached_property
    def by_project_before(self) -> Mapping[int, Counts]:
        return _sums((t.key, t.counts) for t in self.before or ())

    @cached_property
    def days_of_project(self) -> Mapping[tuple[int, date], Counts]:
        return _sums(((t.key, t.day), t.counts) for t in self.now or ())

    @cached_property
    def counts(self) -> Counts:
        return total(self.now or ())

    @cached_property
    def counts_before(self) -> Counts:
        return total(self.before or ())

    @cached_property
    def without(self) -> WithoutRows | None:
        """What stands in the results without rows; asked for only where any does."""
        if all(tally.from_rows for tally in self.now or ()):
            return None
        return load_or_none(
            "totals", lambda: without_rows(self.state.filters.explicit())
        )

    @property
    def has_only_totals(self) -> bool:
        """Whether there are results and not one of them is a row, that of a test."""
        with_any = [tally for tally in self.now or () if tally.counts.total]
        return bool(with_any) and not any(tally.from_rows for tally in with_any)

    @property
    def has_nothing(self) -> bool:
        """Whether neither a run nor a result lies in the window."""
        is_known = self.runs is not None and self.now is not None
        return (
            is_known and not self.counts.total and not (self.runs and self.runs.total)
        )

    @property
    def offered(self) -> Offered:
        return Offered(
            projects=self.projects,
            milestones=self.milestone_names,
            choices=self.choices,
            cases={},
        )


def _sums(pairs: Iterable[tuple[Any, Counts]]) -> dict[Any, Counts]:
    parts: dict[Any, list[Counts]] = {}
    for key, counts in pairs:
        parts.setdefault(key, []).append(counts)
    return {key: add(counts) for key, counts in parts.items()}


_HISTORIES = Metric(
    name="histories",
    kind=tuple[FailingHistory, FlakyHistory],
    compute=lambda filters: (failing_history(filters), flaky_history(filters)),
)


def load_activity(state: PageState) -> ActivityData:
    """Ask for everything, in a fixed number of queries."""
    filters = state.filters
    window = filters.window()
    offered = load_or_none("filters", lambda: facets(filters, window))
    ids = {*filters.milestone, *(offered.runs["milestone"] if offered else ())}
    slow = load_or_none(
        "failing and flaky tests",
        lambda: cached(_HISTORIES, filters),
    )
    return ActivityData(
        state=state,
        projects=project_names(),
        connections=list(selected_connections(filters)),
        importing=imports_in_progress(),
        choices=offered,
        milestone_names=milestone_names([int(i) for i in ids]),
        now=load_or_none(
            "results", lambda: tallies(filters, window, by="project", bucket="day")
        ),
        before=load_or_none(
            "earlier results",
            lambda: tallies(filters, window.previous, by="project"),
        ),
        runs=load_or_none("runs", lambda: runs_by_day(filters, window)),
        newest=None
        if "project" in state.pinned
        else load_or_none("last runs", lambda: newest_runs(filters, window)),
        failing=slow and slow[0],
        flaky=slow and slow[1],
        milestones=load_or_none("milestones", lambda: milestone_days(filters)),
    )


def activity_notes(found: ActivityData) -> tuple[Note, ...]:
    return freshness.notes(found.state, found.connections, found.projects)


def export_button(state: PageState) -> Button:
    """Pass rates by project and day, as CSV of the API."""
    return Button(
        text="Export CSV",
        href=links.export("runs/", state.filters.explicit()),
        icon="download",
        icon_only=True,
        hide_on_phone=True,
    )
