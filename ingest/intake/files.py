"""A file of results, stored as a run or as one more thread of a run: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from ingest.contract import ResultRecord, RunRecord, RunStatus
from ingest.intake import ctrf, junit
from ingest.intake.errors import InvalidError
from ingest.intake.locked_run import note_arrival
from ingest.intake.report import Report, in_blocks
from ingest.intake.runs import open_run
from ingest.intake.upload import Upload
from ingest.models import Project, Result, Run, Thread, ThreadDetails
from ingest.models.connection import PUSH
from ingest.models.runs import label
from ingest.parse import text_of
from ingest.partitions import existing_months
from ingest.recording import recording_time
from ingest.rollups import rebuild_run_days
from ingest.series import verdict
from ingest.statistics import refresh_statistics
from ingest.upsert import CaseIndex, facts
from ingest.upsert.append import append, recount, widen_case_times
from ingest.upsert.rows import TooManyRowsError, of_run

T = TypeVar("T")
FORMATS = ("junit", "ctrf")
LONGEST_NAME, LONGEST_COMMIT = 500, 200
# The first of the two numbers of PostgreSQL's lock; the second is the project.
_LOCK = 20_712
_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sender says of the file's run; "" is left to the file."""

    run: str = ""
    configuration: str = ""
    branch: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """`is_new`: false where the same file had been stored before."""

    run: Run
    is_new: bool


def store_file(project: Project, upload: Upload, format: str, told: Told) -> Stored:
    """Store a file of results; the same bytes for the same project and run are stored
    once. A file of the same run, configuration and commit as others is a thread beside
    theirs, when run and commit are known.

    Raises:
        InvalidError: it is not whole, or no report; nothing of it is stored.
        TooLargeError: it has more than is read.
    """
    _check(told)
    report, results = _reader(upload, format)
    sent = _Sent(project, upload, format, told, report, results)
    stored = _again_after_a_deadlock(sent.store)
    if stored.is_new:
        refresh_statistics(stored.run.counts.total)
    return stored


def _check(told: Told) -> None:
    limits = {"commit": LONGEST_COMMIT}
    for name in ("run", "configuration", "branch", "commit"):
        longest = limits.get(name, LONGEST_NAME)
        if len(getattr(told, name)) > longest:
            said = f"It has more than {longest} letters."
            raise InvalidError(f"{name} is too long.", {name: [said]})


def _reader(
    upload: Upload, format: str
) -> tuple[Report, Callable[[], Iterator[ResultRecord]]]:
    """What a first reading of the whole file says, and how to read its results."""
    if format == "ctrf":
        return ctrf.read_report(upload.chunks()), lambda: ctrf.read_results(
            upload.chunks()
        )
    report, durations = junit.read_report(upload.chunks())
    return report, lambda: junit.read_results(upload.chunks(), durations)


def _again_after_a_deadlock(store: Callable[[], T]) -> T:
    """Two that make the same tests in another order may wait for each other; PostgreSQL
    ends one of them, of which nothing is stored then.
    """
    for tried in range(1, _TRIES + 1):
        try:
            return store()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected) or tried == _TRIES:
                raise
    raise AssertionError


class _Sent:
    """A file that was found whole, on its way into the tables."""

    def __init__(
        self,
        project: Project,
        upload: Upload,
        format: str,
        told: Told,
        report: Report,
        results: Callable[[], Iterator[ResultRecord]],
    ) -> None:
        self._project, self._format, self._report = project, format, report
        self._results = results
        self._digest = upload.digest()
        self._file_name = text_of(PurePath(upload.name).name)[:LONGEST_NAME]
        given = report.name or self._file_name or f"{format} report"
        self._name = (told.run or given)[:LONGEST_NAME]
        self._configuration = told.configuration
        self._branch = told.branch or report.branch
        self._commit = (told.commit or report.commit)[:LONGEST_COMMIT]
        self._is_shard = bool(told.run and self._commit)

    def store(self) -> Stored:
        with transaction.atomic():
            self._wait_for_others()
            if run := self._same_file():
                return Stored(run, is_new=False)
            run = self._shards() or self._opened()
            now = recording_time()
            before = facts.snapshot(run)
            thread = self._thread(run)
            self._write(run, thread, now)
            self._close(run, thread)
            facts.save_changes(run, before, now)
            widen_case_times(run)
            rebuild_run_days([run.pk])
            self._note_life(run)
        return Stored(run, is_new=True)

    def _wait_for_others(self) -> None:
        """One file of a project at a time: the same one may be sent twice at once."""
        with connection.cursor() as cursor:
            lock = [_LOCK, self._project.pk % 2**31]
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)

    def _same_file(self) -> Run | None:
        runs = Run.objects.filter(
            project=self._project,
            name=self._name,
            removed_at=None,
            pushed__format=self._format,
        )
        first = runs.filter(pushed__content_hash=self._digest).order_by("pk").first()
        return first or runs.filter(threads__external_id=self._digest).first()

    def _shards(self) -> Run | None:
        """The run of which this file is a further part."""
        if not self._is_shard:
            return None
        runs = Run.objects.filter(
            project=self._project,
            name=self._name,
            commit=self._commit,
            removed_at=None,
            pushed__format=self._format,
        )
        if self._configuration:
            runs = runs.filter(configuration__name=label(self._configuration))
        else:
            runs = runs.filter(configuration=None)
        # Both: what is not locked may be as it was before somebody else's commit.
        both = ["self", "pushed"]
        locked = runs.select_related("pushed").select_for_update(of=both)
        run = locked.order_by("-pk").first()
        if run and run.partition_on.replace(day=1) not in existing_months():
            return None
        return run

    def _opened(self) -> Run:
        report = self._report
        record = RunRecord(
            external_id="",
            name=self._name,
            status=RunStatus.RUNNING,
            source=report.source,
            configuration=self._configuration,
            branch=self._branch,
            commit=self._commit,
            started_at=report.started_at,
        )
        return open_run(
            self._project,
            record,
            format=self._format,
            details=report.details or None,
            content_hash=self._digest,
        )

    def _thread(self, run: Run) -> Thread:
        report = self._report
        thread = Thread.objects.create(
            run=run,
            external_id=self._digest,
            name=self._file_name or report.name,
            status=str(RunStatus.RUNNING),
            started_at=report.started_at,
            duration_ms=report.duration_ms,
        )
        us = None if report.duration_ms is None else report.duration_ms * 1000
        ThreadDetails.objects.create(thread=thread, values=report.part, observed_us=us)
        run.thread_count += 1
        return thread

    def _write(self, run: Run, thread: Thread, now: datetime) -> None:
        cases = CaseIndex(self._project)
        try:
            for block in in_blocks(self._results()):
                append(cases, run, block, thread, now)
                cases.lighten()
        except TooManyRowsError as error:
            raise InvalidError(f"The run would have {error}.") from None

    def _close(self, run: Run, thread: Thread) -> None:
        """The run ends with the last of its files, and starts with the first. A file that
        tells no time of the whole took as long as its tests.
        """
        recount(run)
        thread.refresh_from_db()
        thread.status = str(verdict(thread.counts))
        if thread.duration_ms is None:
            rows = Result.objects.filter(of_run(run), thread=thread.pk)
            thread.duration_ms = rows.aggregate(ms=Sum("duration_ms"))["ms"]
        thread.save(update_fields=["status", "duration_ms"])
        start, now = self._report.started_at, timezone.now()
        if start and run.started_at:
            run.started_at = min(start, run.started_at)
        ended = min(self._report.finished_at or now, now)
        run.finished_at = max(ended, run.finished_at or ended)
        run.is_open, run.status = False, str(verdict(run.counts))
        run.duration_ms = _duration_ms(run)

    def _note_life(self, run: Run) -> None:
        run.active_at = run.pushed.last_at = timezone.now()
        run.save(update_fields=["active_at"])
        run.pushed.save(update_fields=["last_at"])
        if self._project.connection.vendor == PUSH:
            note_arrival(self._project.connection, run.active_at)


def _duration_ms(run: Run) -> int | None:
    """From the first start to the last end where each thread tells its own, else of the
    longest thread.
    """
    threads = list(run.threads.all())
    spans: list[tuple[datetime, datetime]] = [
        (one.started_at, one.started_at + timedelta(milliseconds=one.duration_ms))
        for one in threads
        if one.started_at is not None and one.duration_ms is not None
    ]
    if len(spans) == len(threads) and spans:
        lasted = max(end for _, end in spans) - min(start for start, _ in spans)
        return round(lasted / timedelta(milliseconds=1))
    known = [one.duration_ms for one in threads if one.duration_ms is not None]
    return max(known, default=None)
