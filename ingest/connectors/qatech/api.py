"""QA.tech's REST API v1: its routes, and the project that some keys must name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ingest.connectors.qatech.rows import last_run
from ingest.connectors.reading import (
    TOKEN,
    envelope,
    identity,
    is_no_route,
    part,
    secret,
)
from ingest.contract import (
    ConfigError,
    ConnectionConfig,
    Field,
    IncompleteListError,
    PayloadError,
    RetryableError,
    VendorError,
)
from ingest.http import ApiClient, Page, api_base, follow
from ingest.parse import Row, RowError, listing, mapping, whole_number

LABEL = "QA.tech"
CASES_PAGE_SIZES = (1000, 500, 250)
PROJECT_ID = re.compile(r"proj(-.+_.+|_.+)")
KEY = Field(
    name="key",
    label="Kind of key",
    help="auto names the project in each request when its id begins with proj.",
    default="auto",
    choices=("auto", "project", "organisation"),
)


def client_for(config: ConnectionConfig) -> ApiClient:
    token = secret(config, TOKEN)
    return ApiClient(
        api_base(config.base_url, "/v1"),
        label=LABEL,
        headers={"Authorization": f"Bearer {token}"},
        secrets=[token],
        allow_private_urls=config.allow_private_urls,
        # A run holds all of its tests with what was said of them.
        large_list="runTestCases",
    )


class Api:
    """One key's view; `key` is "project", "organisation" or "auto".

    Organisation keys must name the project in each request, project keys may name
    their own: "auto" names it whenever it looks like a project's short id.
    """

    def __init__(self, client: ApiClient, *, key: str) -> None:
        self._client = client
        self._key = key

    def report(self, project: str, run_id: str) -> Any:
        """A run with its tests: without `testCases` the vendor sends none of them."""
        return self._get(f"/run/{part(run_id)}", project, {"testCases": "all"})

    def test_detail(self, project: str, test_id: str) -> Any:
        return self._get(f"/run-test-case/{part(test_id)}", project)

    def first_test_case(self, project: str) -> None:
        """The smallest read that the key of a project may make."""
        self._get("/test-cases", project, {"limit": 1})

    def projects(self) -> list[Any] | None:
        """The rows of the list of projects, None where this key gets no such list."""
        try:
            answer = self._get("/projects", "")
        except ConfigError as error:
            # 403 is also what a project key may get for asking beyond its project.
            if not error.answer.startswith("HTTP 403") or self._key == "organisation":
                raise
            return None
        except VendorError as error:
            if is_no_route(error) or error.answer.startswith("HTTP 400"):
                return None
            raise
        with envelope("QA.tech projects"):
            return listing(mapping(answer, "the answer").get("projects"), "projects")

    def last_run_ids(
        self, project: str, since: datetime | None
    ) -> tuple[list[str], IncompleteListError | None]:
        """Ids of the test cases' last runs that ended at or after `since`, or run still.

        Newest first, with what to raise behind them. No other route tells any id of a
        run.
        """
        ended_at: dict[str, float] = {}
        lack: IncompleteListError | None = None
        try:
            for row in self._test_cases(project):
                run_id, completed_at = last_run(row)
                if run_id and not (since and completed_at and completed_at < since):
                    end = completed_at.timestamp() if completed_at else float("inf")
                    ended_at[run_id] = max(end, ended_at.get(run_id, end))
        except IncompleteListError as found:
            lack = found
        return sorted(ended_at, key=lambda run_id: -ended_at[run_id]), lack

    def _test_cases(self, project: str) -> Iterator[Any]:
        def fetch(offset: int, reading: int) -> Page[int]:
            params = {"limit": CASES_PAGE_SIZES[reading], "offset": offset}
            answer = self._get("/test-cases", project, params)
            with envelope("QA.tech test-cases"):
                return _cases_page(mapping(answer, "the answer"), offset)

        return follow(fetch, 0, identity=identity("id"), where="QA.tech test-cases")

    def _get(
        self, path: str, project: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return self._client.get(
                path, {**(params or {}), **scope(project, key=self._key)}
            )
        except PayloadError as error:
            if not error.answer.startswith("HTTP 402"):
                raise
            raise RetryableError(
                "QA.tech says that the plan's usage limit is reached (402). Raise it "
                "at QA.tech or wait; each next sync tries again.",
                answer=error.answer,
            ) from None


def scope(project: str, *, key: str) -> dict[str, str]:
    """What names the project in a request with such a key; raises ConfigError."""
    if key == "project" or not project:
        return {}
    if PROJECT_ID.fullmatch(project):
        return {"projectShortId": project}
    if key == "organisation":
        raise ConfigError(
            f"{project!r} is not a project of QA.tech. Name it by its short id, "
            f"such as proj_abc123."
        )
    return {}


def _cases_page(answer: Row, offset: int) -> Page[int]:
    """One page of test cases; rows are counted, as the vendor may cap `limit`."""
    items = listing(answer.get("testCases"), "testCases")
    total, came_from = whole_number(answer, "total"), whole_number(answer, "offset")
    if came_from != offset:
        raise RowError(f"offset {came_from} came when {offset} was asked for")
    reached = offset + len(items)
    if items and reached < total:
        return Page(items, reached, total)
    limit = answer.get("limit")
    is_full = isinstance(limit, int) and 0 < limit <= len(items)
    return Page(items, None, total, reached if is_full else None)
