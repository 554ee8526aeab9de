"""Runs whose month was dropped: they stay as they are, late rows become rejects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from ingest.contract import Reject, ResultRecord, RunRecord
from ingest.models import Run
from ingest.series import attempt_counts, attempts
from ingest.upsert.batch import Batch, Written, fingerprint
from ingest.upsert.facts import Placed, final_counts
from ingest.upsert.rejects import store_run_rejects


def refuse(
    run: Run, record: RunRecord, batch: Batch, sync_id: int | None, now: datetime
) -> Written:
    """Leave a run whose month was dropped alone; what says otherwise is rejected."""
    if _says_otherwise(run, record, batch.results):
        batch.rejects.extend(_late(record, result) for result in batch.results)
        if not batch.results:
            batch.rejects.append(_late(record, None))
    store_run_rejects(run, batch.rejects, sync_id, now)
    # Settled again, so that it is not read with every sync from now on.
    Run.objects.filter(pk=run.pk).update(
        read_at=now, must_be_read=False, fingerprint=fingerprint(batch.record)
    )
    return Written(run=False, results=0, unknown_statuses=0)


def _says_otherwise(
    run: Run, record: RunRecord, results: Sequence[ResultRecord]
) -> bool:
    fallback = record.started_at or run.recorded_at
    times = [result.executed_at or fallback for result in results]
    placed = Placed([], times, *attempts([r.key for r in results], times))
    told = attempt_counts([result.status for result in results])
    stored = run.attempts_passed, run.attempts_not_passed, run.attempts_other
    return (final_counts(record, results, placed), told) != (run.counts, stored)


def _late(record: RunRecord, result: ResultRecord | None) -> Reject:
    what = f", {result.key}" if result else ""
    return Reject(
        where=f"run {record.external_id}{what}",
        reason=(
            "the rows of its month were dropped after RETENTION_DAYS: the run stays "
            "as it was"
        ),
        payload=asdict(result or record),
    )
