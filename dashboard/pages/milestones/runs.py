"""The runs of a milestone: how they ended, and how much of them counts."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.lists.runs import RunRow
from dashboard.pages.milestones.page_data import PageData
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Number
from dashboard.ui.run_rows import ListedRun, run_number
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import numbers

COLUMNS = (
    Column("name", "Run", "name", css="a"),
    Column("outcome", "Outcome", "counts", css="d"),
    Column("counts_here", "Counts here", css="b num"),
    Column("finished", "Finished", "finished_at", css="f num sec nowrap"),
)
COUNTS_HERE = "Tests whose result in this run is the one that counts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributingRun(ListedRun):
    """A run with how many tests count with a result of it."""

    counts_here: Number

    @property
    def number(self) -> str:
        """Beside the name too that is made of it."""
        return run_number(self.run.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsCard:
    """The newest runs; `total` opens all of them, `tools` says where they come from."""

    total: Number
    tools: str
    table: Table
    empty: EmptyState | None


def runs_card(data: PageData) -> RunsCard:
    """Newest first, as everywhere."""
    if data.runs is None:
        failed = did_not_load("table", data.layout.state.href)
        nothing = Number(text=numbers.DASH)
        return RunsCard(total=nothing, tools="", table=table(COLUMNS, ()), empty=failed)
    href = f"{address('runs')}?{data.filters.to_query()}"
    rows = tuple(_row(data, run) for run in data.runs.rows)
    return RunsCard(
        total=counted("runs", data.runs.count or 0, href),
        tools=_tools(data),
        table=table(COLUMNS, rows, css="tall blocks"),
        empty=None if rows else _no_run(data),
    )


def _tools(data: PageData) -> str:
    """ "from 4 tools", of the projects that are in the milestone."""
    tools = {data.layout.project(member.project).tool for member in data.members}
    return f"from {numbers.plural(len(tools), 'tool')}" if tools else ""


def _no_run(data: PageData) -> EmptyState:
    text = "No tool has sent a run of this milestone so far."
    if len(data.filters.pairs()) > 1:
        text = "No run of this milestone matches the filters."
    return EmptyState(title="No run", text=text, icon="runs")


def _row(data: PageData, run: RunRow) -> ContributingRun:
    number = data.progress.by_run.get(run.id, 0) if data.progress else 0
    rules = links.in_scope(data.filters, view=f"{links.RULES}-{run.id}")
    return ContributingRun(
        run=run,
        project=data.layout.project(run.project),
        milestones=(),
        before=(),
        counts_here=counted("counts_here", number, rules, title=COUNTS_HERE),
    )
