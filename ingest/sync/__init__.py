"""A sync from claim to close: the only orchestration of fetching and storing."""

from ingest.sync.connection import (
    carry_out,
    close_parent_if_done,
    discover,
    request_sync,
    sync_in_foreground,
)
from ingest.sync.project import sync_project

__all__ = [
    "carry_out",
    "close_parent_if_done",
    "discover",
    "request_sync",
    "sync_in_foreground",
    "sync_project",
]
