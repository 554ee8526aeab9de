"""The facts as plain values: every table that numbers come from, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.models import RunJudgement
from ingest.models import Case, Result, ResultText, Run, RunMilestone

WORDS = {
    1: "passed",
    2: "failed",
    3: "error",
    4: "skipped",
    5: "blocked",
    6: "untested",
    7: "running",
    8: "unknown",
}
DECIDED = {"passed", "failed", "error"}
NOT_PASSED = {"failed", "error"}


@dataclass(frozen=True)
class ResultRow:
    """One execution of a case in a run; `number` is its attempt, from 1."""

    case: int
    at: datetime
    status: str
    arrival: int = 0
    number: int = 1
    duration_ms: int | None = None
    is_marked: bool = False
    message: str = ""

    @property
    def is_bad(self) -> bool:
        return self.status in NOT_PASSED


@dataclass(frozen=True, eq=False)
class RunRow:
    """A run that its tool still has, with the results that it still has."""

    id: int
    external_id: str
    at: datetime
    name: str = ""
    project: int = 1
    vendor: str = "testmo"
    kind: str = "automated"
    detail: str = "rows"
    source: str | None = None
    configuration: str | None = None
    branch: str = ""
    commit: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: int | None = None
    milestones: frozenset[int] = frozenset()
    verdict: str | None = None
    totals: dict[str, int] = field(default_factory=dict)
    results: tuple[ResultRow, ...] = ()

    def attribute(self, name: str) -> set[object]:
        """What the run is by one of the filters' names."""
        return {
            "project": {self.project},
            "tool": {self.vendor},
            "source": {self.source},
            "configuration": {self.configuration},
            "branch": {self.branch or None},
            "milestone": set(self.milestones) or {None},
        }[name]


@dataclass(frozen=True)
class Execution:
    """All that one run says of one case: its attempts in order, the last being final."""

    run: RunRow
    case: int
    attempts: tuple[ResultRow, ...]

    @property
    def final(self) -> ResultRow:
        return self.attempts[-1]

    @property
    def at(self) -> datetime:
        return self.final.at

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.run.external_id

    @property
    def is_decided(self) -> bool:
        return self.final.status in DECIDED

    @property
    def is_bad(self) -> bool:
        return self.final.is_bad

    @property
    def is_mixed(self) -> bool:
        decided = {a.status == "passed" for a in self.attempts if a.status in DECIDED}
        return len(decided) == 2

    @property
    def series(self) -> tuple[int, str | None, str]:
        return self.case, self.run.configuration, self.run.branch


def load() -> list[RunRow]:
    """Every run that is not removed and not excluded from every number, from the
    tables.
    """
    results = _results()
    milestones = defaultdict(set)
    for link in RunMilestone.objects.filter(removed_at=None).select_related("member"):
        milestones[link.run_id].add(link.member.milestone_id)
    verdicts = dict(RunJudgement.objects.values_list("run_id", "verdict"))
    runs = Run.objects.filter(removed_at=None).select_related(
        "project__connection", "source", "configuration__alias_of"
    )
    return [
        RunRow(
            id=run.pk,
            external_id=run.external_id,
            at=run.started_at or run.recorded_at,
            name=run.name,
            project=run.project_id,
            vendor=run.project.connection.vendor,
            kind=run.kind,
            detail=run.detail,
            source=run.source.name if run.source else None,
            configuration=_configuration(run),
            branch=run.branch,
            commit=run.commit,
            started_at=run.started_at,
            finished_at=run.finished_at,
            duration_ms=run.duration_ms,
            milestones=frozenset(milestones[run.pk]),
            verdict=verdicts.get(run.pk),
            totals={word: getattr(run, word) for word in WORDS.values()},
            results=tuple(results[run.pk]),
        )
        for run in runs
        if verdicts.get(run.pk) != "uncounted"
    ]


def _results() -> dict[int, list[ResultRow]]:
    texts = {
        (text.run_id, text.ordinal): text.message for text in ResultText.objects.all()
    }
    found = defaultdict(list)
    for row in Result.objects.filter(removed_at=None):
        found[row.run_id].append(
            ResultRow(
                case=row.case_id,
                at=row.at,
                status=WORDS[row.status],
                # A corrected run is told anew: of equal times nothing but the number
                # that was stored tells which came first in the newest reading.
                arrival=row.attempt,
                duration_ms=row.duration_ms,
                is_marked=row.is_marked_retry,
                message=texts.get((row.run_id, row.ordinal), ""),
            )
        )
    return found


def _configuration(run: Run) -> str | None:
    if run.configuration is None:
        return None
    return str((run.configuration.alias_of or run.configuration).name)


def executions_of(run: RunRow) -> list[Execution]:
    """The results of a run by case; attempts count by time, then by arrival."""
    by_case = defaultdict(list)
    for row in sorted(run.results, key=lambda row: (row.at, row.arrival)):
        by_case[row.case].append(row)
    return [
        Execution(run, case, tuple(_numbered(rows))) for case, rows in by_case.items()
    ]


def _numbered(rows: list[ResultRow]) -> Iterable[ResultRow]:
    for number, row in enumerate(rows, 1):
        yield ResultRow(**{**vars(row), "number": number})


def chosen(runs: Iterable[RunRow], **wanted: set[object]) -> list[RunRow]:
    """Runs of which each named attribute is one of the wanted values."""
    return [
        run
        for run in runs
        if all(run.attribute(name) & values for name, values in wanted.items())
    ]


def executions(
    runs: Iterable[RunRow],
    since: datetime,
    until: datetime,
    cases: set[int] | None = None,
    **wanted: set[object],
) -> list[Execution]:
    """What the filters choose: by run, by case, and by the final result's time."""
    return [
        execution
        for run in chosen(runs, **wanted)
        for execution in executions_of(run)
        if since <= execution.at < until and (cases is None or execution.case in cases)
    ]


def names() -> dict[int, str]:
    return dict(Case.objects.values_list("pk", "name"))
