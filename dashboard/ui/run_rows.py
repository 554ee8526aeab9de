"""Runs as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.lists.names import ProjectName, RunName, milestone_names
from dashboard.lists.runs import RunRow
from dashboard.metrics.run_before import RunBefore
from dashboard.precomputed.run_before import runs_before
from dashboard.ui import links
from dashboard.ui.number_links import EVERY, counted_in_run
from dashboard.ui.parts import Link, Number
from dashboard.ui.tables import Column
from dashboard.ui.text import numbers
from ingest.contract import Detail, RunStatus
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """A change against the run before: `tone` "bad" or "good", "" for a plain word."""

    number: Number
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """A run with the names of what it refers to, and what changed `before` it."""

    run: RunRow
    project: ProjectName | None
    milestones: tuple[Link, ...]
    before: tuple[RunChange, ...]

    @property
    def name(self) -> str:
        return run_name(self.run.name, self.run.external_id)

    @property
    def number(self) -> str:
        return run_number(self.run.external_id) if self.run.name else ""

    @property
    def glyph(self) -> str:
        return GLYPHS.get(self.run.status, "unknown")

    @property
    def at(self) -> datetime:
        return self.run.started_at or self.run.recorded_at

    @property
    def not_passed(self) -> Number:
        bad = self.run.counts.failed + self.run.counts.error
        return self._counted("not_passed", bad, *links.NOT_PASSED_WORDS)

    @property
    def total(self) -> Number:
        return self._counted("total", self.run.counts.total, EVERY)

    @property
    def has_rows(self) -> bool:
        return self.run.detail != Detail.COUNTS

    def _counted(self, metric: str, value: int, *statuses: str) -> Number:
        return counted_in_run(
            metric, value, self.run.id, *statuses, has_rows=self.has_rows
        )


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
    Column("name", "Run", "name", sort="name", css="a"),
    Column("project", "Project", "project", css="trunc", width="140px"),
    Column(
        "configuration",
        "Configuration",
        "configuration",
        css="e sec trunc",
        width="124px",
        from_px=1280,
    ),
    Column("milestone", "Milestone", "milestones", width="130px", from_px=1440),
    Column("outcome", "Outcome", "counts", css="d", width="190px"),
    Column("before", "vs run before", css="c", width="132px", from_px=1024),
    Column(
        "duration",
        "Duration",
        "duration_ms",
        sort="-duration_ms",
        css="num sec",
        width="84px",
        from_px=1024,
    ),
    Column(
        "started",
        "Started",
        "started_at",
        sort="-started_at",
        css="f nowrap sec",
        width="112px",
    ),
)
SOURCE = Column("source", "Source", "source", css="sec trunc", width="110px")
# Where all runs are of one project, that of the source stands in place of its own.
COLUMNS_OF_PROJECT = (COLUMNS[0], SOURCE, *COLUMNS[2:])
LONGEST_NUMBER = 12


def run_rows(
    runs: Sequence[RunRow], projects: Mapping[int, ProjectName]
) -> tuple[ListedRun, ...]:
    names = milestone_names({id_ for run in runs for id_ in run.milestones})
    before = runs_before([run.id for run in runs])
    return tuple(
        ListedRun(
            run=run,
            project=projects.get(run.project),
            milestones=tuple(
                Link(text=names[id_], href=links.milestone(id_))
                for id_ in run.milestones
                if id_ in names
            ),
            before=_changes(run, before.get(run.id)),
        )
        for run in runs
    )


def _changes(run: RunRow, before: RunBefore | None) -> tuple[RunChange, ...]:
    """ "+12 new", "2 fixed" against the run before; why not, where there is none."""
    if run.status == RunStatus.RUNNING:
        return (RunChange(number=Number(text="running")),)
    if before is None:
        return (
            RunChange(
                number=Number(
                    text=numbers.DASH,
                    title="no earlier run of its suite to compare with",
                )
            ),
        )
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
