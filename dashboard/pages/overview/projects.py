"""Projects beside each other: small multiples, and the table that is sorted worst first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import floor
from operator import attrgetter
from typing import Any

from dashboard.filters import Filters
from dashboard.lists.names import ProjectName
from dashboard.metrics.activity import NewestRun
from dashboard.metrics.flaky import FlakyTotals
from dashboard.metrics.rates import not_passed_count, pass_rate, pass_share
from dashboard.ui import freshness, links
from dashboard.ui.activity.changes import failing_number
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.flake_evidence import lost_total
from dashboard.ui.list_layout import search_box
from dashboard.ui.number_links import (
    EVERY,
    NO_TESTS,
    counted,
    counted_in_run,
    rated,
    totals_only,
)
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import (
    Delta,
    EmptyState,
    Number,
    SearchBox,
    State,
)
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import deltas, numbers
from dashboard.ui.url_state import FIND
from ingest.contract import Counts, Detail
from ingest.models import Connection

MULTIPLES = 9
HIGHEST_FLOOR = 80
TREND = Column("trend", "", from_px=1280)
COLUMNS = (
    Column("name", "Project", sort="name", css="a"),
    Column("last_run", "Last run", sort="-last_run", css="sec nowrap"),
    Column("rate", "Pass rate", sort="rate", css="b num strong"),
    Column("change", "Change", sort="change", css="c"),
    TREND,
    Column("outcome", "Last run, not passed", width="200px"),
    Column("failing", "Failing now", sort="-failing", css="e num"),
    Column("flaky", "Flaky", sort="-flaky", css="num"),
    Column("time_lost", "Time lost", sort="-time_lost", css="num"),
    Column("freshness", "Freshness", sort="freshness", css="f"),
)
DEFAULT_SORT = "rate"
# By which a column sorts, where that is not the value of its number.
SORT_KEYS: dict[str, Callable[[ProjectRow], Any]] = {
    "name": lambda row: row.project.name.casefold(),
    "last_run": lambda row: row.last_run and row.last_run.run.at,
    "change": lambda row: row.change,
    "freshness": lambda row: row.synced_at,
}
NO_FLAKY = FlakyTotals(cases=0, time_lost_ms=0, unknown_durations=0)
NOT_LOADED = Number(text=numbers.DASH, title="did not load")
# Of tests, where no test is told from others.
UNKNOWN = Number(text=numbers.DASH, title=NO_TESTS)


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a project."""

    run: NewestRun

    @property
    def not_passed(self) -> Number:
        number = not_passed_count(self.run.counts)
        return self._count("not_passed", number, *links.NOT_PASSED_WORDS)

    @property
    def total(self) -> Number:
        return self._count("total", self.run.counts.total, EVERY)

    def _count(self, metric: str, value: int, *statuses: str) -> Number:
        has_rows = self.run.detail != Detail.COUNTS
        return counted_in_run(metric, value, self.run.id, *statuses, has_rows=has_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """`before` is the rate of the window before, `values` are rates 0-1 by day."""

    project: ProjectName
    href: str
    rate: Number
    before: float | None
    values: tuple[float | None, ...]
    last_run: LastRun | None
    failing: Number
    flaky: Number
    time_lost: Number
    freshness: State
    synced_at: datetime | None

    @property
    def change(self) -> float | None:
        return deltas.points(self.rate.value, self.before)

    @property
    def delta(self) -> Delta | None:
        return deltas.rate_delta(self.rate.value, self.before)

    @property
    def short_delta(self) -> Delta | None:
        return deltas.rate_delta(self.rate.value, self.before, unit="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiples:
    """`floor` is the lowest rate of the common scale in per cent. `number` of projects
    are in the table, where they are more than the `rows`.
    """

    floor: int
    rows: Sequence[ProjectRow]
    number: int | None
    problem: EmptyState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """`floor` and `ceiling` are rates 0-1, between which the small lines are drawn."""

    table: Table
    floor: float
    ceiling: float
    search: SearchBox
    problem: EmptyState | None


def project_rows(activity: ActivityData) -> list[ProjectRow]:
    """The chosen projects; without a choice of projects those of the chosen tools."""
    chosen = activity.filters.project
    connections = {connection.pk: connection for connection in activity.connections}
    return [
        _row(activity, project, connections[project.connection])
        for project in activity.projects.values()
        if project.connection in connections and (not chosen or project.id in chosen)
    ]


def _row(
    activity: ActivityData, project: ProjectName, connection: Connection
) -> ProjectRow:
    filters = activity.filters
    own = replace(filters, project=(project.id,))
    days = (activity.days_of_project.get((project.id, day)) for day in activity.days)
    values = tuple(pass_share(counts) if counts else None for counts in days)
    before = pass_rate(activity.by_project_before.get(project.id, Counts()))
    newest = (activity.newest or {}).get(project.id)
    failing, flaky, time_lost = _of_tests(activity, project, own)
    return ProjectRow(
        project=project,
        href=links.project(project.id),
        rate=rated(
            pass_rate(activity.by_project.get(project.id, Counts())),
            links.results(filters, links.DECIDED_WORDS, project=own.project),
        ),
        before=before.value,
        values=values,
        last_run=LastRun(newest) if newest else None,
        failing=failing,
        flaky=flaky,
        time_lost=time_lost,
        freshness=freshness.state_of_project(
            connection, activity.importing, activity.state
        ),
        synced_at=connection.last_success_at,
    )


def _of_tests(
    activity: ActivityData, project: ProjectName, own: Filters
) -> tuple[Number, Number, Number]:
    """Failing and flaky tests, and the time lost to these."""
    if project.id in activity.only_totals:
        return totals_only(own), UNKNOWN, UNKNOWN
    failing = failing_number(activity, "failing_now", project.id) or NOT_LOADED
    if activity.flaky is None:
        return failing, NOT_LOADED, NOT_LOADED
    totals = activity.flaky.now.get(project.id, NO_FLAKY)
    flaky = counted("flaky", totals.cases, links.flaky(own))
    return failing, flaky, _time_lost(totals, own)


def _time_lost(totals: FlakyTotals, filters: Filters) -> Number:
    lost = lost_total(totals, filters)
    return lost if totals.attempts else replace(lost, text=numbers.DASH)


def multiples(activity: ActivityData, rows: Sequence[ProjectRow]) -> Multiples:
    """Largest fall first, on one scale."""
    drawn = [row for row in rows if row.rate.value is not None]
    drawn.sort(key=lambda row: (row.change or 0.0, row.project.name))
    lowest = min(_rates(drawn), default=1.0)
    problem = None
    if activity.now is None:
        problem = did_not_load("chart", activity.state.href)
    has_more = len(drawn) > MULTIPLES
    return Multiples(
        floor=min(HIGHEST_FLOOR, 10 * floor(10 * lowest)),
        rows=drawn[: MULTIPLES - 1] if has_more else drawn,
        number=len(drawn) if has_more else None,
        problem=problem,
    )


def _rates(rows: Sequence[ProjectRow]) -> list[float]:
    return [rate for row in rows for rate in row.values if rate is not None]


def project_table(activity: ActivityData, rows: Sequence[ProjectRow]) -> ProjectTable:
    state, part = activity.state, activity.state.own.get(FIND, "")
    shown = [row for row in rows if part.casefold() in row.project.name.casefold()]
    reach = activity.window.until - activity.window.since
    trend = replace(TREND, title=numbers.plural(round(reach.days), "day"))
    return ProjectTable(
        table=table(
            [trend if column is TREND else column for column in COLUMNS],
            _sorted(shown, state.filters.sort or DEFAULT_SORT),
            css="blocks projects",
            state=state,
            default_sort=DEFAULT_SORT,
        ),
        floor=min(_rates(rows), default=0.0),
        ceiling=max(_rates(rows), default=1.0),
        search=search_box(state, "Find a project", FIND),
        problem=did_not_load("table", state.href) if activity.now is None else None,
    )


def _sorted(rows: Sequence[ProjectRow], sort: str) -> list[ProjectRow]:
    """What is unknown stands last in both directions; equal rows stand by name."""
    name = sort.removeprefix("-")
    key = SORT_KEYS.get(name) or attrgetter(f"{name}.value")
    with_value = [row for row in rows if key(row) is not None]
    with_value.sort(key=key, reverse=sort.startswith("-"))
    return with_value + [row for row in rows if key(row) is None]
