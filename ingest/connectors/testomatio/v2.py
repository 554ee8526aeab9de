"""API v2: runs, testruns, suites, run groups and milestones by Bearer token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.connectors.reading import envelope, is_no_route, part
from ingest.connectors.testomatio.access import LABEL, Access
from ingest.connectors.testomatio.names import flat_or_empty, title_of, uid
from ingest.connectors.testomatio.paging import page_of, rows
from ingest.connectors.testomatio.suites import SuiteTree, suite_of
from ingest.contract import (
    ConfigError,
    IncompleteListError,
    PayloadError,
    VendorError,
)
from ingest.http import MissingError, Page, UnsupportedError
from ingest.parse import RowError, mapping

PAGE_SIZES = (100, 50, 25)
# How quotes inside of a text are written in a query is documented nowhere.
QUOTES = re.compile(r"['\"\\]")
NOBODYS = "no milestone is called so 5f1d0c"


class V2:
    """Raw rows of API v2; `on_denied` is told the project whose reading a 403 ended."""

    def __init__(
        self,
        access: Access,
        note: Callable[[str], None],
        on_denied: Callable[[str], None],
    ) -> None:
        self._access = access
        self._note = note
        self._on_denied = on_denied
        # By project, whether its list of tests takes a query.
        self._queries: dict[str, bool] = {}

    def trouble(self, project: str) -> str:
        """Why the project cannot be read through v2, "" when it can.

        Raises RetryableError: what may pass by itself says nothing about the API.
        """
        try:
            self._first_page(project, "runs")
        except (ConfigError, PayloadError) as error:
            return error.sentence
        return ""

    def milestones_trouble(self, project: str) -> str:
        """Why the project's milestones cannot be read, "" when they can."""
        try:
            self._first_page(project, "milestones")
        except (ConfigError, PayloadError) as error:
            return error.sentence
        return ""

    def runs(self, project: str, is_older: Callable[[Any], bool]) -> Iterator[Any]:
        """Newest first; no filter by time is documented."""
        return self._rows(project, "runs", is_older=is_older)

    def run(self, project: str, run_id: str) -> Any:
        return self._one(project, f"runs/{part(run_id)}")

    def testruns(self, project: str, run_id: str) -> Iterator[Any]:
        return self._rows(project, "testruns", {"run_id": run_id})

    def group(self, project: str, group: str) -> Any:
        return self._one(project, f"rungroups/{part(group)}")

    def milestones(self, project: str) -> Iterator[Any]:
        """Those of every state: without a filter the list leaves none out."""
        try:
            yield from self._rows(project, "milestones")
        except VendorError as error:
            if is_no_route(error):
                raise UnsupportedError(
                    f"{project}: this {LABEL} has no list of milestones."
                ) from None
            raise

    def milestone(self, project: str, milestone_id: str) -> Any:
        return self._one(project, f"milestones/{part(milestone_id)}")

    def suites(self, project: str) -> SuiteTree:
        """All suites: pages of roots with their children inside."""
        tree = SuiteTree()
        waiting: list[tuple[Any, str]] = []
        try:
            for row in self._rows(project, "suites"):
                waiting.append((row, ""))
        except (MissingError, IncompleteListError):
            tree.is_partial = True
            self._note(f"{project}: the suites cannot be read, so folders are partial.")
        while waiting:
            row, parent = waiting.pop()
            try:
                suite, found = suite_of(row)
                tree.add(suite, title_of(found), parent or uid(found.get("parent_id")))
            except RowError as error:
                self._note(f"A suite could not be read: {error}.")
                continue
            children = found.get("children")
            waiting += [
                (c, suite) for c in (children if isinstance(children, list) else ())
            ]
        return tree

    def load_tests(self, project: str, tree: SuiteTree) -> None:
        """Which suite each test lies in."""
        try:
            for row in self._rows(project, "tests"):
                test = flat_or_empty(row)
                suite = uid(test.get("suite_id"))
                if suite:
                    tree.suite_of_test[uid(test.get("id"))] = suite
        except (MissingError, IncompleteListError):
            self._note(f"{project}: the tests cannot be read, so folders are partial.")

    def tests(self, project: str, tree: SuiteTree) -> Iterator[Any]:
        """All tests of the project, each with the id of its suite."""
        yield from self._rows(project, "tests")

    def tests_of_milestone(self, project: str, title: str) -> Iterator[Any]:
        """The tests that are assigned to it, by the vendor's query language.

        A server of old would leave the query unread and answer every test: so it is
        first asked for the tests of a milestone that nobody has.
        """
        if project not in self._queries:
            found = self._first_page(project, "tests", tql=_of_milestone(NOBODYS))
            self._queries[project] = not found.items
        if not self._queries[project]:
            raise UnsupportedError(
                f"{project}: this {LABEL} does not say which tests a milestone has."
            )
        if QUOTES.search(title):
            raise PayloadError(
                f"{project}: a query cannot hold the quotes of {title[:80]}, so its "
                f"tests cannot be asked for. Rename the milestone there."
            )
        yield from self._rows(project, "tests", {"tql": _of_milestone(title)})

    def _first_page(self, project: str, name: str, **query: str) -> Page[int]:
        path = f"{_prefix(project)}/{name}"
        answer = self._access.v2.get(path, {"page": 1, "per_page": 1, **query})
        with envelope(f"{LABEL} {path}"):
            return page_of(answer, 1)

    def _rows(
        self,
        project: str,
        name: str,
        params: Mapping[str, Any] | None = None,
        *,
        is_older: Callable[[Any], bool] = lambda row: False,
    ) -> Iterator[Any]:
        path = f"{_prefix(project)}/{name}"
        try:
            yield from rows(
                self._access.v2, path, params, sizes=PAGE_SIZES, is_older=is_older
            )
        except ConfigError as error:
            raise self._refusal(project, error) from None

    def _one(self, project: str, name: str) -> Any:
        """The object of one answer, None for a 404."""
        path = f"{_prefix(project)}/{name}"
        try:
            answer = self._access.v2.get(path)
        except MissingError:
            return None
        except ConfigError as error:
            raise self._refusal(project, error) from None
        with envelope(f"{LABEL} {path}"):
            return mapping(mapping(answer, "the answer").get("data"), "data")

    def _refusal(self, project: str, error: ConfigError) -> VendorError:
        """A 403 as this project's trouble alone.

        v2 answers it to every read of an archived project, or of one where the key's
        role is read-only, while a wrong key gets 401.
        """
        if not error.answer.startswith("HTTP 403"):
            return error
        self._on_denied(project)
        return PayloadError(
            f"{LABEL} denies API v2 in {project} (403): it is archived, or the key's "
            f"role there is read-only. Set api to auto or classic, or change the role.",
            answer=error.answer,
        )


def _of_milestone(title: str) -> str:
    return f"milestone == '{title}'"


def _prefix(project: str) -> str:
    return f"/api/v2/{part(project)}"
