"""A sync from claim to close: the only orchestration of fetching and storing."""

from ingest.sync.closing import STOPPED, close_parent_if_done
from ingest.sync.connection import carry_out, discover, request_sync
from ingest.sync.foreground import sync_in_foreground
from ingest.sync.project import sync_project

__all__ = [
    "STOPPED",
    "carry_out",
    "close_parent_if_done",
    "discover",
    "request_sync",
    "sync_in_foreground",
    "sync_project",
]
