"""The folders that a page shows: those on the open branch, each with its numbers. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dashboard.lists.folders import FolderCounts
from ingest.contract import Counts, Status
from ingest.folders import SEPARATOR, last_folder

# Of one level; others can be looked for by their names.
MOST_FOLDERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with all that lies in and below it. `level` is 1 for the outermost,
    `has_folders`: others lie in it.
    """

    path: str
    name: str
    level: int
    counts: FolderCounts
    is_open: bool
    has_folders: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """`folders` in the order in which they are shown, `whole` of all that there is.
    `left_out`: folders of shown levels beyond MOST_FOLDERS.
    """

    whole: FolderCounts
    folders: tuple[Folder, ...]
    left_out: int


def tree(counts: Mapping[str, FolderCounts], folder: str) -> Tree:
    """The tree with the branch to `folder` open; `counts` are of tests in each folder
    itself.
    """
    sums = _sums(counts)
    opened = set(branch_of(folder))
    children = _children(sums, opened)
    parents = {path.rpartition(SEPARATOR)[0] for path in sums}

    def rows(parent: str, level: int) -> Iterator[Folder]:
        """Down the open branch, which is shown however many lie beside it."""
        for place, path in enumerate(children.get(parent, ())):
            is_open = path in opened
            if place >= MOST_FOLDERS and not is_open:
                continue
            yield Folder(
                path=path,
                name=last_folder(path),
                level=level,
                counts=sums[path],
                is_open=is_open,
                has_folders=path in parents,
            )
            if is_open:
                yield from rows(path, level + 1)

    shown = tuple(rows("", 1))
    return Tree(
        whole=sums.get("", FolderCounts(tests=0, never_executed=0)),
        folders=shown,
        left_out=sum(map(len, children.values())) - len(shown),
    )


def branch_of(folder: str) -> list[str]:
    """The paths from the root, which is "", to a folder."""
    names = folder.split(SEPARATOR) if folder else []
    return [SEPARATOR.join(names[:depth]) for depth in range(len(names) + 1)]


def is_inside(path: str, folder: str) -> bool:
    """Whether it is the folder, or lies in it."""
    return not folder or path == folder or path.startswith(folder + SEPARATOR)


def status_sums(told: Mapping[str, Mapping[Status, int]]) -> dict[str, Counter[Status]]:
    """The last statuses of tests by folder, each with what lies below it."""
    found: dict[str, Counter[Status]] = defaultdict(Counter)
    for path, own in told.items():
        for above in branch_of(path):
            found[above].update(own)
    return found


def outcome_counts(folder: FolderCounts, statuses: Mapping[Status, int]) -> Counts:
    """Tests by their last status; those that never ran are untested."""
    by_status = {str(status): n for status, n in statuses.items()}
    untested = by_status.pop(str(Status.UNTESTED), 0) + folder.never_executed
    return Counts(untested=untested, **by_status)


def _sums(counts: Mapping[str, FolderCounts]) -> dict[str, FolderCounts]:
    tests: Counter[str] = Counter()
    never: Counter[str] = Counter()
    for path, own in counts.items():
        for above in branch_of(path):
            tests[above] += own.tests
            never[above] += own.never_executed
    return {
        path: FolderCounts(tests=n, never_executed=never[path])
        for path, n in tests.items()
    }


def _children(
    sums: Mapping[str, FolderCounts], opened: set[str]
) -> dict[str, list[str]]:
    """The folders of each open one, by name."""
    found: dict[str, list[str]] = {path: [] for path in opened}
    for path in sums:
        parent = path.rpartition(SEPARATOR)[0]
        if path and parent in opened:
            found[parent].append(path)
    for own in found.values():
        own.sort(key=lambda path: (path.casefold(), path))
    return found
