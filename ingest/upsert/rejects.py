"""Rows that could not be read, kept whole until a later read finds them mended."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from datetime import datetime

from ingest.contract import JsonText, PayloadError
from ingest.contract import Reject as RejectRecord
from ingest.models import Connection, Project, Reject, Run
from ingest.upsert.blocks import blocks

# Runs, projects and milestones that one sync keeps as rejects.
MOST_OF_LISTS = 1000


def store_run_rejects(
    run: Run,
    records: Iterable[RejectRecord],
    sync_id: int | None,
    now: datetime,
    *,
    is_new: bool = False,
) -> None:
    """Make the open rejects of a run what this read found; others are resolved."""
    found = {(r.where, r.reason, payload_text(r)): r for r in records}
    stored = [] if is_new else run.rejects.filter(resolved_at=None)
    open_rows = {(row.where, row.reason, row.payload): row.pk for row in stored}
    mended = [pk for identity, pk in open_rows.items() if identity not in found]
    if mended:
        Reject.objects.filter(pk__in=mended).update(resolved_at=now)
    new = (record for identity, record in found.items() if identity not in open_rows)
    for block in blocks(new, 200):
        Reject.objects.bulk_create(
            _row(run.project.connection, run.project, run, record, sync_id, now)
            for record in block
        )


def check_rejects(count: int, last: RejectRecord) -> None:
    """Raise PayloadError once one sync could not read more of its lists than is kept.

    A list whose form changed is told by its first rows; one without end never ends.
    """
    if count > MOST_OF_LISTS:
        raise PayloadError(
            f"More than {MOST_OF_LISTS:,} rows of its lists could not be read, the last "
            f"of them {last.where}: {last.reason}. See the rejected records."
        )


def store_project_reject(
    connection: Connection,
    project: Project | None,
    record: RejectRecord,
    sync_id: int,
    now: datetime,
) -> None:
    """Keep a run, project or milestone that could not be read; once, however often."""
    row = _row(connection, project, None, record, sync_id, now)
    Reject.objects.get_or_create(
        connection=connection,
        project=project,
        run=None,
        where=row.where,
        reason=row.reason,
        payload=row.payload,
        resolved_at=None,
        defaults={
            "sync_id": sync_id,
            "reason_key": row.reason_key,
            "created_at": now,
        },
    )


def store_project_notes(
    project: Project,
    places: Collection[str],
    records: Iterable[RejectRecord],
    now: datetime,
) -> None:
    """Make the notes of a project whose `where` is one of these places the given ones;
    those that nothing bears out any more are resolved.
    """
    found = {(r.where, r.reason, payload_text(r)): r for r in records}
    stored = Reject.objects.filter(
        project=project,
        run=None,
        is_stored=True,
        resolved_at=None,
        where__in=list(places),
    )
    open_rows = {(row.where, row.reason, row.payload): row.pk for row in stored}
    mended = [pk for identity, pk in open_rows.items() if identity not in found]
    if mended:
        Reject.objects.filter(pk__in=mended).update(resolved_at=now)
    Reject.objects.bulk_create(
        _row(project.connection, project, None, record, None, now)
        for identity, record in found.items()
        if identity not in open_rows
    )


def payload_text(record: RejectRecord) -> str:
    """The row as JSON text; sorted, so that the same row has the same text."""
    if isinstance(record.payload, JsonText):
        return record.payload
    return json.dumps(record.payload, sort_keys=True, default=str)


def reason_key(reason: str) -> str:
    """The reason without the values in it, so that like rows form one group."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|-?\d+(\.\d+)?", "…", reason)


def _row(
    connection: Connection,
    project: Project | None,
    run: Run | None,
    record: RejectRecord,
    sync_id: int | None,
    now: datetime,
) -> Reject:
    return Reject(
        connection=connection,
        project=project,
        run=run,
        sync_id=sync_id,
        where=record.where,
        reason=record.reason,
        reason_key=reason_key(record.reason),
        payload=payload_text(record),
        is_stored=record.is_stored,
        created_at=now,
    )
