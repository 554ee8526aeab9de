"""All that the overview is made of, each part asked for once and failing alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from dashboard.filters import Accepts, Filters
from dashboard.lists.facets import CHOSEN
from dashboard.lists.imports import imports_in_progress
from dashboard.metrics.activity import (
    NewestRun,
    RunsBegun,
    newest_runs,
    newest_start,
    runs_by_day,
)
from dashboard.metrics.failing_history import FailingHistory
from dashboard.metrics.flaky import RankedFlaky
from dashboard.metrics.flaky_history import FlakyHistory
from dashboard.metrics.milestone_days import MilestoneDay, milestone_days
from dashboard.metrics.tallies import (
    Tally,
    add,
    by_day,
    only_totals,
    tallies,
    total,
)
from dashboard.metrics.without_rows import WithoutRows, without_rows
from dashboard.precomputed.cached import Metric, cached, this_minute
from dashboard.precomputed.failing import failing_history
from dashboard.precomputed.flaky import flaky_history
from dashboard.ui import empty_states, freshness, links
from dashboard.ui.list_layout import list_layout
from dashboard.ui.panels import load_or_none, part
from dashboard.ui.parts import Button, EmptyState
from dashboard.ui.text.verdicts import StaleTool
from dashboard.ui.url_state import PageState
from ingest.contract import Counts

T = TypeVar("T")
ACCEPTS = Accepts(
    refused={
        "status": "A figure counts every status; the lists behind it can be narrowed.",
        "q": "Figures are of whole runs; search among tests or results instead.",
        "latest": "It applies to lists of results only.",
        "final": "It applies to lists of results only.",
        "never_executed": "It applies to lists of tests only.",
    },
)


_HISTORIES = Metric(
    name="histories",
    kind=tuple[FailingHistory, FlakyHistory],
    compute=lambda filters: (failing_history(filters), _flaky_history(filters)),
)
# Flaky cases that a page names.
MOST_NAMED = 4


def _flaky_history(filters: Filters) -> FlakyHistory:
    """With its first cases alone, in order and named: a company has thousands."""
    found = flaky_history(filters)
    first = RankedFlaky(found.cases).named(slice(MOST_NAMED))
    return replace(found, cases=first)


class ActivityData:
    """What the database answers; a part that does not load is None."""

    def __init__(self, state: PageState) -> None:
        self.state = state
        self.filters = state.filters
        self.window = state.filters.window()
        self.layout = list_layout(state)
        self.projects = self.layout.projects
        self.connections = self.layout.connections
        self.importing = imports_in_progress()

    @part("results")
    def now(self) -> Sequence[Tally]:
        return self._this_minute(
            "results by day",
            lambda: tallies(self.filters, self.window, by="project", bucket="day"),
        )

    @part("earlier results")
    def before(self) -> Sequence[Tally]:
        return self._this_minute(
            "earlier results",
            lambda: tallies(self.filters, self.window.previous, by="project"),
        )

    @part("runs")
    def runs(self) -> RunsBegun:
        return self._this_minute(
            "runs by day", lambda: runs_by_day(self.filters, self.window)
        )

    @part("last runs")
    def newest(self) -> Mapping[int, NewestRun]:
        return self._this_minute(
            "newest runs", lambda: newest_runs(self.filters, self.window)
        )

    @part("milestones")
    def milestones(self) -> Sequence[MilestoneDay]:
        return self._this_minute(
            "milestones by day", lambda: milestone_days(self.filters)
        )

    def _this_minute(self, name: str, load: Callable[[], T]) -> T:
        return this_minute(name, self.filters, load)

    @part("failing and flaky tests")
    def histories(self) -> tuple[FailingHistory, FlakyHistory]:
        return cached(_HISTORIES, self.filters)

    @property
    def failing(self) -> FailingHistory | None:
        return self.histories and self.histories[0]

    @property
    def flaky(self) -> FlakyHistory | None:
        return self.histories and self.histories[1]

    @cached_property
    def days(self) -> tuple[date, ...]:
        return self.window.days

    @cached_property
    def by_day(self) -> Mapping[date, Counts]:
        return by_day(self.now or (), self.window)

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
        return load_or_none("totals", lambda: without_rows(self.filters.explicit()))

    @cached_property
    def only_totals(self) -> set[int]:
        """The projects with results of which not one is a row, that of a test."""
        return {cast(int, key) for key in only_totals(self.now or ())}

    @property
    def has_only_totals(self) -> bool:
        """Whether that is all that there is."""
        tallied = self.now or ()
        return bool(self.only_totals) and not any(one.from_rows for one in tallied)

    @property
    def has_nothing(self) -> bool:
        """Whether neither a run nor a result lies in the window."""
        if self.runs is None or self.now is None:
            return False
        return not self.runs.total and not self.counts.total

    @cached_property
    def last_start(self) -> datetime | None:
        """When the last run began, where the window has nothing."""
        return newest_start(self.filters) if self.has_nothing else None

    @cached_property
    def stale(self) -> Sequence[StaleTool]:
        return freshness.stale_tools(self.connections, self.filters.now)


def _sums(pairs: Iterable[tuple[Any, Counts]]) -> dict[Any, Counts]:
    parts: dict[Any, list[Counts]] = {}
    for key, counts in pairs:
        parts.setdefault(key, []).append(counts)
    return {key: add(counts) for key, counts in parts.items()}


def why_empty(activity: ActivityData) -> EmptyState | None:
    """Nothing in the window: before it, under other filters, or nowhere."""
    state = activity.state
    if not activity.has_nothing:
        return None
    if activity.last_start is not None:
        return empty_states.nothing_in_window(state, activity.last_start)
    if any(getattr(state.filters, name) for name in (*CHOSEN, "connection")):
        return empty_states.nothing_matches(state, activity.layout.offered, "run")
    return empty_states.no_run_yet(activity.connections, activity.importing)


def export_button(state: PageState) -> Button:
    """Pass rates by project and day, as CSV of the API."""
    return Button(
        text="Export CSV",
        href=links.export("api-runs", state.filters.explicit()),
        icon="download",
        icon_only=True,
        hide_on_phone=True,
    )
