"""What is to be handed on: noted with what it stores, or not at all."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from ingest.connections import relaying
from ingest.contract import PayloadError
from ingest.models import STUCK, Connection, RelayedPart, RelayState

# What no vendor is told, because it opens Passline and not the vendor.
KEY_NAMES = frozenset({"api_key"})
MOST_QUEUES = 200
# Queues of a tool that fails, of which others wait, that are tried with each look.
PROBES = 2
UNSENT = (RelayState.WAITING, RelayState.UNCLEAR)


class Queue(NamedTuple):
    """Parts that are sent one behind the other: of a run, or of none in a project."""

    project_id: int
    run_id: int | None

    def parts(self) -> QuerySet[RelayedPart]:
        return RelayedPart.objects.filter(
            project=self.project_id, run=self.run_id
        ).order_by("pk")


def note_part(
    queue: Queue, act: str, body: Any, *, thread_id: int | None = None
) -> None:
    """Let a request be handed on behind those of its queue.

    Call it in the transaction that stores what the request says. Raises PayloadError
    for what no JSON says.
    """
    RelayedPart.objects.create(
        project_id=queue.project_id,
        run_id=queue.run_id,
        thread_id=thread_id,
        act=act,
        body=_written(_without_keys(body)),
        created_at=timezone.now(),
    )


def _written(body: Any) -> str:
    """In ASCII: half of a surrogate pair is JSON, and no text that PostgreSQL takes."""
    try:
        return json.dumps(body, allow_nan=False)
    except ValueError:
        raise PayloadError(
            "A number in the body is too large to be handed on."
        ) from None


def due_queues(now: datetime) -> list[Queue]:
    """Those whose first part may be sent now; of a tool that fails just now only a few,
    because each costs a worker as long as the tool does not answer.
    """
    firsts = RelayedPart.objects.filter(
        state__in=UNSENT,
        project__removed_at=None,
        project__connection__in=relaying().filter(paused_at=None),
    )
    heads = firsts.order_by("project_id", "run_id", "pk")
    heads = heads.distinct("project_id", "run_id")
    waiting = RelayedPart.objects.filter(
        pk__in=heads.values("pk"), state=RelayState.WAITING
    )
    failing = waiting.filter(next_try_at__gt=now).values("project__connection")
    due = waiting.filter(
        Q(next_try_at=None) | Q(next_try_at__lte=now),
        Q(claimed_until=None) | Q(claimed_until__lte=now),
    ).order_by("pk")
    well = due.exclude(project__connection__in=failing)
    found = list(well.values_list("project", "run")[:MOST_QUEUES])
    for connection in set(failing.values_list("project__connection", flat=True)):
        probes = due.filter(project__connection=connection).order_by("next_try_at")
        found += probes.values_list("project", "run")[:PROBES]
    return [Queue(*one) for one in found]


def wait_no_longer(connection: Connection) -> None:
    """Let what waits for a tool that was down be sent: it answers again."""
    RelayedPart.objects.filter(
        project__connection=connection,
        state=RelayState.WAITING,
        next_try_at__isnull=False,
    ).update(next_try_at=None)


def send_again(queue: Queue) -> int:
    """Let what was refused or is unclear be sent once more; gives how many parts."""
    return (
        queue.parts()
        .filter(state__in=STUCK)
        .update(state=RelayState.WAITING, tries=0, next_try_at=None, claimed_until=None)
    )


def leave_out(queue: Queue) -> int:
    """Let what was refused or is unclear never be sent, and the rest go on; how many."""
    return (
        queue.parts()
        .filter(state__in=STUCK)
        .update(state=RelayState.LEFT_OUT, body="", claimed_until=None)
    )


def _without_keys(body: Any) -> Any:
    """Clients put it into the body itself and into each of its tests."""
    if not isinstance(body, dict):
        return body
    bare = {name: value for name, value in body.items() if name not in KEY_NAMES}
    if isinstance(tests := bare.get("tests"), list):
        bare["tests"] = [_without_keys(one) for one in tests]
    return bare
