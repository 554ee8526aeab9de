"""Records to rows: bulk, repeatable, keeping what changed. One run at a time."""

from ingest.upsert.belongings import upsert_milestones
from ingest.upsert.cases import CaseIndex
from ingest.upsert.run import Batch, ProjectStore, Written, mark_run_removed

__all__ = [
    "Batch",
    "CaseIndex",
    "ProjectStore",
    "Written",
    "mark_run_removed",
    "upsert_milestones",
]
