"""The rows of one run's results: which are new, changed, unchanged or gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from django.db import DataError, connection
from django.db.models import Max, Q

from ingest import masking
from ingest.contract import PayloadError
from ingest.models import (
    NOT_PASSED_CODES,
    STATUS_OF_CODE,
    PushedRun,
    Result,
    ResultChange,
    ResultText,
    Run,
)
from ingest.models.results import ORDINALS, raw_status_of
from ingest.partitions import month_suffix
from ingest.upsert.blocks import blocks


class Values(NamedTuple):
    """What a result says, apart from which case and attempt it is of."""

    at: datetime
    duration_ms: int | None
    thread_id: int | None
    status: int
    is_final: bool
    is_marked_retry: bool
    has_own_time: bool
    raw_status: str | None
    message: str
    vendor_url: str

    @property
    def is_failure(self) -> bool:
        """Whether it did not pass and says why: such messages bear a signature."""
        return bool(self.message) and self.status in NOT_PASSED_CODES


def stored_values(row: Sequence[Any], message: str = "", url: str = "") -> Values:
    """Values of the columns before `message`, as those of today are written."""
    values = Values._make([*row, message, url])
    if (word := values.raw_status) is None:
        return values
    # Earlier releases stored the word whatever it was.
    return values._replace(
        raw_status=raw_status_of(STATUS_OF_CODE[values.status], word)
    )


class Row(NamedTuple):
    """`details` is JSON of what is attached, "" for nothing; it is written once."""

    case_id: int
    attempt: int
    values: Values
    details: str = ""


# A new row with its ordinal.
Numbered: TypeAlias = tuple[int, Row]


class Stored(NamedTuple):
    case_id: int
    ordinal: int
    attempt: int
    recorded_at: datetime | None
    removed_at: datetime | None
    values: Values


# Of Values those that are columns of a result.
_TOLD = Values._fields.index("message")
# Straight into the month's partition: the parent would route every row anew.
_COPY_RESULTS = f"""
COPY ingest_result{{month}} (run_id, project_id, partition_on, ordinal, recorded_at,
                            case_id, attempt, {", ".join(Values._fields[:_TOLD])})
  FROM STDIN (FORMAT BINARY)
"""
_TYPES = (
    *("int8", "int4", "date", "int4", "timestamptz", "int8", "int4"),
    *("timestamptz", "int8", "int8", "int2", "bool", "bool", "bool", "text"),
)
_COPY_TEXTS = """
COPY ingest_resulttext{month} (run_id, project_id, partition_on, ordinal, message,
                               vendor_url, details, signature, masking)
  FROM STDIN
"""


class TooManyRowsError(PayloadError):
    """A run with more results than its ordinals can number."""


def write_new(
    run: Run, rows: Sequence[Row], now: datetime | None, first: int = 0
) -> int:
    """COPY rows that have no counterpart yet; ordinals count from `first`, and `now` is
    None for rows that are recorded with their run.
    """
    if first + len(rows) > ORDINALS:
        raise TooManyRowsError(f"more than {ORDINALS} results in one run")
    if not rows:
        return 0
    numbered = list(enumerate(rows, first))
    # Django gives the errors of execute its own classes, and those of COPY only if asked.
    with connection.wrap_database_errors, connection.cursor() as cursor:
        try:
            _copy_results(cursor, run, numbered, now)
        except OverflowError as error:
            # The driver writes the bytes, and PostgreSQL never sees the number.
            raise DataError(str(error)) from error
        _copy_texts(cursor, run, numbered)
    return len(rows)


def _copy_results(
    cursor: Any, run: Run, rows: Sequence[Numbered], now: datetime | None
) -> None:
    place = (run.pk, run.project_id, run.partition_on)
    with cursor.copy(
        _COPY_RESULTS.format(month=month_suffix(run.partition_on))
    ) as copy:
        # By these the driver writes bytes: half as long as text, by itself or by hand.
        copy.set_types(_TYPES)
        for ordinal, (case, attempt, values, _) in rows:
            copy.write_row((*place, ordinal, now, case, attempt, *values[:_TOLD]))


def _copy_texts(cursor: Any, run: Run, rows: Sequence[Numbered]) -> None:
    told = [
        (ordinal, values, details)
        for ordinal, (_, _, values, details) in rows
        if values.message or values.vendor_url or details
    ]
    if not told:
        return
    place = (run.pk, run.project_id, run.partition_on)
    # In one run many say the same.
    signature = cache(masking.signature)
    with cursor.copy(_COPY_TEXTS.format(month=month_suffix(run.partition_on))) as copy:
        for ordinal, values, details in told:
            signed = (
                (signature(values.message), masking.VERSION)
                if values.is_failure
                else (None, None)
            )
            texts = (values.message, values.vendor_url, details or None)
            copy.write_row((*place, ordinal, *texts, *signed))


def merge(run: Run, rows: Sequence[Row], now: datetime, *, is_whole: bool) -> int:
    """Bring the stored rows of a run to `rows`; gives the number written.

    A row is known by its case and attempt. Old values are kept with their period.
    With `is_whole`, stored rows that are absent from `rows` are marked removed.
    """
    stored = stored_rows(run)
    new: list[Row] = []
    changed: list[tuple[Stored, Values]] = []
    for row in rows:
        before = stored.pop((row.case_id, row.attempt), None)
        if before is None:
            new.append(row)
        elif before.values != row.values or before.removed_at:
            changed.append((before, row.values))
    gone = [row for row in stored.values() if is_whole and not row.removed_at]
    first = Result.objects.filter(of_run(run)).count() if new else 0
    keep_old(run, [before for before, _ in changed] + gone, now)
    write_changed(run, changed)
    _write_removed(run, gone, now)
    if write_new(run, new, now, first):
        _forget_times(run)
    return len(new) + len(changed) + len(gone)


def mark_all_removed(run: Run, now: datetime) -> int:
    """Mark every row of a run that its vendor no longer has; gives their number."""
    gone = [row for row in stored_rows(run).values() if not row.removed_at]
    keep_old(run, gone, now)
    _write_removed(run, gone, now)
    return len(gone)


def stored_rows(run: Run) -> dict[tuple[int, int], Stored]:
    """The rows of a run by case and attempt."""
    rows = ResultText.objects.filter(of_run(run))
    texts = {
        ordinal: (message, url)
        for ordinal, message, url in rows.values_list(
            "ordinal", "message", "vendor_url"
        )
    }
    told = Result.objects.filter(of_run(run)).values_list(
        "case_id",
        "attempt",
        "ordinal",
        "recorded_at",
        "removed_at",
        "at",
        "duration_ms",
        "thread_id",
        "status",
        "is_final",
        "is_marked_retry",
        "has_own_time",
        "raw_status",
    )
    return {
        (row[0], row[1]): Stored(
            row[0],
            row[2],
            row[1],
            row[3],
            row[4],
            stored_values(row[5:], *texts.get(row[2], ("", ""))),
        )
        for row in told
    }


def of_run(run: Run) -> Q:
    return Q(project=run.project_id, partition_on=run.partition_on, run=run.pk)


def _forget_times(run: Run) -> None:
    """Rows may lie outside of the times that are known of a pushed run's."""
    PushedRun.objects.filter(pk=run.pk).update(rows_from=None, rows_until=None)


def keep_old(run: Run, rows: Sequence[Stored], now: datetime) -> None:
    """Store what these rows said until now, each with the period it said so."""
    if not rows:
        return
    since: dict[int, datetime] = dict(
        ResultChange.objects.filter(run=run.pk, project=run.project_id)
        .values_list("ordinal")
        .annotate(Max("recorded_to"))
    )
    for block in blocks(rows):
        ResultChange.objects.bulk_create(
            ResultChange(
                project_id=run.project_id,
                run_id=run.pk,
                ordinal=row.ordinal,
                case_id=row.case_id,
                recorded_from=since.get(
                    row.ordinal, row.recorded_at or run.recorded_at
                ),
                recorded_to=now,
                at=row.values.at,
                duration_ms=row.values.duration_ms,
                removed_at=row.removed_at,
                thread_id=row.values.thread_id,
                status=row.values.status,
                attempt=row.attempt,
                is_final=row.values.is_final,
                is_marked_retry=row.values.is_marked_retry,
                has_own_time=row.values.has_own_time,
                raw_status=row.values.raw_status,
            )
            for row in block
        )


def write_changed(run: Run, changed: Sequence[tuple[Stored, Values]]) -> None:
    # Each block looks through all rows of the run: few blocks.
    for block in blocks(changed, 20_000):
        _write_block(run, block)
    _write_texts(run, changed)
    if any(row.values.at != values.at for row, values in changed):
        _forget_times(run)


def _write_block(run: Run, changed: Sequence[tuple[Stored, Values]]) -> None:
    columns = list(zip(*(values for _, values in changed), strict=True))
    ordinals = [row.ordinal for row, _ in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ingest_result r
               SET at = v.at, duration_ms = v.duration_ms, thread_id = v.thread_id,
                   status = v.status, is_final = v.is_final,
                   is_marked_retry = v.is_marked_retry, has_own_time = v.has_own_time,
                   raw_status = v.raw_status, removed_at = NULL
              FROM unnest(%s::int[], %s::timestamptz[], %s::bigint[], %s::bigint[],
                          %s::smallint[], %s::bool[], %s::bool[], %s::bool[], %s::text[])
                   AS v(ordinal, at, duration_ms, thread_id, status, is_final,
                        is_marked_retry, has_own_time, raw_status)
             WHERE r.project_id = %s AND r.partition_on = %s AND r.run_id = %s
               AND r.ordinal = v.ordinal
            """,
            [
                ordinals,
                *(list(column) for column in columns[:8]),
                run.project_id,
                run.partition_on,
                run.pk,
            ],
        )


def _write_texts(run: Run, changed: Iterable[tuple[Stored, Values]]) -> None:
    texts = (
        ResultText(
            project_id=run.project_id,
            partition_on=run.partition_on,
            run_id=run.pk,
            ordinal=row.ordinal,
            message=values.message,
            vendor_url=values.vendor_url,
            signature=masking.signature(values.message) if values.is_failure else None,
            masking=masking.VERSION if values.is_failure else None,
        )
        for row, values in changed
        # A status corrected to failed makes its message a failure's.
        if (row.values.message, row.values.vendor_url, row.values.is_failure)
        != (values.message, values.vendor_url, values.is_failure)
    )
    for block in blocks(texts, 200):
        ResultText.objects.bulk_create(
            block,
            update_conflicts=True,
            unique_fields=["project_id", "partition_on", "run_id", "ordinal"],
            update_fields=["message", "vendor_url", "signature", "masking"],
        )


def _write_removed(run: Run, gone: Sequence[Stored], now: datetime) -> None:
    if gone:
        Result.objects.filter(
            of_run(run), ordinal__in=[row.ordinal for row in gone]
        ).update(removed_at=now)
