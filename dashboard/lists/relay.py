"""What was pushed for a tool and is handed on to it: what waits, what it did not take,
and how long the rest took.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q

from ingest.connections import relay_is_on, relay_of, relaying
from ingest.housekeeping import RELAYED_KEPT
from ingest.models import STUCK, UNDECIDED, Connection, RelayedPart, RelayState, Run

QUEUES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingQueue:
    """Requests of one run, or of a project, of which not all are sent. `part` is the one
    to look at: the first that the tool did not take, else the first that waits; `act`
    is what people call it.
    """

    part: RelayedPart
    act: str
    waiting: int
    refused: int
    unclear: int
    since: datetime

    @property
    def stuck(self) -> int:
        return self.refused + self.unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRelay:
    """What was handed on to one account in RELAYED_KEPT, and how long that took after it was
    stored: half of it at most `p50_ms`, 95 % at most `p95_ms`. What is not handed on is
    counted whole; the oldest that waits came in at `since`.
    """

    connection: Connection
    is_on: bool
    sent: int
    waiting: int
    refused: int
    unclear: int
    since: datetime | None
    p50_ms: int | None
    p95_ms: int | None
    last_at: datetime | None


def is_used() -> bool:
    """Whether anybody relays, or did and left something behind."""
    return relaying().exists() or RelayedPart.objects.exists()


def stuck_requests() -> int:
    """Those that wait for a person."""
    return RelayedPart.objects.filter(state__in=STUCK).count()


def waiting_queues() -> list[WaitingQueue]:
    """Those that wait for a person first, then by age; two queries."""
    unsent = RelayedPart.objects.filter(state__in=UNDECIDED)
    stuck = Q(state__in=STUCK)
    rows = (
        unsent.order_by()
        .values("project_id", "run_id")
        .annotate(
            waiting=Count("pk", filter=Q(state=RelayState.WAITING)),
            refused=Count("pk", filter=Q(state=RelayState.REFUSED)),
            unclear=Count("pk", filter=Q(state=RelayState.UNCLEAR)),
            since=Min("created_at"),
            first=Min("pk"),
            first_stuck=Min("pk", filter=stuck),
        )
        .order_by(F("first_stuck").asc(nulls_last=True), "first")[:QUEUES_SHOWN]
    )
    told = {row["first_stuck"] or row["first"]: row for row in rows}
    parts = RelayedPart.objects.select_related("project__connection", "run").defer(
        "body"
    )
    by_id = parts.in_bulk(list(told))
    return [
        WaitingQueue(
            part=by_id[pk],
            act=_title(by_id[pk]),
            **{name: row[name] for name in ("waiting", "refused", "unclear", "since")},
        )
        for pk, row in told.items()
        if pk in by_id
    ]


def _title(part: RelayedPart) -> str:
    return relay_of(part.project.connection.vendor).acts[part.act].title


NOTHING: tuple[Any, ...] = (0, 0, 0, 0, None, None, None)
_SENT = """
SELECT p.connection_id,
       count(*) FILTER (WHERE r.state = 'sent'),
       count(*) FILTER (WHERE r.state = 'waiting'),
       count(*) FILTER (WHERE r.state = 'refused'),
       count(*) FILTER (WHERE r.state = 'unclear'),
       min(r.created_at) FILTER (WHERE r.state = 'waiting'),
       percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP
           (ORDER BY extract(epoch FROM r.sent_at - r.created_at) * 1000)
           FILTER (WHERE r.state = 'sent'),
       max(r.sent_at)
  FROM ingest_relayedpart r JOIN ingest_project p ON p.id = r.project_id
 WHERE r.sent_at >= %s OR r.state IN ('waiting', 'unclear', 'refused')
 GROUP BY p.connection_id
"""


def tool_relays(now: datetime) -> list[ToolRelay]:
    """Of each account that is on, or that something waits for, by name; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [now - RELAYED_KEPT])
        told = {row[0]: row[1:] for row in cursor.fetchall()}
    wanted = Q(pk__in=relaying()) | Q(pk__in=list(told))
    return [
        _tool_relay(row, *told.get(row.pk, NOTHING))
        for row in Connection.objects.filter(wanted).order_by("name")
    ]


def _tool_relay(
    row: Connection,
    sent: int,
    waiting: int,
    refused: int,
    unclear: int,
    since: datetime | None,
    delays: list[float] | None,
    last_at: datetime | None,
) -> ToolRelay:
    p50_ms, p95_ms = (round(one) for one in delays) if delays else (None, None)
    return ToolRelay(
        connection=row,
        is_on=relay_is_on(row),
        sent=sent,
        waiting=waiting,
        refused=refused,
        unclear=unclear,
        since=since,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        last_at=last_at,
    )


def unsent_of_run(run: Run) -> tuple[int, int]:
    """Requests of a run that are still to be handed on, and that its tool did not take."""
    counted = run.relayed.aggregate(
        waiting=Count("pk", filter=Q(state=RelayState.WAITING)),
        stuck=Count("pk", filter=Q(state__in=STUCK)),
    )
    return counted["waiting"], counted["stuck"]
