"""What a row of a list of results shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.lists.attempts import earlier_attempts
from dashboard.lists.names import ProjectName, RunName, run_names
from dashboard.lists.results import ResultRow as Result
from dashboard.ui.clock import Clock
from dashboard.ui.notes_and_mutes import mute_words, remarks_on
from dashboard.ui.run_rows import run_name
from dashboard.ui.tables import Column
from ingest.contract import Status

COLUMNS = (
    Column("name", "Test", "case", sort="name", css="a", width="34%"),
    Column("run", "Run", "run", css="e", width="20%"),
    Column("message", "Message", "message", css="d"),
    Column(
        "duration",
        "Duration",
        "duration_ms",
        sort="-duration_ms",
        css="b num sec",
        width="96px",
    ),
    Column(
        "moment",
        "Time",
        "executed_at",
        sort="-executed_at",
        css="f nowrap sec",
        width="120px",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedResult:
    """A result in a list over several runs. `muted` says until when, by whom and why
    its case is; "" where it is not. What is gone meanwhile is None. `earlier` are the
    outcomes of the attempts before a final one.
    """

    result: Result
    run: RunName | None
    project: ProjectName | None
    muted: str
    earlier: tuple[Status, ...] = ()

    @property
    def run_text(self) -> str:
        return run_name(self.run.name, self.run.external_id) if self.run else ""

    @property
    def at(self) -> datetime | None:
        return self.result.executed_at or (self.run.at if self.run else None)

    @property
    def attempt(self) -> str:
        if self.result.final and self.result.attempt <= 1:
            return ""
        number = f"attempt {self.result.attempt}"
        return (
            f"{number}, before: {', '.join(self.earlier)}" if self.earlier else number
        )


def listed_results(
    results: Sequence[Result], projects: Mapping[int, ProjectName], clock: Clock
) -> tuple[ListedResult, ...]:
    """Three queries, for the names of the runs, what is noted of the cases and how the
    attempts before went.
    """
    runs = run_names({result.run for result in results})
    remarks = remarks_on({result.case.id for result in results}, clock.now)

    earlier = earlier_attempts(results)

    def row(result: Result) -> ListedResult:
        run = runs.get(result.run)
        return ListedResult(
            result=result,
            run=run,
            project=projects.get(run.project) if run else None,
            muted=mute_words(remarks.get(result.case.id), clock.moment),
            earlier=earlier.get(result.id, ()),
        )

    return tuple(map(row, results))
