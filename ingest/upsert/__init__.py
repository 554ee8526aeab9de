"""Records to rows: bulk, repeatable, keeping what changed. One run at a time."""

from ingest.upsert.batch import Batch, Written, fingerprint, listed_fingerprint
from ingest.upsert.cases import CaseIndex, declare
from ingest.upsert.listed import (
    raise_version,
    store_listed_cases,
    store_milestone_cases,
)
from ingest.upsert.read_runs import store_read
from ingest.upsert.related import (
    mark_milestones_removed,
    milestone_named,
    upsert_milestones,
)
from ingest.upsert.run import ProjectStore, mark_run_removed

__all__ = [
    "Batch",
    "CaseIndex",
    "ProjectStore",
    "Written",
    "declare",
    "fingerprint",
    "listed_fingerprint",
    "mark_milestones_removed",
    "mark_run_removed",
    "milestone_named",
    "raise_version",
    "store_listed_cases",
    "store_milestone_cases",
    "store_read",
    "upsert_milestones",
]
