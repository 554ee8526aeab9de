"""What the threads of a run did when: the rows behind its lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Literal, NamedTuple

from django.db import connection

from ingest.contract import NOT_PASSED, Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE, Run

# What a vendor's time of a result is: Testmo's is that of the upload and Testably's
# that of the verdict, both at the end of the test. Others tell no time at all.
TIME_OF: dict[str, Literal["start", "end"]] = {
    "testmo": "end",
    "testably": "end",
    "qatech": "start",
    "testifly": "start",
}
# Uploads in batches carry one time for many tests. Tests of one thread that would have
# run at once for more than this share of their time prove that times are no such ends.
MOST_OVERLAP = 0.05
MERGE_ABOVE = 2_000
MOST_PACKED = 16

_MARKS = """
WITH timed AS (
    SELECT thread_id, ordinal, case_id, status, has_own_time, is_final,
           greatest(coalesce(duration_ms, 0), 0) AS ms,
           extract(epoch FROM at - %(zero)s) * 1000 - CASE WHEN %(is_end)s
               THEN greatest(coalesce(duration_ms, 0), 0) ELSE 0 END AS begins
      FROM ingest_result
     WHERE project_id = %(project)s AND partition_on = %(partition)s
       AND run_id = %(run)s AND removed_at IS NULL),
marked AS (
    SELECT *, begins + ms AS ends,
           max(begins + ms) OVER (PARTITION BY thread_id ORDER BY begins, ordinal
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
           (%(merge)s AND status = %(passed)s AND lag(status) OVER w = status) IS TRUE
               AS goes_on
      FROM timed WINDOW w AS (PARTITION BY thread_id ORDER BY begins, ordinal)),
blocks AS (
    SELECT *, count(*) FILTER (WHERE NOT goes_on) OVER (
               PARTITION BY thread_id ORDER BY begins, ordinal) AS block
      FROM marked),
drawn AS (
    SELECT thread_id, block, min(status) AS status, min(begins) AS begins,
           max(ends) AS ends, sum(ms) AS ms, count(*) AS n,
           count(*) FILTER (WHERE is_final) AS finals, min(case_id) AS case_id,
           sum(least(greatest(before - begins, 0), ms)) AS overlap,
           bool_and(has_own_time) AS has_time
      FROM blocks GROUP BY thread_id, block)
SELECT d.thread_id, d.status, d.begins::float8, d.ends::float8, d.ms::bigint, d.n,
       d.finals, trunc(coalesce(d.overlap, 0))::bigint, d.has_time, coalesce(c.name, '')
  FROM drawn d LEFT JOIN ingest_case c ON c.id = d.case_id AND d.status <> %(passed)s
 ORDER BY d.thread_id, d.begins, d.block
"""


# Not frozen: that takes three times as long to make, and a run has thousands.
@dataclass(slots=True, kw_only=True)
class Block:
    """A result on the run's clock, or several passed ones in a row.

    `start_ms` and `end_ms` are after the run's start; `name` is its case's, for a
    result that stands alone and did not pass.
    """

    status: Status
    start_ms: int
    end_ms: int
    count: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadTime:
    """A thread, or a lane made of what ran at different times (`thread` None).

    `end_ms` is when its last result ended, `busy_ms` the sum of its durations. `finals`
    are its final results, `not_passed` those of them that did not pass.
    """

    thread: int | None
    blocks: tuple[Block, ...]
    end_ms: int
    busy_ms: int
    finals: int
    not_passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadTimeline:
    """`is_timed`: the blocks stand where the times put them. Otherwise each thread has
    one block for each outcome, as long as all its results took together.
    """

    threads: tuple[ThreadTime, ...]
    is_timed: bool


class _Row(NamedTuple):
    thread: int | None
    block: Block
    busy_ms: int
    overlap_ms: int
    has_time: bool
    finals: int


def thread_timeline(run: Run, vendor: str) -> ThreadTimeline:
    """When each thread of a run did what; every attempt counts, it took its time."""
    kind = TIME_OF.get(vendor)
    rows = _rows(run, is_end=kind == "end", merge=_attempts(run) > MERGE_ABOVE)
    if kind and rows and all(row.has_time for row in rows):
        if all(row.thread is None for row in rows):
            if packed := _pack_threads(rows):
                return ThreadTimeline(threads=packed, is_timed=True)
        elif _fits(rows):
            return ThreadTimeline(threads=_threads(rows), is_timed=True)
    return ThreadTimeline(threads=_sum_threads(rows), is_timed=False)


def _attempts(run: Run) -> int:
    return run.attempts_passed + run.attempts_not_passed + run.attempts_other


def _rows(run: Run, *, is_end: bool, merge: bool) -> list[_Row]:
    params: dict[str, Any] = {
        "zero": run.at,
        "is_end": is_end,
        "project": run.project_id,
        "partition": run.partition_on,
        "run": run.pk,
        "merge": merge,
        "passed": STATUS_CODES[Status.PASSED],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, params)
        return [_row(values) for values in cursor.fetchall()]


def _row(values: Sequence[Any]) -> _Row:
    thread, code, begins, ends, busy, count, finals, overlap, has_time, name = values
    block = Block(
        status=STATUS_OF_CODE[code],
        start_ms=round(begins),
        end_ms=round(ends),
        count=count,
        name=name,
    )
    return _Row(
        thread=thread,
        block=block,
        busy_ms=busy,
        overlap_ms=overlap,
        has_time=has_time,
        finals=finals,
    )


def _fits(rows: Sequence[_Row]) -> bool:
    """Whether a thread's tests followed one another, and none began before the run."""
    busy = sum(row.busy_ms for row in rows)
    overlap = sum(row.overlap_ms for row in rows)
    early = sum(row.busy_ms for row in rows if row.block.start_ms < -1000)
    return busy > 0 and max(overlap, early) <= MOST_OVERLAP * busy


def _threads(rows: Sequence[_Row]) -> tuple[ThreadTime, ...]:
    found: dict[int | None, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.thread, []).append(row)
    return tuple(_thread(thread, own) for thread, own in found.items())


def _thread(thread: int | None, rows: Sequence[_Row]) -> ThreadTime:
    return ThreadTime(
        thread=thread,
        blocks=tuple(row.block for row in rows),
        end_ms=max(row.block.end_ms for row in rows),
        busy_ms=sum(row.busy_ms for row in rows),
        **_finals(rows),
    )


def _finals(rows: Sequence[_Row]) -> dict[str, int]:
    bad = sum(row.finals for row in rows if row.block.status in NOT_PASSED)
    return {"finals": sum(row.finals for row in rows), "not_passed": bad}


def _pack_threads(rows: Sequence[_Row]) -> tuple[ThreadTime, ...]:
    """As few lanes as the times need, each result in the one that was free first.

    Nothing when they need too many, or when blocks are merged and hide what overlaps.
    """
    if any(row.block.count > 1 for row in rows) or not any(r.busy_ms for r in rows):
        return ()
    lanes: list[list[_Row]] = []
    free: list[tuple[int, int]] = []
    blur_ms = _blur_ms(rows)
    for row in sorted(rows, key=lambda row: row.block.start_ms):
        if free and free[0][0] <= row.block.start_ms + blur_ms:
            lane = heappop(free)[1]
        else:
            lane = len(lanes)
            lanes.append([])
        lanes[lane].append(row)
        heappush(free, (row.block.end_ms, lane))
    if len(lanes) > MOST_PACKED:
        return ()
    return tuple(_thread(None, lane) for lane in lanes)


def _blur_ms(rows: Sequence[_Row]) -> int:
    """How far times may be off: where all are whole seconds, two of them by one each."""
    lengths = (row.block.end_ms - row.block.start_ms for row in rows)
    return 0 if any(length % 1000 for length in lengths) else 2000


def _sum_threads(rows: Sequence[_Row]) -> tuple[ThreadTime, ...]:
    """Each thread with one block an outcome, end to end, those not passed first."""
    found: dict[int | None, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.thread, []).append(row)
    return tuple(_sums(thread, own) for thread, own in found.items())


def _sums(thread: int | None, rows: Sequence[_Row]) -> ThreadTime:
    blocks: list[Block] = []
    clock = 0
    for status in BAD_FIRST:
        own = [row for row in rows if row.block.status is status]
        busy = sum(row.busy_ms for row in own)
        if own:
            blocks.append(
                Block(
                    status=status,
                    start_ms=clock,
                    end_ms=clock + busy,
                    count=sum(row.block.count for row in own),
                    name="",
                )
            )
            clock += busy
    return ThreadTime(
        thread=thread,
        blocks=tuple(blocks),
        end_ms=clock,
        busy_ms=clock,
        **_finals(rows),
    )


BAD_FIRST = sorted(Status, key=lambda status: status not in NOT_PASSED)
