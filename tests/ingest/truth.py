"""What must be stored of a generated world, vendor by vendor, told from the world alone.

Each table below is section 1 of docs/metrics.md in the words of the generator. Nothing
here asks a connector; ids come from the simulator, as they do for a vendor's user.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from ingest.simulator.qatech import ids as qatech
from ingest.simulator.testably import bodies as testably
from ingest.simulator.testifly.jobs import object_id
from ingest.simulator.testomatio import words as testomatio
from ingest.simulator.world import SimProject, SimResult, SimRun

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
STATUSES = (
    "passed failed error skipped blocked untested running unknown".split()  # noqa: SIM905
)
CaseOf: TypeAlias = Callable[[SimRun, SimResult], tuple[str, ...]]


@dataclass(frozen=True, order=True)
class Execution:
    """One attempt as it must be stored; `at` is its time, to the millisecond."""

    status: str
    at: datetime
    duration_ms: int | None
    thread: str = ""
    message: str = ""


@dataclass
class Told:
    """One run as it must be stored. `cases`: the attempts of each case, in order."""

    name: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    cases: dict[tuple[str, ...], list[Execution]]
    counts: dict[str, int] = field(default_factory=dict)
    kind: str = "automated"
    is_open: bool = False
    detail: str = "rows"
    source: str = ""
    configuration: str = ""
    branch: str = ""
    commit: str = ""
    milestones: set[str] = field(default_factory=set)
    threads: dict[str, dict[str, int]] = field(default_factory=dict)
    vendor_counts: dict[str, int] | None = None

    def __post_init__(self) -> None:
        finals = Counter(attempts[-1].status for attempts in self.cases.values())
        self.counts = self.counts or counted(finals.elements())


def counted(statuses: Iterable[str]) -> dict[str, int]:
    found = Counter(statuses)
    return {status: found[status] for status in STATUSES}


def told(project: SimProject, *, attempts: bool = False) -> dict[str, Told]:
    """The project's runs by the vendor's id; `attempts`: each has a row of its own."""
    runs = project.runs_at(NOW)
    if project.vendor == "testmo":
        return {_testmo_id(project, run): _of_testmo(project, run) for run in runs}
    if project.vendor == "testomatio":
        return {testomatio.run_id(r.number): _of_testomatio(r, attempts) for r in runs}
    if project.vendor == "testably":
        return {f"run_{run.number}": _of_testably(project, run) for run in runs}
    if project.vendor == "qatech":
        return {qatech.run_id(run): _of_qatech(project, run) for run in runs}
    return {object_id("run", run.number): _of_testifly(run) for run in runs}


# --- Testmo -----------------------------------------------------------------------

# Rows of automation runs tell passed, failed, running and neutral only.
TESTMO_ROW = {"passed": "passed", "failed": "failed", "wontfix": "failed"} | {
    "error": "failed"
}
TESTMO_TEST = TESTMO_ROW | {
    "retest": "blocked",
    "blocked": "blocked",
    "skipped": "skipped",
    "untested": "untested",
    "parked": "unknown",
}


def _testmo_id(project: SimProject, run: SimRun) -> str:
    if run.kind == "automated":
        return str(run.number)
    # Manual runs are numbered apart, by time, over all of the instance's projects.
    return f"manual-{MANUAL_NUMBERS[run.number]}"


MANUAL_NUMBERS: dict[int, int] = {}


def number_manual_runs(projects: Iterable[SimProject]) -> None:
    manual = (r.number for p in projects for r in p.runs_at(NOW) if r.kind == "manual")
    MANUAL_NUMBERS.update({n: 1001 + index for index, n in enumerate(sorted(manual))})


def _of_testmo(project: SimProject, run: SimRun) -> Told:
    results = run.results_at(NOW)
    is_open, is_manual = run.is_open_at(NOW), run.kind == "manual"
    finished_at = run.finished_by(NOW)
    totals = counted(
        TESTMO_TEST[r.outcome] for r in (_last(run) if is_manual else results)
    )
    milestones = {run.milestone.name} if run.milestone else set()
    tagged = {m.name for m in project.milestones if m.tag and m.tag in run.tags}
    if is_manual:
        cases = _manual_cases(results)
    elif project.counts_only:
        cases = {}
    else:
        cases = _cases(run, results, _testmo_case, _testmo_execution(run))
    has_failed = totals["failed"] > 0
    return Told(
        name=run.name,
        kind=run.kind,
        status="running" if is_open else "failed" if has_failed else "passed",
        is_open=is_open,
        detail="counts" if project.counts_only and not is_manual else "rows",
        started_at=_ms(run.started_at),
        finished_at=_ms(finished_at),
        duration_ms=None if is_manual or not finished_at else _took(run, finished_at),
        source="" if is_manual else run.source,
        configuration=run.configuration,
        branch="" if is_manual else run.branch,
        commit="" if is_manual else run.commit,
        milestones=milestones if is_manual else milestones | tagged,
        cases=cases,
        counts=totals if project.counts_only else {},
        threads={} if is_manual else _testmo_threads(run, results),
        vendor_counts=totals,
    )


def _testmo_case(run: SimRun, result: SimResult) -> tuple[str, ...]:
    return run.source, result.case.folder, result.case.name


def _testmo_execution(run: SimRun) -> Callable[[SimResult], Execution]:
    return lambda result: Execution(
        TESTMO_ROW.get(result.outcome, "unknown"),
        _moment(result.finished_at),
        result.duration_ms or None,
        thread=str(run.number * 100 + result.thread),
    )


def _testmo_threads(
    run: SimRun, results: Sequence[SimResult]
) -> dict[str, dict[str, int]]:
    return {
        str(run.number * 100 + lane): counted(
            TESTMO_TEST[r.outcome] for r in results if r.thread == lane
        )
        for lane in range(run.threads)
    }


def _manual_cases(
    results: Sequence[SimResult],
) -> dict[tuple[str, ...], list[Execution]]:
    """A test without a result is no row; now and then a tester corrects herself."""
    cases: dict[tuple[str, ...], list[Execution]] = defaultdict(list)
    for result in results:
        if result.outcome == "untested":
            continue
        status, at = TESTMO_TEST[result.outcome], _moment(result.finished_at)
        rows = [Execution(status, at, None, message=result.message)]
        if result.number % 13 == 0 and result.outcome == "passed":
            note = "Clicked the wrong button; see the next result."
            wrong = Execution("failed", _moment(result.started_at), None, message=note)
            rows = [wrong, *rows]
        cases["", result.case.folder, result.case.name] += rows
    return cases


# --- Testomat.io ------------------------------------------------------------------

TESTOMATIO = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "skipped": "skipped",
    "blocked": "skipped",
}
TESTOMATIO_GROUPS = {
    "nightly": "Nightly builds",
    "smoke": "Smoke checks",
    "manual-regression": "By hand / Regression by hand",
}


def _of_testomatio(run: SimRun, attempts: bool) -> Told:
    finished_at = run.finished_by(NOW)
    results = run.results_at(NOW) if attempts else _last(run)
    start = _moment(run.started_at)
    cases = _cases(
        run,
        results,
        lambda run, r: ("", r.case.folder, r.case.name),
        lambda r: Execution(
            TESTOMATIO[r.outcome], start, r.duration_ms, message=r.message
        ),
    )
    totals = counted(TESTOMATIO[r.outcome] for r in results)
    verdict = "failed" if totals["failed"] else "passed"
    if run.kind == "manual":
        # "finished" says only that it ended: what follows goes by final results.
        finals = [rows[-1].status for rows in cases.values()]
        verdict = "failed" if "failed" in finals else "passed"
    elif run.number % 61 == 0:
        verdict = "cancelled"
    return Told(
        name=run.name,
        kind=run.kind,
        status=verdict,
        started_at=start,
        finished_at=_ms(finished_at),
        duration_ms=_took(run, finished_at) if finished_at else None,
        source=TESTOMATIO_GROUPS.get(run.tags[0], ""),
        configuration=", ".join(testomatio.environments(run)),
        cases=cases,
        vendor_counts=totals,
    )


# --- Testably ---------------------------------------------------------------------

TESTABLY = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "skipped": "blocked",
    "blocked": "blocked",
}


def _of_testably(project: SimProject, run: SimRun) -> Told:
    cases = _cases(
        run,
        _last(run),
        lambda run, r: (testably.case_id(project, r.case), "", r.case.name),
        lambda r: Execution(
            TESTABLY[r.outcome],
            r.finished_at.replace(microsecond=0),
            round(r.duration_ms / 1000) * 1000,
            message=r.message[:800],
        ),
    )
    totals = counted(rows[-1].status for rows in cases.values())
    finished_at = run.finished_by(NOW)
    return Told(
        name=run.name,
        status="failed" if totals["failed"] else "passed",
        started_at=run.started_at.replace(microsecond=0),
        finished_at=finished_at and finished_at.replace(microsecond=0),
        duration_ms=None,
        milestones={run.milestone.name} if run.milestone else set(),
        cases=cases,
        vendor_counts=totals,
    )


# --- QA.tech and Testifly: a run's times follow from its results --------------------

QATECH = TESTOMATIO | {"error": "error"}


def _of_qatech(project: SimProject, run: SimRun) -> Told:
    last = _last(run)
    cases = _cases(
        run,
        last,
        lambda run, r: (qatech.case_uuid(project, r.case), "", r.case.name),
        lambda r: Execution(QATECH[r.outcome], _moment(r.started_at), r.duration_ms),
    )
    found = {rows[-1].status for rows in cases.values()}
    start, end = _span(last)
    return Told(
        name=f"Run {qatech.run_id(run)}",
        status="failed" if found & {"failed", "error"} else "passed",
        started_at=start,
        finished_at=end,
        duration_ms=(end - start) // timedelta(milliseconds=1),
        cases=cases,
    )


def _testifly_status(result: SimResult) -> str:
    """Labels that no page of the vendor names: Blocked, and Healed now and then."""
    if result.outcome == "passed" and result.number % 500 == 0:
        return "unknown"
    return "unknown" if result.outcome == "blocked" else TESTOMATIO[result.outcome]


def _of_testifly(run: SimRun) -> Told:
    last = _last(run)
    # Every twentieth report lists one test fewer than it counts.
    listed = last[:-1] if run.number % 20 == 0 else last
    cases = _cases(
        run,
        listed,
        lambda run, r: (r.case.name, "", r.case.name),
        lambda r: Execution(_testifly_status(r), _moment(r.started_at), r.duration_ms),
    )
    totals = counted(_testifly_status(r) for r in last)
    start, (_, end) = _moment(run.started_at), _span(listed)
    finals = {rows[-1].status for rows in cases.values()}
    return Told(
        name=run.name,
        status="failed" if "failed" in finals else "passed",
        started_at=start,
        finished_at=end,
        duration_ms=(end - start) // timedelta(milliseconds=1),
        cases=cases,
        vendor_counts=totals,
    )


# --- What all of them need ----------------------------------------------------------


def _cases(
    run: SimRun,
    results: Iterable[SimResult],
    case_of: CaseOf,
    execution: Callable[[SimResult], Execution],
) -> dict[tuple[str, ...], list[Execution]]:
    """Attempts by case, ordered by time and then by arrival."""
    cases: dict[tuple[str, ...], list[Execution]] = defaultdict(list)
    for result in results:
        cases[case_of(run, result)].append(execution(result))
    return {case: sorted(rows, key=lambda row: row.at) for case, rows in cases.items()}


def _last(run: SimRun) -> list[SimResult]:
    """The last attempt of each case: all that a vendor without attempts keeps."""
    return list({r.case.number: r for r in run.results_at(NOW)}.values())


def _span(results: Sequence[SimResult]) -> tuple[datetime, datetime]:
    return (
        _moment(min(r.started_at for r in results)),
        _moment(max(r.finished_at for r in results)),
    )


def _took(run: SimRun, finished_at: datetime) -> int:
    return (finished_at - run.started_at) // timedelta(milliseconds=1)


def _ms(at: datetime | None) -> datetime | None:
    return at and _moment(at)


def _moment(at: datetime) -> datetime:
    """Every vendor but Testably writes milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
