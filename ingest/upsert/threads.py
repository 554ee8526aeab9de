"""The threads of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ingest.contract import Status, ThreadRecord
from ingest.models import Run, Thread


def upsert_threads(run: Run, records: Sequence[ThreadRecord]) -> dict[str, int]:
    """Store them; gives our id of each thread by the vendor's."""
    if not records:
        return {}
    # A repeated id is one thread; what was said last of it holds.
    once = {record.external_id: record for record in records}
    stored = Thread.objects.bulk_create(
        (_thread(run, record) for record in once.values()),
        update_conflicts=True,
        unique_fields=["run", "external_id"],
        update_fields=[
            "name",
            "status",
            "started_at",
            "duration_ms",
            *map(str, Status),
        ],
    )
    return {thread.external_id: thread.pk for thread in stored}


def _thread(run: Run, record: ThreadRecord) -> Thread:
    return Thread(
        run=run,
        external_id=record.external_id,
        name=record.name,
        status=str(record.status),
        started_at=record.started_at,
        duration_ms=record.duration_ms,
        **asdict(record.counts),
    )
