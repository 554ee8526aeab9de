"""Rows that could not be read, or were read with a doubt, and words that nobody mapped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet

from ingest.contract import Status
from ingest.models import STATUS_CODES, Reject, Result, Run

GROUPS_AT_MOST = 50
# What a vendor's word can be mapped to: an outcome that stays.
MAPPABLE = (
    *(Status.PASSED, Status.FAILED, Status.ERROR),
    *(Status.SKIPPED, Status.BLOCKED, Status.UNTESTED),
)


def rejects(
    *,
    connection: int | None = None,
    project: int | None = None,
    run: int | None = None,
    reason: str = "",
    state: Literal["open", "resolved", ""] = "",
    is_stored: bool | None = None,
    since: datetime | None = None,
    q: str = "",
) -> QuerySet[Reject]:
    """Newest first. `reason` is a reason_key, `is_stored` None both kinds.

    `state` open: no later read mended them. `since` is a time of their recording.
    """
    rows = Reject.objects.all()
    if connection is not None:
        rows = rows.filter(connection_id=connection)
    if project is not None:
        rows = rows.filter(project_id=project)
    if run is not None:
        rows = rows.filter(run_id=run)
    if reason:
        rows = rows.filter(reason_key=reason)
    if state:
        rows = rows.filter(resolved_at__isnull=state == "open")
    if is_stored is not None:
        rows = rows.filter(is_stored=is_stored)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    if q:
        text = Q(reason__icontains=q) | Q(where__icontains=q)
        rows = rows.filter(text | Q(payload__icontains=q))
    return rows.order_by("-created_at", "-pk")


def rejected_by_connection(since: datetime) -> dict[int, int]:
    """Rows left out that were recorded since then."""
    rows = rejects(is_stored=False, since=since).order_by()
    return dict(rows.values_list("connection_id").annotate(n=Count("pk")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonGroup:
    """Open rejects of one connection that differ in values only.

    `example` is one of their reasons; `runs` is the number of runs they are of.
    """

    connection_id: int
    reason_key: str
    is_stored: bool
    count: int
    runs: int
    example: str
    newest_at: datetime


def reason_groups() -> list[ReasonGroup]:
    """What was left out before what was kept, then by size; one query."""
    rows = (
        rejects(state="open")
        .order_by()
        .values("connection_id", "reason_key", "is_stored")
        .annotate(
            count=Count("pk"),
            runs=Count("run_id", distinct=True),
            example=Min("reason"),
            newest_at=Max("created_at"),
        )
        .order_by("is_stored", "-count", "reason_key")
    )
    return [ReasonGroup(**row) for row in rows[:GROUPS_AT_MOST]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWord:
    """A vendor's status word that no map knows, with the results that carry it."""

    connection_id: int
    word: str
    results: int
    runs: int


# Those of pushed runs cannot be read again with another meaning.
_WORDS = """
SELECT p.connection_id, w.key, sum(w.value::int), count(*)
  FROM ingest_run r JOIN ingest_project p ON p.id = r.project_id
 CROSS JOIN LATERAL jsonb_each_text(r.unknown_words) AS w
 WHERE r.unknown_words IS NOT NULL AND r.removed_at IS NULL
   AND NOT EXISTS (SELECT FROM ingest_pushedrun pushed WHERE pushed.run_id = r.id)
 GROUP BY p.connection_id, w.key
 ORDER BY sum(w.value::int) DESC, w.key
"""


def unknown_words() -> list[UnknownWord]:
    """The most frequent first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_WORDS)
        return [
            UnknownWord(connection_id=row[0], word=row[1], results=row[2], runs=row[3])
            for row in cursor.fetchall()
        ]


def runs_to_be_read_again(connection_id: int, word: str) -> int:
    """How many runs wait for the next sync because of this word."""
    runs = Run.objects.filter(project__connection=connection_id, must_be_read=True)
    return runs.filter(unknown_words__has_key=word).count()


def results_with_word(connection_id: int, word: str) -> QuerySet[Result]:
    """Results that carry a vendor's unknown word, newest first."""
    runs = Run.objects.filter(
        project__connection=connection_id,
        unknown_words__has_key=word,
        removed_at__isnull=True,
    )
    return Result.objects.filter(
        project__connection=connection_id,
        run__in=runs,
        status=STATUS_CODES[Status.UNKNOWN],
        raw_status=word,
        removed_at__isnull=True,
    ).order_by("-at", "run_id", "ordinal")
