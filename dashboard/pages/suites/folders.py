"""The rows of the tree: each folder with its numbers and the link that turns it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.filters import Filters
from dashboard.lists.folders import (
    MOST_TESTS,
    FolderCounts,
    folder_digest,
    last_statuses,
)
from dashboard.pages.suites.tree import (
    Folder,
    Tree,
    branch_of,
    is_inside,
    outcome_counts,
    status_sums,
)
from dashboard.ui.number_links import counted
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Number
from dashboard.ui.tables import Column
from dashboard.ui.url_state import PageState
from ingest.contract import Counts

# Deeper folders are set in no farther.
DEEPEST = 7
COLUMNS = (
    Column("folder", "Folder", css="a"),
    Column("outcomes", "Last results", css="e", width="132px"),
    Column("never", "Never executed", css="num d", width="118px"),
    Column("tests", "Tests", css="b num", width="76px"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRow:
    """A folder of the tree. `href` opens it, or closes the open one; `key` stays the
    same whatever is open. `outcomes` are None where they are too many to be asked for.
    """

    folder: Folder
    key: str
    href: str
    is_current: bool
    level: int
    tests: Number
    never: Number
    outcomes: Counts | None


def folder_rows(state: PageState, shown: Tree, folder: str) -> tuple[FolderRow, ...]:
    outcomes = _outcomes(state.filters, shown, folder)
    return tuple(
        FolderRow(
            folder=one,
            key=folder_digest(one.path),
            href=_turned(state, one, folder),
            is_current=one.path == folder,
            level=min(one.level, DEEPEST),
            tests=counted("cases", one.counts.tests, in_folder(state, one.path)),
            never=counted(
                "never_executed",
                one.counts.never_executed,
                in_folder(state, one.path, never=True),
            ),
            outcomes=outcomes.get(one.path),
        )
        for one in shown.folders
    )


def in_folder(state: PageState, folder: str, *, never: bool | None = None) -> str:
    """The address with this folder open, from the first of its tests on; `never` says
    whether those alone are listed that were never executed, None as it is.
    """
    if never is not None:
        filters = replace(state.filters, never_executed=never)
        state = replace(state, filters=filters)
    return state.with_own(folder=folder, cursor="")


def _turned(state: PageState, one: Folder, folder: str) -> str:
    """The address with the folder open, or, where it is, with the one around it."""
    path = branch_of(folder)[-2] if one.path == folder else one.path
    return in_folder(state, path)


def _outcomes(filters: Filters, shown: Tree, folder: str) -> Mapping[str, Counts]:
    """Of all that lies in the outermost open folder that holds few enough tests."""
    sizes = {"": _ran(shown.whole)}
    sizes |= {one.path: _ran(one.counts) for one in shown.folders}
    opened = (path for path in branch_of(folder) if path in sizes)
    top = next((path for path in opened if sizes[path] <= MOST_TESTS), None)
    if top is None:
        return {}
    told = load_or_none("last results", lambda: last_statuses(filters, top))
    if told is None:
        return {}
    sums = status_sums(told)
    return {
        one.path: outcome_counts(one.counts, sums.get(one.path, Counter()))
        for one in shown.folders
        if is_inside(one.path, top)
    }


def _ran(counts: FolderCounts) -> int:
    return counts.tests - counts.never_executed
