"""What the addresses of the sync page and of the lists behind it say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from dashboard.addresses import address, with_query
from dashboard.filters.parameters import PAGE, Parameter, number, one_of, window_days
from dashboard.ui.url_state import DeclaredState
from ingest.models import SyncStatus

# The routes: the page and the lists behind it.
SYNC, HISTORY, REJECTS, UNKNOWN = (
    "sync",
    "sync-history",
    "sync-rejects",
    "sync-unknown",
)
DAY = timedelta(days=1)
# The window of all figures here, written as in every other address.
WINDOW = "1d"
LONGEST_TEXT = 500


def address_with(route: str, **values: Any) -> str:
    """The address with the values that are set, in the order of their naming."""
    pairs = [(name, str(value)) for name, value in values.items()]
    shown = [pair for pair in pairs if pair[1] not in ("", "None")]
    return with_query(address(route), shown)


def _short(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    raise ValueError("It is too long.")


CONNECTION = Parameter("connection", number, None)
DAYS = Parameter("window", window_days, None, write="{}d".format)
FIND = Parameter("q", _short)


@dataclass(frozen=True, kw_only=True)
class HistoryState(DeclaredState):
    """The syncs of one connection, of one end, of the last `window` days."""

    route = HISTORY
    parameters = (
        CONNECTION,
        Parameter("status", one_of(SyncStatus.values)),
        DAYS,
        FIND,
        PAGE,
    )
    connection: int | None = None
    status: str = ""
    window: int | None = None


@dataclass(frozen=True, kw_only=True)
class RejectsState(DeclaredState):
    """The rejected records of the last `window` days, `kept` "1" or left out "0"."""

    route = REJECTS
    parameters = (
        CONNECTION,
        Parameter("project", number, None),
        Parameter("run", number, None),
        Parameter("reason", _short),
        Parameter("state", one_of(("open", "resolved"))),
        Parameter("kept", one_of(("0", "1"))),
        DAYS,
        FIND,
        PAGE,
    )
    connection: int | None = None
    project: int | None = None
    run: int | None = None
    reason: str = ""
    state: Literal["open", "resolved", ""] = ""
    kept: str = ""
    window: int | None = None


@dataclass(frozen=True, kw_only=True)
class UnknownState(DeclaredState):
    """The results that carry one unknown `word` of one connection."""

    route = UNKNOWN
    parameters = (CONNECTION, Parameter("word", _short), PAGE)
    connection: int | None = None
    word: str = ""
