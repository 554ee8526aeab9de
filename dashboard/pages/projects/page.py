"""The page of one project: its figures, its trend, its runs and the tests to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from dashboard.access import may_change
from dashboard.addresses import address
from dashboard.lists.names import ProjectName
from dashboard.metrics.rates import pass_rate
from dashboard.pages.projects.page_data import CHOICES, ProjectData
from dashboard.pages.projects.ranked import Ranking, rankings
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import freshness, links
from dashboard.ui.activity import kpis
from dashboard.ui.activity.changes import failing_number, rate_turn
from dashboard.ui.activity.daily_chart import ChartCard, chart_card
from dashboard.ui.activity.kpis import Kpi
from dashboard.ui.activity.page_data import ActivityData, export_button, why_empty
from dashboard.ui.embed_button import embed_button
from dashboard.ui.freshness import FreshnessItem
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import (
    Button,
    Crumb,
    EmptyState,
    Link,
    Note,
    Number,
    Switch,
    Verdict,
)
from dashboard.ui.run_rows import COLUMNS_OF_PROJECT, run_rows
from dashboard.ui.start_buttons import start_button
from dashboard.ui.tables import Table, table
from dashboard.ui.text import deltas, numbers, times, verdicts
from ingest.origins import web_link

CHART_HEIGHT = 318
# This chart is twice as wide as the overview's.
LABEL_WIDTH = 0.13


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """`fresh` is the state of the project's connection, beside its name; `poll_href` is
    asked for it every 15 s.
    """

    title: str
    tool: str
    crumbs: tuple[Crumb, ...]
    notes: tuple[Note, ...]
    buttons: tuple[Button, ...]
    fresh: FreshnessItem | None
    poll_href: str
    verdict: Verdict | None
    kpis: tuple[Kpi, ...]
    trend: ChartCard
    runs: RecentRuns
    rankings: tuple[Ranking, ...]
    until: datetime
    has_only_totals: bool
    cases_href: str


def project_page(data: ProjectData, project: ProjectName) -> ProjectPage:
    state, empty = data.state, why_empty(data)
    runs = numbers.plural(data.runs.total if data.runs else 0, "run")
    return ProjectPage(
        title=project.name,
        tool=project.tool,
        crumbs=(Crumb(text="Overview", href=state.elsewhere(address("overview"))),),
        notes=data.layout.notes(None),
        buttons=_buttons(data, project),
        fresh=freshness.item_of_project(data.connections, data.importing, state),
        poll_href=state.href,
        verdict=None if empty else _verdict(data),
        kpis=_tiles(data),
        trend=chart_card(
            data,
            title="Pass rate and outcomes",
            before=f"{runs}, ",
            height=CHART_HEIGHT,
            label_width=LABEL_WIDTH,
            empty=empty,
        ),
        runs=_recent_runs(data, empty),
        rankings=() if empty else rankings(data),
        until=data.window.until,
        has_only_totals=data.has_only_totals,
        cases_href=address("project-tests", project.id),
    )


def _buttons(data: ProjectData, project: ProjectName) -> tuple[Button, ...]:
    settings = Button(
        text="Settings",
        href=address("project-settings", project.id),
        icon="settings",
        icon_only=True,
        hide_on_phone=True,
    )
    begin = start_button(project.tool, project.id, may_write=may_change())
    tests = Button(
        text="Tests", href=address("project-tests", project.id), icon="cases"
    )
    own = (
        *filter(None, [begin]),
        tests,
        settings,
        *embed_button(data.state.filters),
        export_button(data.state),
    )
    theirs = web_link(for_signed_in(project.vendor_url))
    if not theirs:
        return own
    text = f"Open in {tool_label(project.tool)}"
    return (Button(text=text, href=theirs, icon="external", hide_on_phone=True), *own)


def _verdict(data: ProjectData) -> Verdict | None:
    """None when the results did not load."""
    if data.now is None or data.before is None:
        return None
    failing = failing_number(data, "failing_now")
    newly = failing_number(data, "newly_failing")
    return verdicts.project_verdict(
        pass_rate(data.counts).value,
        pass_rate(data.counts_before).value,
        turn=rate_turn(list(data.by_day.items()), data.milestones or ()),
        failing=failing,
        newly_failing=newly,
        folder=data.began_in if failing else "",
        stale=data.stale,
    )


def _tiles(data: ProjectData) -> tuple[Kpi, ...]:
    tiles = (
        kpis.pass_rate_tile,
        _runs_tile,
        kpis.failing_tile,
        kpis.flaky_tile,
        lambda _: _median_run_tile(data),
        partial(kpis.time_lost_tile, label="Lost to flaky tests"),
    )
    return kpis.tiles(data, tiles)


def _runs_tile(data: ActivityData) -> Kpi:
    """With the number of results, which has no tile of its own here."""
    tile = kpis.runs_tile(data)
    if data.runs is None or data.now is None:
        return tile
    return replace(tile, note=numbers.plural(data.counts.total, "result"))


def _median_run_tile(data: ProjectData) -> Kpi:
    if data.durations is None:
        return kpis.not_loaded(data, "Median run", "median_run_ms")
    now, before = data.durations
    delta = None
    if now.median_ms is not None and before.median_ms is not None:
        delta = deltas.duration_delta(now.median_ms, before.median_ms)
    runs = data.runs.total if data.runs else now.n
    title = f"of {numbers.plural(runs, 'run')}"
    if runs > now.n:
        title += f", {numbers.count(runs - now.n)} of unknown duration left out"
    return Kpi(
        label="Median run",
        href=links.runs(data.filters),
        metric="median_run_ms",
        value=now.median_ms,
        delta=delta,
        note="" if now.p95_ms is None else f"95th: {times.duration(now.p95_ms)}",
        title=title,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRuns:
    """The newest runs; `switches` choose among them, each with its glyph or ""."""

    number: Number
    table: Table
    footer: str
    link: Link
    switches: tuple[tuple[Switch, str], ...]
    empty: EmptyState | None


def _recent_runs(data: ProjectData, empty: EmptyState | None) -> RecentRuns:
    run_state, states = data.run_state, data.states
    rows = run_rows(data.latest or (), data.projects)
    number = Number(text=numbers.DASH, title="did not load")
    if states is not None:
        every = links.runs(data.filters)
        number = counted("runs", sum(states.values()), every)
    total = int(number.value or 0)
    if run_state:
        total = (states or {}).get(run_state, 0)
    return RecentRuns(
        number=number,
        table=table(COLUMNS_OF_PROJECT, rows, css="fixed blocks runs"),
        footer=f"Showing {numbers.count(len(rows))} of {numbers.count(total)}",
        link=Link(
            text=f"All {run_state} runs" if run_state else "All runs",
            href=links.runs(data.filters, (run_state,) if run_state else ()),
        ),
        switches=_switches(data),
        empty=_why_no_runs(data, empty),
    )


def _switches(data: ProjectData) -> tuple[tuple[Switch, str], ...]:
    """All, and the states that there are."""
    current, states = data.run_state, data.states or {}
    texts = {"": "All"} | {
        name: f"{name.capitalize()} {numbers.count(states.get(name, 0))}"
        for name in CHOICES
        if states.get(name) or name == current
    }

    def switch(name: str, text: str) -> Switch:
        href = data.state.with_own(runs=name)
        return Switch(text=text, href=href, is_current=name == current)

    return tuple((switch(*item), CHOICES.get(item[0], "")) for item in texts.items())


def _why_no_runs(data: ProjectData, empty: EmptyState | None) -> EmptyState | None:
    state = data.state
    if data.latest is None:
        return did_not_load("table", state.href)
    if empty is not None or data.latest:
        return empty
    href = state.with_own(runs="")
    return EmptyState(
        title=f"No {data.run_state} run in this time",
        text="Runs in other states are there.",
        icon="runs",
        button=Button(text="Show all runs", href=href, small=True),
    )
