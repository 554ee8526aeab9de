"""Where a test lies: suites as full paths "A / B / C", run groups likewise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ingest.connectors.testomatio.names import (
    flat,
    suite_id_of,
    suite_title_of,
    test_id_of,
    title_of,
    uid,
)
from ingest.folders import SEPARATOR
from ingest.parse import Row, RowError, mapping


class SuiteTree:
    """Suites by id with their titles and parents; a cycle in them is not followed.

    `is_partial`: some of the vendor's could not be read.
    """

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}
        self._parents: dict[str, str] = {}
        self._ids: dict[str, set[str]] = {}
        self._paths: dict[str, str] = {}
        self._leaves: set[str] = set()
        self.suite_of_test: dict[str, str] = {}
        self.is_partial = False

    def __contains__(self, suite: str) -> bool:
        return suite in self._titles

    def add(
        self, suite: str, title: str, parent: str = "", *, is_leaf: bool = False
    ) -> None:
        """A suite, once or again with what is known by now."""
        if is_leaf:
            self._leaves.add(suite)
        if title:
            self._titles[suite] = title
            self._ids.setdefault(title, set()).add(suite)
        # The vendor's tree has no cycle; a broken answer must not become an endless
        # path, so the link that would close one is left out.
        if parent and suite not in self._parents and suite not in self._line(parent):
            self._parents[suite] = parent
        self._paths.clear()

    def is_leaf(self, suite: str) -> bool:
        return suite in self._leaves

    def leaves(self) -> list[str]:
        """The suites that are known to have no suites below them."""
        return sorted(self._leaves)

    def path(self, suite: str) -> str:
        """The titles from the root to `suite`."""
        found = self._paths.get(suite)
        if found is None:
            titles = [self._titles[s] for s in self._line(suite) if s in self._titles]
            found = self._paths[suite] = SEPARATOR.join(reversed(titles))
        return found

    def suites(self) -> list[str]:
        """All that have a title, in one order."""
        return sorted(self._titles)

    def only(self, title: str) -> str:
        """The one suite of that title, "" when there is none or more than one."""
        ids = self._ids.get(title, set())
        return next(iter(ids)) if len(ids) == 1 else ""

    def _line(self, suite: str) -> list[str]:
        """`suite` and its ancestors, upwards."""
        line: list[str] = []
        while suite and suite not in line:
            line.append(suite)
            suite = self._parents.get(suite, "")
        return line


class Folders:
    """The folder of each testrun of one project; read when the first one needs it.

    `load` reads the suites, `load_tests` which suite each test lies in: that costs far
    more, so it waits for a row that names its test and no suite that is one of a kind.
    """

    def __init__(
        self,
        load: Callable[[], SuiteTree],
        load_tests: Callable[[SuiteTree], None],
    ) -> None:
        self._load = load
        self._load_tests = load_tests
        self._tree: SuiteTree | None = None
        self._tests_are_loaded = False

    def of(self, row: Row) -> str:
        """The full path of a flat testrun's suite, "" when nothing names one."""
        suite, title, test = suite_id_of(row), suite_title_of(row), test_id_of(row)
        if not (suite or title or test):
            return ""
        tree = self.tree
        suite = suite or tree.only(title)
        if suite not in tree and test:
            suite = self._suite_of(test, tree)
        return tree.path(suite) if suite in tree else title

    @property
    def tree(self) -> SuiteTree:
        if self._tree is None:
            self._tree = self._load()
        return self._tree

    def _suite_of(self, test: str, tree: SuiteTree) -> str:
        if test not in tree.suite_of_test and not self._tests_are_loaded:
            self._tests_are_loaded = True
            self._load_tests(tree)
        return tree.suite_of_test.get(test, "")


class Groups:
    """The paths of one project's run groups; `fetch` gives a group or None."""

    def __init__(self, fetch: Callable[[str], Any]) -> None:
        self._fetch = fetch
        self._rows: dict[str, Row] = {}

    def path(self, group: str) -> str:
        """The titles from the outermost group to `group`, "" when it is gone."""
        titles: list[str] = []
        seen: set[str] = set()
        while group and group not in seen:
            seen.add(group)
            row = self._row(group)
            titles.append(title_of(row))
            group = _parent_of(row)
        return SEPARATOR.join(title for title in reversed(titles) if title)

    def _row(self, group: str) -> Row:
        if group not in self._rows:
            found = self._fetch(group)
            self._rows[group] = {} if found is None else flat(mapping(found, "data"))
        return self._rows[group]


def _parent_of(group: Row) -> str:
    """The classic API gives the ancestors, outermost first; v2 gives the parent."""
    ancestors = group.get("path")
    if isinstance(ancestors, list) and ancestors and isinstance(ancestors[-1], dict):
        return uid(ancestors[-1].get("id"))
    return uid(group.get("parent_id"))


def references(row: Row, name: str) -> Iterator[Row]:
    """The JSON:API resources that `row` points to under `name`."""
    relationships = row.get("relationships")
    relation = relationships.get(name) if isinstance(relationships, dict) else None
    data = relation.get("data") if isinstance(relation, dict) else None
    for found in data if isinstance(data, list) else ():
        if isinstance(found, dict):
            yield found


def suite_of(row: Any) -> tuple[str, Row]:
    """A suite's id and its flat row; RowError when it is none."""
    found = flat(mapping(row, "the suite"))
    suite = uid(found.get("id"))
    if not suite:
        raise RowError("id is missing")
    return suite, found
