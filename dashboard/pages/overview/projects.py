"""Projects beside each other: small multiples, and the table that is sorted worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import floor
from typing import Any

from dashboard.filters import Filters
from dashboard.lists.names import ProjectName
from dashboard.metrics.activity import NewestRun
from dashboard.metrics.flaky import FlakyTotals
from dashboard.metrics.rates import Rate, not_passed_count, pass_rate
from dashboard.ui import freshness, links
from dashboard.ui.activity.page_data import ActivityData
from dashboard.ui.filter_bar import tool
from dashboard.ui.number_links import (
    EVERY,
    bridged,
    counted,
    counted_in_run,
    rated,
    sort_columns,
)
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import (
    Column,
    Delta,
    EmptyState,
    Link,
    Number,
    OutcomeBar,
    SearchBox,
    State,
    Tool,
)
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.url_state import FIND
from ingest.contract import Counts, Status

MULTIPLES = 9
LOWEST_FLOOR = 0.8
HEADS = {
    "name": ("Project", "name"),
    "last_run": ("Last run", "-last_run"),
    "rate": ("Pass rate", "rate"),
    "change": ("Change", "change"),
    "failing": ("Failing now", "-failing"),
    "freshness": ("Freshness", "freshness"),
}
EXTRA_HEADS = {"flaky": ("Flaky", "-flaky"), "time_lost": ("Time lost", "-time_lost")}
DEFAULT_SORT = "rate"
NONE = FlakyTotals(cases=0, time_lost_ms=0, unknown_durations=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallMultiple:
    """A project's rates 0-1 by day, oldest first; `before` is the window before."""

    name: str
    href: str
    tool: Tool
    rate: Number
    delta: Delta | None
    values: tuple[float | None, ...]
    before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiples:
    """`floor` is the lowest rate 0-1 of the common scale; `all_link` "All 23" or None."""

    subtitle: str
    floor: float
    items: tuple[SmallMultiple, ...]
    all_link: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """`trend` are rates 0-1 by day. `extra` are further figures, one for each of the
    table's `extra_columns`, so that a later column needs no new field.
    """

    name: str
    href: str
    tool: Tool
    last_run: str
    last_run_title: str
    last_run_href: str
    rate: Number
    delta: Delta | None
    trend: tuple[float | None, ...]
    bar: OutcomeBar | None
    not_passed: Number
    total: Number
    failing: Number
    freshness: State
    extra: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """`trend_text` heads the small line ("30 days"); `floor`, `ceiling` rates 0-1."""

    count: str
    columns: Mapping[str, Column]
    rows: tuple[ProjectRow, ...]
    trend_text: str
    floor: float
    ceiling: float
    search: SearchBox
    extra_columns: tuple[Column, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A project with what is told of it; `change` in points, None without a past."""

    project: ProjectName
    rate: Rate
    before: Rate
    change: float | None
    values: tuple[float | None, ...]
    newest: NewestRun | None
    failing: int | None
    flaky: FlakyTotals | None


def lines(found: ActivityData) -> list[Line]:
    """The chosen projects; without a choice of projects those of the chosen tools."""
    return [_line(found, project) for project in _chosen(found)]


def _chosen(found: ActivityData) -> Iterator[ProjectName]:
    filters = found.state.filters
    used = {connection.pk for connection in found.connections}
    for project in found.projects.values():
        is_chosen = not filters.project or project.id in filters.project
        if is_chosen and project.connection in used:
            yield project


def _line(found: ActivityData, project: ProjectName) -> Line:
    rate = pass_rate(found.by_project.get(project.id, Counts()))
    before = pass_rate(found.by_project_before.get(project.id, Counts()))
    days = (found.days_of_project.get((project.id, day)) for day in found.days)
    return Line(
        project=project,
        rate=rate,
        before=before,
        change=deltas.points(rate.value, before.value),
        values=tuple(pass_rate(counts).value if counts else None for counts in days),
        newest=(found.newest or {}).get(project.id),
        failing=None if found.failing is None else found.failing.now.get(project.id, 0),
        flaky=None if found.flaky is None else found.flaky.now.get(project.id, NONE),
    )


def multiples(found: ActivityData, told: list[Line]) -> Multiples:
    """Largest fall first, on one scale."""
    drawn = sorted((line for line in told if line.rate.n), key=_by_fall)
    lowest = min(
        (v for line in drawn for v in line.values if v is not None), default=1.0
    )
    bottom = min(LOWEST_FLOOR, floor(lowest * 10) / 10)
    shown = drawn if len(drawn) <= MULTIPLES else drawn[: MULTIPLES - 1]
    more = len(drawn) > MULTIPLES
    return Multiples(
        subtitle=f"same scale, {100 * bottom:.0f}{numbers.DASH}100%",
        floor=bottom,
        items=tuple(_multiple(found, line) for line in shown),
        all_link=Link(text=f"All {len(drawn)}", href="#projects") if more else None,
        empty=_no_multiples(found, drawn),
    )


def _by_fall(line: Line) -> tuple[float, str]:
    return (0.0 if line.change is None else line.change, line.project.name)


def _no_multiples(found: ActivityData, drawn: list[Line]) -> EmptyState | None:
    if found.now is None:
        return did_not_load("chart", found.state.href)
    if drawn:
        return None
    return EmptyState(
        title="No results here yet",
        text="A project appears with its first decided result of the window.",
        icon="filter",
    )


def _multiple(found: ActivityData, line: Line) -> SmallMultiple:
    return SmallMultiple(
        name=line.project.name,
        href=links.project(line.project.id, found.state.filters),
        tool=tool(line.project.tool),
        rate=_rate(found.state.filters, line),
        delta=deltas.rate_delta(line.rate.value, line.before.value, unit=""),
        values=bridged(line.values),
        before=line.before.value,
    )


def table(found: ActivityData, told: list[Line]) -> ProjectTable:
    state, wanted = found.state, found.state.own.get(FIND, "")
    shown = [line for line in told if wanted.casefold() in line.project.name.casefold()]
    connections = {connection.pk: connection for connection in found.connections}
    freshnesses = {
        line.project.id: freshness.project_state(
            line.project, connections, found.importing, state
        )
        for line in shown
    }
    rates = [v for line in told for v in line.values if v is not None]
    return ProjectTable(
        count=numbers.count(len(shown)),
        columns=sort_columns(
            state, HEADS, DEFAULT_SORT, numeric=frozenset({"rate", "failing"})
        ),
        rows=tuple(
            _row(found, line, freshnesses[line.project.id])
            for line in _sorted(shown, state.filters.sort or DEFAULT_SORT, found)
        ),
        extra_columns=tuple(
            sort_columns(
                state, EXTRA_HEADS, DEFAULT_SORT, numeric=frozenset(EXTRA_HEADS)
            ).values()
        ),
        trend_text=_trend_text(found),
        floor=min(rates, default=0.0),
        ceiling=max(rates, default=1.0),
        search=SearchBox(
            action=state.path,
            value=wanted,
            placeholder="Find a project",
            name=FIND,
            hidden=state.hidden(FIND),
        ),
        empty=_no_table(found, wanted) if found.now is None or not shown else None,
    )


def _trend_text(found: ActivityData) -> str:
    return numbers.plural(round((found.window.until - found.window.since).days), "day")


def _no_table(found: ActivityData, wanted: str) -> EmptyState:
    if found.now is None:
        return did_not_load("table", found.state.href)
    if wanted:
        return EmptyState(
            title="No project has this in its name",
            text=f"Nothing here contains “{wanted[:60]}”.",
            icon="search",
        )
    return EmptyState(
        title="No project matches these filters",
        text="The chosen projects belong to other tools.",
        icon="filter",
    )


def _sorted(told: list[Line], sort: str, found: ActivityData) -> list[Line]:
    """What is unknown stands last in both directions; equal lines stand by name."""
    name = sort.removeprefix("-")
    known = [line for line in told if _key(name, line, found) is not None]
    unknown = [line for line in told if _key(name, line, found) is None]
    known.sort(key=lambda line: _key(name, line, found), reverse=sort.startswith("-"))
    return known + unknown


def _key(name: str, line: Line, found: ActivityData) -> Any:
    keys: dict[str, Callable[[], Any]] = {
        "name": lambda: line.project.name.casefold(),
        "last_run": lambda: line.newest.at if line.newest else None,
        "rate": lambda: line.rate.value,
        "change": lambda: line.change,
        "failing": lambda: line.failing,
        "flaky": lambda: line.flaky and line.flaky.cases,
        "time_lost": lambda: line.flaky and line.flaky.time_lost_ms,
        "freshness": lambda: next(
            c.last_success_at
            for c in found.connections
            if c.pk == line.project.connection
        ),
    }
    return keys[name]()


def _row(found: ActivityData, line: Line, fresh: State) -> ProjectRow:
    state, newest, project = found.state, line.newest, line.project
    return ProjectRow(
        name=project.name,
        href=links.project(project.id, state.filters),
        tool=tool(project.tool),
        last_run=_moment(found, newest),
        last_run_title=times.timestamp(newest.at, state.zone) if newest else "",
        last_run_href=links.run(newest.id) if newest else "",
        rate=_rate(state.filters, line),
        delta=_delta(line),
        trend=bridged(line.values),
        bar=OutcomeBar(counts=_words(newest.counts)) if newest else None,
        not_passed=_not_passed(newest),
        total=_total(newest),
        failing=_failing(found, line),
        extra=_flaky(found, line),
        freshness=fresh,
    )


def _rate(filters: Filters, line: Line) -> Number:
    mine = (line.project.id,)
    return rated(line.rate, links.results(filters, links.DECIDED_WORDS, project=mine))


def _failing(found: ActivityData, line: Line) -> Number:
    if line.failing is None:
        return Number(text=numbers.DASH, title="did not load")
    href = links.failing(found.state.filters, project=(line.project.id,))
    return counted("failing_now", line.failing, href)


def _flaky(found: ActivityData, line: Line) -> tuple[Number, ...]:
    """How many tests are flaky, and the time that they cost; one door for both."""
    if line.flaky is None:
        nothing = Number(text=numbers.DASH, title="did not load")
        return nothing, nothing
    filters = replace(found.state.filters, project=(line.project.id,))
    lost_ms = line.flaky.time_lost_ms
    return (
        counted("flaky", line.flaky.cases, links.flaky(filters)),
        Number(text=times.duration(lost_ms), metric="time_lost_ms", value=lost_ms)
        if lost_ms
        else Number(text=numbers.DASH, metric="time_lost_ms", value=0),
    )


def _moment(found: ActivityData, newest: NewestRun | None) -> str:
    if newest is None:
        return numbers.DASH
    return times.moment(newest.at, found.state.filters.now, found.state.zone)


def _delta(line: Line) -> Delta | None:
    return deltas.rate_delta(line.rate.value, line.before.value)


def _not_passed(newest: NewestRun | None) -> Number:
    if newest is None:
        return Number(text="0")
    bad, statuses = not_passed_count(newest.counts), links.NOT_PASSED_WORDS
    return counted_in_run(
        "not_passed", bad, newest.id, *statuses, has_rows=_has_rows(newest)
    )


def _total(newest: NewestRun | None) -> Number:
    if newest is None:
        return Number(text="")
    total = newest.counts.total
    return counted_in_run("total", total, newest.id, EVERY, has_rows=_has_rows(newest))


def _has_rows(newest: NewestRun) -> bool:
    return newest.detail != "counts"


def _words(counts: Counts) -> dict[str, int]:
    return {str(status): getattr(counts, status) for status in Status}
