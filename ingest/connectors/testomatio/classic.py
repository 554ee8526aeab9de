"""The classic JSON:API: projects, runs, testruns, suites and run groups by JWT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ingest.connectors.reading import envelope, part
from ingest.connectors.testomatio.access import LABEL, Access
from ingest.connectors.testomatio.names import (
    flat,
    flat_or_empty,
    title_of,
    uid,
)
from ingest.connectors.testomatio.paging import rows
from ingest.connectors.testomatio.suites import SuiteTree, references, suite_of
from ingest.connectors.testomatio.testruns import example_of
from ingest.contract import IncompleteListError, PayloadError
from ingest.http import MissingError
from ingest.parse import Row, RowError, mapping

PROJECTS_PAGE_SIZES = (200, 100, 50)
# The documented default; nobody documents how much more is given.
RUNS_PAGE_SIZES = (50, 25, 20)
RUN_SPELLINGS = ("runs", "run")
# At a request each; a project of so many is read in the pages of API v2.
MOST_SUITES = 5000


class Classic:
    """Raw rows of the classic API.

    It has no milestones, and a plan names tests to be run rather than a time by which:
    nothing of ours is like it, so plans are left where they are.
    """

    def __init__(self, access: Access, note: Callable[[str], None]) -> None:
        self._access = access
        self._note = note
        self._run_spellings: tuple[str, ...] = RUN_SPELLINGS

    def projects(self) -> Iterator[Any]:
        return rows(self._access.classic, "/api/projects", sizes=PROJECTS_PAGE_SIZES)

    def runs(self, project: str, is_older: Callable[[Any], bool]) -> Iterator[Any]:
        """Newest first; the only filters are for groups."""
        path = f"{_prefix(project)}/runs"
        return rows(
            self._access.classic, path, sizes=RUNS_PAGE_SIZES, is_older=is_older
        )

    def run(self, project: str, run_id: str) -> Any:
        """A run or None. Vendor's code says runs/{id}, its guide run/{id}: the spelling
        that answered is asked first from then on."""
        for spelling in self._run_spellings:
            found = self._one(f"{_prefix(project)}/{spelling}/{part(run_id)}")
            if found is not None:
                others = [word for word in RUN_SPELLINGS if word != spelling]
                self._run_spellings = (spelling, *others)
                return found
        return None

    def testruns(self, project: str, run_id: str) -> Iterator[Any]:
        """No per_page: nobody documents whether this list takes one."""
        path = f"{_prefix(project)}/testruns"
        return rows(self._access.classic, path, {"run_id": run_id})

    def group(self, project: str, group: str) -> Any:
        return self._one(f"{_prefix(project)}/rungroups/{part(group)}")

    def enter(self) -> None:
        """Log in, unless that was done; raises what the log-in does."""
        _ = self._access.classic

    def examples(self, project: str, run_id: str) -> Iterator[tuple[str, str]]:
        """Of each testrun that has parameters: its id and their values."""
        for row in map(flat_or_empty, self.testruns(project, run_id)):
            if example := example_of(row):
                yield uid(row.get("id")), example

    def suites(self, project: str) -> SuiteTree:
        """All suites: the roots by pages, then each one that may have children.

        A suite of file_type "file" has none by the vendor's own words; it is asked only
        where its tests are wanted (`load_tests`).
        """
        tree = SuiteTree()
        path = f"{_prefix(project)}/suites"
        waiting: list[tuple[Any, str]] = []
        try:
            for row in rows(self._access.classic, path):
                waiting.append((row, ""))
        except (MissingError, IncompleteListError):
            tree.is_partial = True
            self._note(f"{project}: the suites cannot be read, so folders are partial.")
        asked: set[str] = set()
        while waiting:
            row, parent = waiting.pop()
            suite = self._added(tree, row, parent)
            if suite and suite not in asked and not tree.is_leaf(suite):
                asked.add(suite)
                waiting += self._children(project, tree, suite)
        return tree

    def load_tests(self, project: str, tree: SuiteTree) -> None:
        """Which suite each test lies in, as far as `suites` has not met it."""
        for suite in tree.leaves():
            self._children(project, tree, suite)

    def tests(self, project: str, tree: SuiteTree) -> Iterator[Any]:
        """All tests, from one answer for each suite that `suites` has met.

        Raises IncompleteListError behind the last one where suites name more tests than
        they tell, or are gone meanwhile.
        """
        suites = tree.suites()
        if len(suites) > MOST_SUITES:
            raise PayloadError(
                f"{project}: its tests lie in {len(suites):,} suites, and each costs a "
                f"request. Give {LABEL} a token, so that API v2 lists them."
            )
        named = told = 0
        for suite in suites:
            names, found = self._tests_in(project, suite)
            named, told = named + names, told + len(found)
            yield from found
        if told < named or tree.is_partial:
            where = f"The tests of {project}"
            raise IncompleteListError(where, stated=named, seen=told)

    def _tests_in(self, project: str, suite: str) -> tuple[int, list[Row]]:
        """How many tests a suite names, and those of which its answer tells more."""
        path = f"{_prefix(project)}/suites/{part(suite)}"
        try:
            answer = self._access.classic.get(path)
        except MissingError:
            return 1, []
        with envelope(f"{LABEL} {path}"):
            whole = mapping(answer, "the answer")
            data = mapping(whole.get("data"), "data")
        names = dict.fromkeys(_name(row) for row in references(data, "tests"))
        told = _included(whole, "test")
        found = [told[name] for name in names if name in told]
        return len(names), [{"suite_id": suite, **flat(row)} for row in found]

    def _added(self, tree: SuiteTree, row: Any, parent: str) -> str:
        try:
            suite, found = suite_of(row)
            title, is_leaf = title_of(found), found.get("file_type") == "file"
        except RowError as error:
            tree.is_partial = True
            self._note(f"A suite could not be read: {error}.")
            return ""
        above = parent or uid(found.get("parent_id"))
        tree.add(suite, title, above, is_leaf=is_leaf and bool(title))
        return suite

    def _children(
        self, project: str, tree: SuiteTree, suite: str
    ) -> list[tuple[Any, str]]:
        """The suites below `suite`; its own title and its tests go into the tree."""
        path = f"{_prefix(project)}/suites/{part(suite)}"
        try:
            answer = self._access.classic.get(path)
        except MissingError:
            return []
        with envelope(f"{LABEL} {path}"):
            whole = mapping(answer, "the answer")
            data = mapping(whole.get("data"), "data")
        self._added(tree, data, "")
        for test in references(data, "tests"):
            tree.suite_of_test.setdefault(uid(test.get("id")), suite)
        told = _included(whole, "suite")
        children = [told.get(_name(r), r) for r in references(data, "children")]
        return [(child, suite) for child in children]

    def _one(self, path: str) -> Any:
        """The object of one answer, None for a 404."""
        try:
            answer = self._access.classic.get(path)
        except MissingError:
            return None
        with envelope(f"{LABEL} {path}"):
            return mapping(mapping(answer, "the answer").get("data"), "data")


def _prefix(project: str) -> str:
    return f"/api/{part(project)}"


def _name(row: Row) -> str:
    return uid(row.get("id"))


def _included(whole: Row, kind: str) -> dict[str, Row]:
    """The rows of a kind that an answer carries beside its object, by id."""
    included = whole.get("included")
    return {
        _name(row): row
        for row in (included if isinstance(included, list) else ())
        if isinstance(row, dict) and row.get("type") in (kind, f"{kind}s")
    }
