"""The tables: facts as the vendors state them, each said by one noun's module."""

from ingest.models.cases import Case, CaseAlias, CaseChange
from ingest.models.connection import Connection, Project
from ingest.models.journal import (
    AnnouncedRun,
    Reject,
    Sync,
    SyncStatus,
    Trigger,
    UnreadableRun,
)
from ingest.models.planned import MilestoneCase
from ingest.models.pushed import (
    PushedRun,
    ReceivedResult,
    RunDetails,
    SharedRun,
    ThreadDetails,
)
from ingest.models.relayed import STUCK, UNDECIDED, RelayedPart, RelayState
from ingest.models.results import (
    DECIDED_CODES,
    NOT_PASSED_CODES,
    STATUS_CODES,
    STATUS_OF_CODE,
    Result,
    ResultChange,
    ResultText,
)
from ingest.models.rollups import RunDay
from ingest.models.runs import (
    Configuration,
    Milestone,
    MilestoneMember,
    Run,
    RunChange,
    RunMilestone,
    Source,
    Thread,
    ThreadChange,
)
from ingest.models.started import StartedRun, StartKind, StartState

__all__ = [
    "STUCK",
    "UNDECIDED",
    "DECIDED_CODES",
    "NOT_PASSED_CODES",
    "STATUS_CODES",
    "STATUS_OF_CODE",
    "AnnouncedRun",
    "Case",
    "CaseAlias",
    "CaseChange",
    "Configuration",
    "Connection",
    "Milestone",
    "MilestoneCase",
    "MilestoneMember",
    "Project",
    "PushedRun",
    "ReceivedResult",
    "Reject",
    "RelayState",
    "RelayedPart",
    "Result",
    "ResultChange",
    "ResultText",
    "Run",
    "RunChange",
    "RunDay",
    "RunDetails",
    "RunMilestone",
    "SharedRun",
    "Source",
    "StartKind",
    "StartState",
    "StartedRun",
    "Sync",
    "SyncStatus",
    "Thread",
    "ThreadChange",
    "ThreadDetails",
    "Trigger",
    "UnreadableRun",
]
