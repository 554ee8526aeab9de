"""Rows for tests, with defaults for all that a test does not care about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count, product
from typing import Any

from ingest.contract import Counts, Detail, Status
from ingest.models import (
    STATUS_CODES,
    STATUS_OF_CODE,
    Case,
    Configuration,
    Connection,
    Milestone,
    MilestoneMember,
    Project,
    Result,
    ResultText,
    Run,
    RunMilestone,
    Source,
    Sync,
    Thread,
)
from ingest.models.runs import key_hash, normalised_name
from ingest.partitions import ensure_partition, partition_on
from ingest.rollups import rebuild_run_days
from ingest.series import attempts
from tests import clock

NOW = clock.START
LETTERS = {
    "P": Status.PASSED,
    "F": Status.FAILED,
    "E": Status.ERROR,
    "S": Status.SKIPPED,
    "B": Status.BLOCKED,
    "U": Status.UNTESTED,
    "R": Status.RUNNING,
    "?": Status.UNKNOWN,
}
_numbers = count(1)
# Of a run that was just made, whose rows nobody need ask for.
HAS_NO_ROWS = "_has_no_rows"


def make_connection(name: str = "", **values: Any) -> Connection:
    """A connection that synced a minute ago."""
    values = {
        "vendor": "testmo",
        "base_url": "https://qa.testmo.example",
        "last_attempt_at": NOW - timedelta(minutes=1),
        "last_success_at": clock.now() - timedelta(minutes=1),
        **values,
    }
    return Connection.objects.create(
        name=name or f"connection {next(_numbers)}", **values
    )


def make_project(connection: Connection | None = None, **values: Any) -> Project:
    number = next(_numbers)
    values = {"external_id": str(number), "name": f"project {number}", **values}
    return Project.objects.create(connection=connection or make_connection(), **values)


def make_case(project: Project, name: str, **values: Any) -> Case:
    """The case of this name, which is its key too; made unless it exists."""
    key = values.pop("key", name)
    return Case.objects.get_or_create(
        project=project,
        key_hash=key_hash(key),
        defaults={**_case_values(name), "key": key, **values},
    )[0]


def _case_values(name: str) -> dict[str, Any]:
    return {
        "key": name,
        "name": name,
        "folder": "checkout",
        "recorded_at": NOW,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }


def make_milestone(project: Project, name: str = "v1", **values: Any) -> Milestone:
    """A milestone with a member in the project; one of the same name gets one more."""
    key = normalised_name(name)
    milestone = Milestone.objects.filter(name_key=key).first()
    milestone = milestone or Milestone.objects.create(name=name, name_key=key, **values)
    MilestoneMember.objects.create(
        milestone=milestone,
        project=project,
        external_id=str(next(_numbers)),
        name=name,
        state="open",
        recorded_at=NOW,
    )
    return milestone


def make_run(
    project: Project | None = None,
    *,
    source: str = "",
    configuration: str = "",
    milestones: Iterable[Milestone] = (),
    counts: Counts | None = None,
    **values: Any,
) -> Run:
    """A finished automated run that began an hour ago; `counts` makes it totals only."""
    run = _run(
        project or make_project(),
        source=source,
        configuration=configuration,
        counts=counts,
        **values,
    )
    run.save(force_insert=True)
    run.__dict__[HAS_NO_ROWS] = True
    for milestone in milestones:
        link_milestone(run, milestone)
    if counts is not None:
        rebuild_run_days([run.pk])
    return run


def _run(
    project: Project,
    *,
    source: str = "",
    configuration: str = "",
    counts: Counts | None = None,
    **values: Any,
) -> Run:
    number = next(_numbers)
    values = {
        "external_id": f"{number:06}",
        "name": f"nightly {number}",
        "kind": "automated",
        "status": "passed",
        "detail": Detail.ROWS,
        "started_at": NOW - timedelta(hours=1),
        "recorded_at": NOW,
        **values,
    }
    values.setdefault(
        "partition_on", partition_on(values["started_at"], values["recorded_at"])
    )
    if source:
        values["source"] = Source.objects.get_or_create(project=project, name=source)[0]
    if configuration:
        values["configuration"] = Configuration.objects.get_or_create(
            project=project, name=configuration
        )[0]
    if counts is not None:
        values |= {"detail": Detail.COUNTS} | _by_status(counts)
    return Run(project=project, **values)


def link_milestone(run: Run, milestone: Milestone) -> None:
    for member in milestone.members.filter(project=run.project_id):
        RunMilestone.objects.create(run=run, member=member, recorded_at=NOW)


def make_results(
    run: Run,
    letters: str,
    *,
    cases: Sequence[str] = (),
    at: Sequence[datetime] | datetime | None = None,
    duration_ms: int | None = 1000,
    message: str = "",
    thread: Thread | None = None,
    is_marked_retry: bool = False,
) -> list[Result]:
    """One result for each letter, of "case 1", "case 2", … unless `cases` names them.

    A case named twice has attempts. `at`: of each, or of all, else the run's start. The
    run's counts and the roll-up are brought up to date.
    """
    names = cases or [f"case {number + 1}" for number in range(len(letters))]
    times = at if isinstance(at, Sequence) else [at or run.at] * len(letters)
    ids = _case_ids(run.project_id, names)
    ensure_partition(run.partition_on)
    before = [] if run.__dict__.pop(HAS_NO_ROWS, False) else _rows_of(run)
    first = before[-1].ordinal + 1 if before else 0
    results = [
        _result(
            run,
            first + row,
            letter,
            ids[names[row]],
            times[row],
            has_own_time=at is not None,
            is_marked_retry=is_marked_retry,
            duration_ms=duration_ms,
            thread=thread,
        )
        for row, letter in enumerate(letters)
    ]
    _number([*_kept(before), *results])
    Result.objects.bulk_create(results)
    if message:
        make_texts(results, message)
    _sum_up(run, [*_kept(before), *results])
    return results


def _result(
    run: Run, ordinal: int, letter: str, case_id: int, at: datetime, **values: Any
) -> Result:
    unless_told = {"has_own_time": False, "is_marked_retry": False, "duration_ms": 1000}
    return Result(
        project_id=run.project_id,
        partition_on=run.partition_on,
        run_id=run.pk,
        ordinal=ordinal,
        case_id=case_id,
        at=at,
        status=STATUS_CODES[LETTERS[letter]],
        raw_status=letter,
        attempt=1,
        is_final=True,
        **(unless_told | values),
    )


def _case_ids(project: int, names: Sequence[str]) -> dict[str, int]:
    """Ids by name, as `make_case` would make them, with two queries for all of them."""
    hashes = {key_hash(name): name for name in names}
    found = Case.objects.filter(project=project, key_hash__in=hashes)
    ids = {hashes[case.key_hash]: case.pk for case in found}
    new = [
        Case(project_id=project, key_hash=key_hash(name), **_case_values(name))
        for name in dict.fromkeys(names)
        if name not in ids
    ]
    return ids | {case.name: case.pk for case in Case.objects.bulk_create(new)}


def make_texts(results: Iterable[Result], message: str) -> None:
    ResultText.objects.bulk_create(
        ResultText(
            project_id=result.project_id,
            partition_on=result.partition_on,
            run_id=result.run_id,
            ordinal=result.ordinal,
            message=message,
            vendor_url="",
        )
        for result in results
    )


def make_history(
    project: Project,
    letters: str,
    *,
    case: str = "case 1",
    every: timedelta = timedelta(hours=6),
    until: datetime | None = None,
    milestones: Iterable[Milestone] = (),
    **values: Any,
) -> list[Run]:
    """One run for each letter, oldest first, with the case's one result in each.

    As `make_run` and `make_results` would store them, with one statement for all.
    """
    last = until or NOW - timedelta(hours=1)
    runs = [
        _run(
            project,
            started_at=last - every * (len(letters) - 1 - row),
            **{str(LETTERS[letter]): 1},
            **values,
        )
        for row, letter in enumerate(letters)
    ]
    ids = [run.pk for run in Run.objects.bulk_create(runs)]
    runs = list(Run.objects.filter(pk__in=ids).order_by("pk"))
    for run, milestone in product(runs, milestones):
        link_milestone(run, milestone)
    (case_id,) = _case_ids(project.pk, [case]).values()
    for month in {run.partition_on.replace(day=1) for run in runs}:
        ensure_partition(month)
    Result.objects.bulk_create(
        _result(run, 0, letter, case_id, run.at)
        for run, letter in zip(runs, letters, strict=True)
    )
    rebuild_run_days(ids)
    return runs


def make_thread(run: Run, name: str = "", **values: Any) -> Thread:
    number = next(_numbers)
    values = {"external_id": str(number), "status": "passed", **values}
    values.setdefault("recorded_at", run.recorded_at)
    return Thread.objects.create(run=run, name=name or f"thread {number}", **values)


def make_sync(connection: Connection | None = None, **values: Any) -> Sync:
    values = {
        "trigger": "schedule",
        "status": "ok",
        "requested_at": NOW - timedelta(minutes=2),
        "started_at": NOW - timedelta(minutes=2),
        "finished_at": NOW - timedelta(minutes=1),
        **values,
    }
    return Sync.objects.create(connection=connection or make_connection(), **values)


def remove(results: Iterable[Result]) -> None:
    """Mark results as removed at the vendor, as a complete re-read does."""
    runs = set()
    for result in results:
        Result.objects.filter(pk=result.pk).update(removed_at=NOW)
        runs.add(result.run_id)
    for run in Run.objects.filter(pk__in=runs):
        settle(run)


def settle(run: Run) -> None:
    """Attempts, finals, the run's counts and its roll-up from the rows as they are."""
    rows = _kept(_rows_of(run))
    _number(rows)
    _sum_up(run, rows)


def _rows_of(run: Run) -> list[Result]:
    rows = Result.objects.filter(run_id=run.pk, project_id=run.project_id)
    return list(rows.order_by("ordinal"))


def _kept(rows: Iterable[Result]) -> list[Result]:
    return [row for row in rows if row.removed_at is None]


def _number(rows: Sequence[Result]) -> None:
    """Attempts and finals of all, stored at once for those that are in the table."""
    numbers, finals = attempts([r.case_id for r in rows], [r.at for r in rows])
    for row, number, is_final in zip(rows, numbers, finals, strict=True):
        if (row.attempt, row.is_final) != (number, is_final):
            row.attempt, row.is_final = number, is_final
            if not row._state.adding:
                row.save(update_fields=["attempt", "is_final"])


def _sum_up(run: Run, rows: Iterable[Result]) -> None:
    counts = dict.fromkeys(map(str, Status), 0)
    for row in rows:
        counts[str(STATUS_OF_CODE[row.status])] += row.is_final
    Run.objects.filter(pk=run.pk).update(**counts)
    for status, number in counts.items():
        setattr(run, status, number)
    rebuild_run_days([run.pk])


def _by_status(counts: Counts) -> dict[str, int]:
    return {str(status): getattr(counts, status) for status in Status}
