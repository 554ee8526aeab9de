"""Records to rows: bulk, repeatable, keeping what changed. One run at a time."""

from ingest.upsert.batch import Batch, Written, fingerprint
from ingest.upsert.cases import CaseIndex
from ingest.upsert.related import upsert_milestones
from ingest.upsert.run import ProjectStore, mark_run_removed

__all__ = [
    "Batch",
    "CaseIndex",
    "ProjectStore",
    "Written",
    "fingerprint",
    "mark_run_removed",
    "upsert_milestones",
]
