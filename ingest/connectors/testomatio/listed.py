"""A test that Testomat.io keeps as a case, with the key that its results have."""

from __future__ import annotations

from ingest.connectors.testomatio.names import (
    flat,
    suite_id_of,
    suite_title_of,
    title_of,
    uid,
    without_signs,
)
from ingest.connectors.testomatio.suites import SuiteTree
from ingest.contract import CaseRecord
from ingest.folders import SEPARATOR
from ingest.parse import Row, RowError


def case_record(row: Row, tree: SuiteTree) -> CaseRecord:
    """A test from a row of either list; its folder is the path of its suite.

    Of one with parameters no list names the values: it is one case until it ran.
    """
    found = flat(row)
    # Results are read without them, too.
    title = without_signs(title_of(found))
    folder = without_signs(folder_of(found, tree))
    path = SEPARATOR.join(filter(None, (folder, title))) if title else ""
    return CaseRecord(key=test_key(found), name=title, folder=folder, name_key=path)


def test_key(row: Row) -> str:
    """The key of a flat test; RowError where it has no id."""
    found = uid(row.get("id"))
    if not found:
        raise RowError("id is missing")
    return found


def folder_of(test: Row, tree: SuiteTree) -> str:
    suite = suite_id_of(test)
    return tree.path(suite) if suite in tree else suite_title_of(test)
