"""The runs of a milestone: how they ended, and how much of them counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.lists.runs import RunRow
from dashboard.pages.milestones.page_data import PageData
from dashboard.ui import links
from dashboard.ui.number_links import EVERY, counted, counted_in_run
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Link, Number, OutcomeBar, State, Tool
from dashboard.ui.run_rows import GLYPHS, run_name
from dashboard.ui.text import numbers, times
from ingest.contract import Detail, Status

LONGEST_NUMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributingRun:
    """A run with how many tests count with a result of it."""

    name: str
    number: str
    href: str
    state: State
    tool: Tool
    project: Link
    bar: OutcomeBar | None
    not_passed: Number
    total: Number
    counts_here: Number
    finished: str
    finished_title: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsCard:
    """The newest runs; `all_link` opens all of them. `noun`: run or runs, by `total`."""

    total: Number
    tools: str
    rows: tuple[ContributingRun, ...]
    noun: str = "runs"
    footer: str = ""
    all_link: Link | None = None
    empty: EmptyState | None = None


def runs_card(material: PageData) -> RunsCard:
    """Newest first, as everywhere."""
    found, href = material.runs, f"/runs/?{material.filters.to_query()}"
    if found is None:
        failed = did_not_load("table", material.state.href)
        return RunsCard(
            total=Number(text=numbers.DASH), tools="", rows=(), empty=failed
        )
    total = found.count or 0
    here: Mapping[int, int] = material.progress.by_run if material.progress else {}
    return RunsCard(
        total=counted("runs", total, href),
        tools=_tools(material),
        rows=tuple(_row(material, run, here.get(run.id, 0)) for run in found.rows),
        noun="run" if total == 1 else "runs",
        footer=f"Showing {len(found.rows)} of {numbers.count(total)}",
        all_link=Link(text="All contributing runs", href=href) if total else None,
        empty=None if found.rows else _none(material),
    )


def _tools(material: PageData) -> str:
    """ "from 4 tools", of the projects that are in the milestone."""
    projects = {member.project_id for member in material.members}
    tools = {material.tool_of(project).vendor for project in projects}
    return f"from {numbers.plural(len(tools), 'tool')}" if tools else ""


def _none(material: PageData) -> EmptyState:
    narrowed = len(material.filters.pairs()) > 1
    text = "No tool has sent a run of this milestone so far."
    if narrowed:
        text = "No run of this milestone matches the filters."
    return EmptyState(title="No run", text=text, icon="runs")


def _row(material: PageData, run: RunRow, counts_here: int) -> ContributingRun:
    state, zone = material.state, material.state.zone
    now = state.filters.now
    known = material.projects.get(run.project)
    ended = run.finished_at
    return ContributingRun(
        name=run_name(run.name, run.external_id),
        number=_number(run.external_id),
        href=links.run(run.id),
        state=State(glyph=GLYPHS.get(run.status, "unknown"), word=run.status),
        tool=material.tool_of(run.project),
        project=Link(text=known.name if known else "", href=links.project(run.project)),
        bar=OutcomeBar(counts=_statuses(run)) if run.counts.total else None,
        not_passed=_not_passed(run),
        total=counted_in_run(
            "total", run.counts.total, run.id, EVERY, has_rows=_has_rows(run)
        ),
        counts_here=_counts_here(material, run, counts_here),
        finished=times.moment(ended, now, zone) if ended else _unended(run),
        finished_title=times.timestamp(ended, zone) if ended else "",
        detail="totals only" if run.detail == Detail.COUNTS else "",
    )


def _number(external_id: str) -> str:
    if external_id.isdigit():
        return f"#{external_id}"
    short = len(external_id) <= LONGEST_NUMBER
    return external_id if short else f"{external_id[:8]}…"


def _statuses(run: RunRow) -> dict[str, int]:
    return {str(status): getattr(run.counts, status) for status in Status}


def _not_passed(run: RunRow) -> Number:
    bad = run.counts.failed + run.counts.error
    statuses = links.NOT_PASSED_WORDS
    return counted_in_run("not_passed", bad, run.id, *statuses, has_rows=_has_rows(run))


def _has_rows(run: RunRow) -> bool:
    return run.detail != Detail.COUNTS


def _counts_here(material: PageData, run: RunRow, number: int) -> Number:
    view = f"{links.RULES}-{run.id}"
    href = links.in_scope(material.filters, view=view)
    title = "Tests whose result in this run is the one that counts"
    return counted("counts_here", number, href, title=title)


def _unended(run: RunRow) -> str:
    return "running" if run.status == "running" else numbers.DASH
