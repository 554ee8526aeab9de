"""A running sync's counts, saved after the rows so that a crash repeats, never skips."""

from __future__ import annotations

import time
from datetime import datetime

from ingest.models import Sync
from ingest.sync.closing import SUMMED, save
from ingest.upsert import Batch, Written

SAVE_EVERY_S = 1.0
FIELDS = (*SUMMED, "oldest_reached", "notes")


class Progress:
    """Counts one sync's rows and shows them to whoever looks, about once a second."""

    def __init__(self, sync: Sync) -> None:
        self._sync = sync
        self._saved = time.monotonic()

    def count(self, batch: Batch, written: Written) -> None:
        sync = self._sync
        sync.runs_written += written.run
        sync.results_read += len(batch.results)
        sync.results_written += written.results
        sync.rejected += sum(not reject.is_stored for reject in batch.rejects)
        sync.unknown_statuses += written.unknown_statuses

    def reached(self, started_at: datetime | None) -> None:
        """Note how far back in time the sync has come."""
        oldest = self._sync.oldest_reached
        if started_at and (oldest is None or started_at < oldest):
            self._sync.oldest_reached = started_at
        if time.monotonic() - self._saved > SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        save(self._sync, *FIELDS)
        self._saved = time.monotonic()
