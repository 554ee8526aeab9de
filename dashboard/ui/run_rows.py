"""Runs as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.lists.names import ProjectName, RunName, milestone_names
from dashboard.lists.runs import CountsRow
from dashboard.lists.runs import RunRow as Listed
from dashboard.metrics.run_before import RunBefore, runs_before
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.number_links import EVERY, counted_in_run
from dashboard.ui.parts import Link, Number, OutcomeBar, State, Tool
from dashboard.ui.tables import Column
from dashboard.ui.text import numbers, times
from dashboard.ui.url_state import PageState
from ingest.contract import Detail, RunStatus, Status
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """A change against the run before: `tone` "bad" or "good", "" for a plain word."""

    number: Number
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run in a list. `state` is its verdict, `not_passed` of `total` stand behind the
    bar; a run without rows has `detail` "totals only". `number` is what people call it
    ("#4187"), `before` what changed against the run before, `marks` are words such as
    "outage".
    """

    name: str
    href: str
    state: State
    tool: Tool
    project: Link
    source: str
    configuration: str
    milestones: tuple[Link, ...]
    bar: OutcomeBar | None
    not_passed: Number
    total: Number
    duration: str
    started: str
    started_title: str
    detail: str = ""
    number: str = ""
    before: tuple[RunChange, ...] = ()
    marks: tuple[str, ...] = ()


def run_label(run: Run | RunName) -> str:
    """What people call a run: "#4187", or the start of a long id."""
    return run_number(run.external_id)


GLYPHS = {
    "passed": "pass",
    "failed": "fail",
    "running": "run",
    "cancelled": "skip",
    "unknown": "unknown",
}
COLUMNS = (
    Column(key="name", title="Run", sort="name", field="name", css="a"),
    Column(key="project", title="Project", field="project", css="trunc"),
    Column(
        key="configuration",
        title="Configuration",
        field="configuration",
        css="e sec trunc",
    ),
    Column(key="milestone", title="Milestone", field="milestones", css="hide-md"),
    Column(key="outcome", title="Outcome", field="counts", css="d", width="200px"),
    Column(key="before", title="vs run before", css="c nowrap"),
    Column(
        key="duration",
        title="Duration",
        sort="-duration_ms",
        field="duration_ms",
        css="num sec",
    ),
    Column(
        key="started",
        title="Started",
        sort="-started_at",
        field="started_at",
        css="f nowrap sec",
    ),
)
SOURCE = Column(key="source", title="Source", field="source", css="sec trunc")
# Where all runs are of one project, that of the source stands in place of its own.
COLUMNS_OF_PROJECT = (COLUMNS[0], SOURCE, *COLUMNS[2:])
LONGEST_NUMBER = 12


def run_rows(
    state: PageState, runs: Sequence[Listed], projects: Mapping[int, ProjectName]
) -> tuple[RunRow, ...]:
    """Two queries: for the names of milestones, and for the runs before."""
    names = milestone_names({id_ for run in runs for id_ in run.milestones})
    before = runs_before([run.id for run in runs])
    return tuple(
        replace(
            _row(state, run, projects, names), before=_changes(run, before.get(run.id))
        )
        for run in runs
    )


def _row(
    state: PageState,
    run: Listed,
    projects: Mapping[int, ProjectName],
    milestones: Mapping[int, str],
) -> RunRow:
    project = projects.get(run.project)
    started = run.started_at or run.recorded_at
    return RunRow(
        name=run_name(run.name, run.external_id),
        href=links.run(run.id),
        state=State(glyph=GLYPHS.get(run.status, "unknown"), word=run.status),
        tool=tool(project.tool) if project else Tool(vendor="", label=""),
        project=Link(
            text=project.name if project else "", href=links.project(run.project)
        ),
        source=run.source,
        configuration=run.configuration,
        milestones=_links(run.milestones, milestones),
        bar=OutcomeBar(counts=_words(run.counts)) if run.counts.total else None,
        not_passed=_not_passed(run),
        total=counted_in_run(
            "total", run.counts.total, run.id, EVERY, has_rows=_has_rows(run)
        ),
        duration=times.duration(run.duration_ms),
        started=times.moment(started, state.filters.now, state.zone),
        started_title=times.timestamp(started, state.zone),
        detail="totals only" if run.detail == Detail.COUNTS else "",
        number=run_number(run.external_id) if run.name else "",
        marks=tuple(
            word
            for word, is_so in (("outage", run.outage), ("excluded", run.excluded))
            if is_so
        ),
    )


def _changes(run: Listed, before: RunBefore | None) -> tuple[RunChange, ...]:
    """ "+12 new", "2 fixed" against the run before; why not, where there is none."""
    if run.status == RunStatus.RUNNING:
        return (RunChange(number=Number(text="running")),)
    if before is None:
        return (RunChange(number=Number(text=numbers.DASH, title="no run to compare")),)
    newly, fixed = before.newly_failing, before.fixed
    found = [
        _change(run.id, "regression", f"+{numbers.count(newly)} new", newly, "bad")
    ]
    if not newly:
        found = [RunChange(number=Number(text="none new"))]
    if fixed:
        found.append(
            _change(run.id, "fixed", f"{numbers.count(fixed)} fixed", fixed, "good")
        )
    return tuple(found)


def _change(run: int, metric: str, text: str, value: int, tone: str) -> RunChange:
    href = f"{links.run(run)}?change={metric}"
    return RunChange(
        number=Number(text=text, metric=metric, value=value, href=href), tone=tone
    )


def run_name(name: str, external_id: str) -> str:
    """A vendor's run may be without a name."""
    return name or f"Run {external_id}"


def run_number(external_id: str) -> str:
    """What people call a run: "#4187", or the start of a long id."""
    if external_id.isdigit():
        return f"#{external_id}"
    if len(external_id) <= LONGEST_NUMBER:
        return external_id
    return f"{external_id[:8]}…"


def _links(ids: Iterable[int], names: Mapping[int, str]) -> tuple[Link, ...]:
    return tuple(
        Link(text=names[id_], href=links.milestone(id_)) for id_ in ids if id_ in names
    )


def _not_passed(run: Listed) -> Number:
    bad = run.counts.failed + run.counts.error
    statuses = links.NOT_PASSED_WORDS
    return counted_in_run("not_passed", bad, run.id, *statuses, has_rows=_has_rows(run))


def _has_rows(run: Listed) -> bool:
    return run.detail != Detail.COUNTS


def _words(counts: CountsRow) -> dict[str, int]:
    return {str(status): getattr(counts, status) for status in Status}
