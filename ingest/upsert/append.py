"""Rows added to an open run as they come in, without reading all that it holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count

from ingest.contract import NOT_PASSED, ResultRecord, Status
from ingest.events import results_appended
from ingest.models import STATUS_CODES, STATUS_OF_CODE, Result, Run, Thread
from ingest.models.results import raw_status_of
from ingest.series import attempts, is_outage
from ingest.upsert import rows
from ingest.upsert.cases import CaseIndex
from ingest.upsert.gone import mark_back
from ingest.upsert.rows_of_cases import stored_of_cases, widen_times


class Placement(NamedTuple):
    """Where a row stands among the attempts of its case."""

    attempt: int
    is_final: bool


def append(
    cases: CaseIndex,
    run: Run,
    results: Sequence[ResultRecord],
    thread: Thread | None,
    now: datetime,
) -> int:
    """Store results behind those of the run, and count them in it and in their thread.

    Call it in a transaction that holds the run's row; it saves neither. Attempts of a
    case count by time and then arrival, as in a run that is read whole. `now` is one
    for all that the transaction stores, so that a look at that time sees it whole.
    """
    if not results:
        return 0
    fallback = run.started_at or run.recorded_at
    times = [result.executed_at or fallback for result in results]
    ids = cases.ids(results, times)
    found = stored_of_cases(run, ids)
    before, placed = _placed(found.rows, ids, times)
    moved = [
        (row, place)
        for row, place in zip(found.rows.values(), before, strict=True)
        if (row.attempt, row.values.is_final) != place
    ]
    rows.keep_old(run, [row for row, _ in moved], now)
    _write_places(run, moved)
    thread_id = thread.pk if thread else None
    new = [
        _row(result, case, at, place, thread_id)
        for result, case, at, place in zip(results, ids, times, placed, strict=True)
    ]
    rows.write_new(run, new, now, found.next_ordinal)
    widen_times(run, found, times)
    mark_back(run.project_id, ids)
    _count_attempts(run, results)
    _count_finals(run, thread, new, moved)
    transaction.on_commit(partial(results_appended.send, None, number=len(new)))
    return len(new)


def _placed(
    stored: dict[tuple[int, int], rows.Stored],
    cases: Sequence[int],
    times: Sequence[datetime],
) -> tuple[list[Placement], list[Placement]]:
    """The places of the stored rows of these cases, and of the new ones.

    Those that the vendor took out keep a number behind all others, and are never final.
    """
    arrived = sorted(stored, key=lambda key: stored[key].ordinal)
    live = [key for key in arrived if stored[key].removed_at is None]
    numbers, finals = attempts(
        [case for case, _ in live] + list(cases),
        [stored[key].values.at for key in live] + list(times),
    )
    places = [Placement(*place) for place in zip(numbers, finals, strict=True)]
    of_stored = dict(zip(live, places, strict=False))
    if len(live) < len(arrived):
        last = Counter(case for case, _ in live) + Counter(cases)
        for key in arrived:
            if key not in of_stored:
                last[key[0]] += 1
                of_stored[key] = Placement(last[key[0]], is_final=False)
    return [of_stored[key] for key in stored], places[len(live) :]


def _row(
    result: ResultRecord,
    case: int,
    at: datetime,
    place: Placement,
    thread_id: int | None,
) -> rows.Row:
    values = rows.Values(
        at,
        result.duration_ms,
        thread_id,
        STATUS_CODES[result.status],
        place.is_final,
        result.is_marked_retry,
        result.executed_at is not None,
        raw_status_of(result.status, result.raw_status),
        result.message,
        result.vendor_url,
    )
    details = json.dumps(result.details) if result.details else ""
    return rows.Row(case, place.attempt, values, details)


def _write_places(run: Run, moved: Sequence[tuple[rows.Stored, Placement]]) -> None:
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ingest_result r SET attempt = v.attempt, is_final = v.is_final
              FROM unnest(%s::int[], %s::int[], %s::bool[])
                   AS v(ordinal, attempt, is_final)
             WHERE r.project_id = %s AND r.partition_on = %s AND r.run_id = %s
               AND r.ordinal = v.ordinal
            """,
            [
                [row.ordinal for row, _ in moved],
                [place.attempt for _, place in moved],
                [place.is_final for _, place in moved],
                run.project_id,
                run.partition_on,
                run.pk,
            ],
        )


def _count_attempts(run: Run, results: Iterable[ResultRecord]) -> None:
    unknown: Counter[str] = Counter(run.unknown_words or {})
    for result in results:
        if result.status is Status.PASSED:
            run.attempts_passed += 1
        elif result.status in NOT_PASSED:
            run.attempts_not_passed += 1
        else:
            run.attempts_other += 1
        if result.status is Status.UNKNOWN:
            unknown[result.raw_status] += 1
    run.unknown_words = dict(sorted(unknown.items())) or None


def _count_finals(
    run: Run,
    thread: Thread | None,
    new: Iterable[rows.Row],
    moved: Iterable[tuple[rows.Stored, Placement]],
) -> None:
    """Add the new finals to run and thread, and take out those that are none now."""
    added = Counter(row.values.status for row in new if row.values.is_final)
    _add(run, added)
    if thread is not None:
        _add(thread, added)
    for row, place in moved:
        if row.removed_at is not None:
            continue
        step = place.is_final - row.values.is_final
        _add(run, {row.values.status: step})
        if thread is not None and row.values.thread_id == thread.pk:
            _add(thread, {row.values.status: step})
        elif row.values.thread_id is not None and step:
            other = Thread.objects.get(pk=row.values.thread_id)
            _add(other, {row.values.status: step})
            other.save()
    run.is_outage = is_outage(run.counts)


def _add(counted: Run | Thread, statuses: Counter[int] | dict[int, int]) -> None:
    for code, number in statuses.items():
        name = str(STATUS_OF_CODE[code])
        setattr(counted, name, getattr(counted, name) + number)


def recount(run: Run) -> None:
    """Set the counts of a run, and of its threads, to what its rows say."""
    finals = Result.objects.filter(rows.of_run(run), is_final=True, removed_at=None)
    counted = finals.values_list("thread_id", "status").annotate(number=Count("*"))
    of_thread: dict[int | None, Counter[int]] = {}
    for thread, status, number in counted:
        of_thread.setdefault(thread, Counter())[status] = number
    _set(run, sum(of_thread.values(), Counter[int]()))
    for lane in run.threads.all():
        _set(lane, of_thread.get(lane.pk, Counter()))
        lane.save(update_fields=list(map(str, Status)))
    run.is_outage = is_outage(run.counts)


def _set(counted: Run | Thread, statuses: Counter[int]) -> None:
    for code, status in STATUS_OF_CODE.items():
        setattr(counted, str(status), statuses[code])


def widen_case_times(run: Run) -> None:
    """Bring the first and last times of a run's cases up to date with its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH seen AS (
                SELECT case_id, min(at) AS first, max(at) AS last FROM ingest_result
                 WHERE project_id = %s AND partition_on = %s AND run_id = %s
                 GROUP BY case_id
            ), locked AS (
                -- In one order: two runs that close at once would wait for each other.
                -- It brings the times along: joined to `seen` again, of which no
                -- statistics are kept, each case would look through all of them.
                SELECT c.id, seen.first, seen.last
                  FROM ingest_case c JOIN seen ON seen.case_id = c.id
                 WHERE seen.first < c.first_seen_at OR seen.last > c.last_seen_at
                 ORDER BY c.id FOR UPDATE OF c
            )
            UPDATE ingest_case c SET first_seen_at = least(c.first_seen_at, locked.first),
                                     last_seen_at = greatest(c.last_seen_at, locked.last)
              FROM locked WHERE locked.id = c.id
            """,
            [run.project_id, run.partition_on, run.pk],
        )
