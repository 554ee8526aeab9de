"""The results of one run as its page lists them: filtered, ordered, cut into pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case as Choose
from django.db.models import (
    CharField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Left, Lower

from dashboard.filters.selection import text_conditions
from dashboard.lists.results import ResultRow, rows
from dashboard.metrics.compare import LISTED, Comparison
from ingest.contract import Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE, Result, ResultText, Run

SORTS = ("change", "name", "thread", "duration_ms")
PAGE_SIZE = 50
MESSAGE_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a page of a run's results is about.

    `statuses` empty means all. `cases` narrows to these, None to none. `message` is a
    text as `message_key` makes it, None for no matter. `has_attempts`: every attempt,
    not only final results. `sort` is a name of SORTS, with a minus for descending.
    """

    statuses: tuple[Status, ...] = ()
    q: str = ""
    thread: int | None = None
    cases: Collection[int] | None = None
    message: str | None = None
    has_attempts: bool = False
    sort: str = "name"
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsPage:
    """Rows `first` to `first + len(rows)` of `count`; `number` is the page's.

    `times` are when their cases were executed, which a metric goes by.
    """

    rows: tuple[ResultRow, ...]
    times: Mapping[int, datetime]
    count: int
    first: int
    number: int


def message_key(message: Any) -> Func:
    """The first line of a message without the numbers in it: like messages share it."""
    line = Func(
        message,
        Value("\n"),
        Value(1),
        function="split_part",
        output_field=CharField(),
    )
    masked = Func(
        line,
        Value("[0-9]+"),
        Value("…"),
        Value("g"),
        function="regexp_replace",
        output_field=CharField(),
    )
    return Left(masked, MESSAGE_LENGTH)


def of_run(run: Run) -> QuerySet[Result]:
    """Every attempt of a run that is still there."""
    # The whole key but its last part, so that one partition's index serves.
    return Result.objects.filter(
        project_id=run.project_id,
        partition_on=run.partition_on,
        run_id=run.pk,
        removed_at__isnull=True,
    )


def results_page(run: Run, wanted: Wanted, against: Comparison | None) -> ResultsPage:
    """One page; a page beyond the last one is the last one."""
    chosen = _chosen(run, wanted)
    count = chosen.count()
    last = max(1, -(-count // PAGE_SIZE))
    number = min(wanted.page, last)
    first = (number - 1) * PAGE_SIZE
    found = list(_ordered(chosen, wanted.sort, against)[first : first + PAGE_SIZE])
    return ResultsPage(
        rows=tuple(rows(found)),
        times={result.case_id: result.at for result in found},
        count=count,
        first=first,
        number=number,
    )


def earlier_attempts(run: Run, shown: Sequence[ResultRow]) -> dict[int, list[Status]]:
    """Outcomes of the attempts before the final one, by case, in their order."""
    cases = [row.case.id for row in shown if row.final and row.attempt > 1]
    found: dict[int, list[Status]] = {}
    if cases:
        earlier = of_run(run).filter(case_id__in=cases, is_final=False)
        pairs = earlier.order_by("attempt").values_list("case_id", "status")
        for case, code in pairs:
            found.setdefault(case, []).append(STATUS_OF_CODE[code])
    return found


def _chosen(run: Run, wanted: Wanted) -> QuerySet[Result]:
    results = of_run(run)
    if not wanted.has_attempts:
        results = results.filter(is_final=True)
    if wanted.statuses:
        codes = [STATUS_CODES[status] for status in wanted.statuses]
        results = results.filter(status__in=codes)
    if wanted.q:
        results = results.filter(text_conditions(wanted.q, "case__"))
    if wanted.thread is not None:
        results = results.filter(thread_id=wanted.thread)
    if wanted.cases is not None:
        results = results.filter(case_id__in=list(wanted.cases))
    if wanted.message is not None:
        results = results.filter(_has_message(wanted.message))
    return results


def _has_message(key: str) -> Q:
    texts = ResultText.objects.filter(
        project_id=OuterRef("project_id"),
        partition_on=OuterRef("partition_on"),
        run_id=OuterRef("run_id"),
        ordinal=OuterRef("ordinal"),
    ).exclude(message="")
    if not key:
        return ~Q(Exists(texts))
    return Q(Exists(texts.annotate(key=message_key(F("message"))).filter(key=key)))


def _ordered(
    results: QuerySet[Result], sort: str, against: Comparison | None
) -> QuerySet[Result]:
    name = sort.removeprefix("-")
    keys: dict[str, Any] = {
        "change": _rank(against),
        "name": Lower("case__name"),
        "thread": F("thread__name"),
        "duration_ms": F("duration_ms"),
    }
    key = keys[name]
    if key is None:
        return results.order_by("ordinal")
    is_descending = sort.startswith("-")
    ordered = key.desc(nulls_last=True) if is_descending else key.asc(nulls_last=True)
    return results.order_by(ordered, "ordinal")


def _rank(against: Comparison | None) -> Any:
    """What needs a look first has the greatest rank."""
    if against is None:
        return None
    ranks = [
        When(case_id__in=against.cases[name], then=Value(len(LISTED) - place))
        for place, name in enumerate(LISTED)
        if against.cases[name]
    ]
    if not ranks:
        return None
    return Choose(*ranks, default=Value(0), output_field=IntegerField())


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCase:
    """A final result in a group of like messages."""

    case: int
    name: str
    status: Status
    thread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageGroup:
    """Results whose messages differ in numbers only; `cases` are the first of `count`.

    `key` is what `Wanted.message` finds them by, `text` the newest message's line.
    """

    key: str
    text: str
    count: int
    cases: tuple[MessageCase, ...]


_GROUPS = """
WITH chosen AS (
    SELECT r.case_id, r.status, r.thread_id, r.ordinal,
           left(split_part(coalesce(t.message, ''), E'\\n', 1), %(length)s) AS line,
           left(regexp_replace(split_part(coalesce(t.message, ''), E'\\n', 1),
                '[0-9]+', '…', 'g'), %(length)s) AS key
      FROM ingest_result r
      LEFT JOIN ingest_resulttext t USING (project_id, partition_on, run_id, ordinal)
     WHERE r.project_id = %(project)s AND r.partition_on = %(partition)s
       AND r.run_id = %(run)s AND r.is_final AND r.removed_at IS NULL
       AND r.case_id = ANY(%(cases)s)),
placed AS (
    SELECT *, count(*) OVER (PARTITION BY key) AS size,
           row_number() OVER (PARTITION BY key ORDER BY ordinal) AS place
      FROM chosen),
ranked AS (
    SELECT *, dense_rank() OVER (ORDER BY size DESC, key) AS rank FROM placed)
SELECT p.key, p.line, p.size, p.status, c.id, c.name, coalesce(h.name, '')
  FROM ranked p JOIN ingest_case c ON c.id = p.case_id
  LEFT JOIN ingest_thread h ON h.id = p.thread_id
 WHERE p.place <= %(per_group)s AND p.rank <= %(groups)s
 ORDER BY p.rank, p.place
"""


def message_groups(
    run: Run, cases: Collection[int], *, groups: int, per_group: int
) -> list[MessageGroup]:
    """The largest groups of like messages among the final results of `cases`."""
    if not cases:
        return []
    params: dict[str, Any] = {
        "length": MESSAGE_LENGTH,
        "project": run.project_id,
        "partition": run.partition_on,
        "run": run.pk,
        "cases": list(cases),
        "groups": groups,
        "per_group": per_group,
    }
    found: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, params)
        for row in cursor.fetchall():
            found.setdefault(row[0], []).append(row)
    return [_group(members) for members in found.values()]


def _group(members: Sequence[tuple[Any, ...]]) -> MessageGroup:
    key, text, size = members[0][:3]
    return MessageGroup(
        key=key,
        text=text,
        count=size,
        cases=tuple(
            MessageCase(
                case=case, name=name, status=STATUS_OF_CODE[code], thread=thread
            )
            for _, _, _, code, case, name, thread in members
        ),
    )
