"""Testably over its documented REST API: runs, results and milestones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from ingest.connectors.reading import (
    BRANCH_FIELD,
    COMMIT_FIELD,
    RELAY_FIELD,
    TOKEN,
    Lack,
    accepted,
    envelope,
    identity,
    is_no_route,
    line,
    part,
    record,
    secret,
    setting,
)
from ingest.connectors.testably import rows
from ingest.contract import (
    Capabilities,
    CaseRecord,
    CheckReport,
    ConnectionConfig,
    Field,
    ListedRun,
    MilestoneRecord,
    ProjectRecord,
    Reject,
    ResultRecord,
    RunRecord,
    ThreadRecord,
    VendorError,
)
from ingest.http import (
    ApiClient,
    MissingError,
    Page,
    UnsupportedError,
    api_base,
    follow,
)
from ingest.parse import (
    Row,
    RowError,
    listing,
    mapping,
    whole_number,
)

# A list that seems to lack rows is read again with other borders between its pages.
PAGE_SIZES = (100, 50, 25)
LABEL = "Testably"
PREFIX = "/v1"
# The vendor's bucket refills one request a second; its own client waits 5 s after a
# 429 that names no time.
PAUSE_S = 5.0

ELAPSED_UNIT = Field(
    name="elapsed_unit",
    label="Unit of elapsed",
    help="Seconds by Testably's documentation; its CI reporters send milliseconds.",
    default="seconds",
    choices=("seconds", "milliseconds"),
)
UNIT_MS = {"seconds": 1000.0, "milliseconds": 1.0}


def client_for(config: ConnectionConfig, *, prefix: str = PREFIX) -> ApiClient:
    """A client of what lies below `prefix`, by an address with or without PREFIX."""
    token = secret(config, TOKEN)
    origin = api_base(config.base_url, PREFIX).removesuffix(PREFIX)
    return ApiClient(
        origin + prefix,
        label=LABEL,
        headers={"Authorization": f"Bearer {token}"},
        secrets=[token],
        allow_private_urls=config.allow_private_urls,
        pause_s=PAUSE_S,
        # A hundred notes on a page may be megabytes each.
        large_list="data",
    )


class ConnectorForTestably:
    """Testably; see the fact sheet in docs/vendors.md for what is documented."""

    vendor: ClassVar[str] = "testably"
    label: ClassVar[str] = LABEL
    default_base_url: ClassVar[str] = "https://api.testably.app"
    fields: ClassVar[tuple[Field, ...]] = (
        TOKEN,
        ELAPSED_UNIT,
        BRANCH_FIELD,
        COMMIT_FIELD,
        RELAY_FIELD,
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        milestones=True,
        cases=True,
        late_changes_missed=(
            "In a closed run two results that change places leave Testably's totals as "
            "they are: a full sync sees them."
        ),
    )

    def __init__(self, config: ConnectionConfig, client: ApiClient) -> None:
        self._client = client
        self._read = rows.RowReader(
            elapsed_unit_ms=UNIT_MS[setting(config, ELAPSED_UNIT)],
            status_map=config.status_map,
            branch_field=setting(config, BRANCH_FIELD),
            commit_field=setting(config, COMMIT_FIELD),
        )
        self._no_results_route = Lack(config.memory, "no_results_route_since")
        self._results_route_answered = False
        self._notes: list[str] = []

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(config, client_for(config))

    def check(self) -> CheckReport:
        page = self._page("/projects", 1)
        seen = page.total or 0
        return accepted(line("Projects", str(seen), "ok" if seen else "gap"))

    def projects(self) -> Iterator[ProjectRecord | Reject]:
        for row in self._rows("/projects"):
            yield record(rows.unwrapped(row), "projects", rows.project)

    def milestones(self, project: str) -> Iterator[MilestoneRecord | Reject]:
        path = f"/projects/{part(project)}/milestones"
        try:
            first = self._page(path, 1)
        except VendorError as error:
            if is_no_route(error):
                raise UnsupportedError(
                    "This Testably has no list of milestones."
                ) from None
            raise
        for row in self._rows(path, first=first):
            yield record(rows.unwrapped(row), path, rows.milestone)

    def milestone(
        self, project: str, milestone_id: str
    ) -> MilestoneRecord | Reject | None:
        path = f"/projects/{part(project)}/milestones/{part(milestone_id)}"
        try:
            answer = self._client.get(path)
        except MissingError:
            return None
        return record(rows.unwrapped(answer), path, rows.milestone)

    def runs(
        self, project: str, *, since: datetime | None = None
    ) -> Iterator[RunRecord | ListedRun | Reject]:
        """Newest first; nothing but the order lets us stop before the last page."""
        path = f"/projects/{part(project)}/runs"

        def is_older(row: Any) -> bool:
            created_at = rows.created_at(row)
            return bool(since and created_at and created_at < since)

        for row in self._rows(path, is_older):
            if not is_older(row):
                yield record(rows.unwrapped(row), path, self._read.run)

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        path = f"/projects/{part(project)}/runs/{part(run_id)}"
        try:
            answer = self._client.get(path)
        except MissingError:
            return None
        return record(rows.unwrapped(answer), path, self._read.run)

    def threads(self, project: str, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        yield from ()

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        where = f"runs/{run.external_id}/results"
        for row in self._result_rows(project, run.external_id):
            yield record(row, where, self._read.result)

    def cases(self, project: str) -> Iterator[CaseRecord | Reject]:
        path = f"/projects/{part(project)}/test-cases"
        try:
            first = self._page(path, 1)
        except VendorError as error:
            if is_no_route(error):
                raise UnsupportedError(
                    "This Testably has no list of test cases."
                ) from None
            raise
        for row in self._rows(path, first=first):
            yield record(rows.unwrapped(row), path, rows.case)

    def milestone_cases(
        self, project: str, milestone: MilestoneRecord
    ) -> Iterator[str | Reject]:
        raise UnsupportedError("Testably links runs to milestones, and no tests.")

    def notes(self) -> list[str]:
        return list(self._notes)

    def _result_rows(self, project: str, run_id: str) -> Iterator[Any]:
        """The paged list where the vendor has it, else what the run's detail embeds."""
        if self._no_results_route.is_known:
            return self._embedded(project, run_id)
        path = f"/runs/{part(run_id)}/results"
        try:
            first = self._page(path, 1)
        except VendorError as error:
            if not is_no_route(error):
                raise
            return self._without_route(project, run_id)
        self._results_route_answered = True
        self._no_results_route.forget()
        return self._rows(path, first=first)

    def _without_route(self, project: str, run_id: str) -> Iterator[Any]:
        """The detail's rows; that it answers proves that the route lacks, not the run."""
        rows = self._embedded(project, run_id)
        if not self._results_route_answered:
            self._no_results_route.remember()
        return rows

    def _embedded(self, project: str, run_id: str) -> Iterator[Any]:
        path = f"/projects/{part(project)}/runs/{part(run_id)}"
        with envelope(f"{self.label} {path}"):
            run = mapping(rows.unwrapped(self._client.get(path)), "the run")
            found = listing(run.get("results"), "results")
        self._compare_with_total(run, found)
        # Nobody says whether the same row may come twice; follow() drops the second.
        page: Page[int] = Page(found, None)
        return follow(lambda *_: page, 1, identity=identity("id"), where=path)

    def _compare_with_total(self, run: Row, found: list[Any]) -> None:
        total = run.get("total")
        if isinstance(total, int) and len(found) < total:
            self._notes.append(
                f"Run {run.get('id')}: {len(found)} of {total} results could be read, "
                f"because this Testably has no list of results."
            )

    def _rows(
        self,
        path: str,
        is_older: Callable[[Any], bool] = lambda row: False,
        *,
        first: Page[int] | None = None,
    ) -> Iterator[Any]:
        """All rows of a list, up to the first page that holds older rows only."""

        def fetch(number: int, reading: int) -> Page[int]:
            if first is not None and (number, reading) == (1, 0):
                return first
            return self._page(path, number, PAGE_SIZES[reading])

        where = f"{self.label} {path}"
        return follow(fetch, 1, identity=identity("id"), where=where, is_past=is_older)

    def _page(self, path: str, number: int, per_page: int = PAGE_SIZES[0]) -> Page[int]:
        answer = self._client.get(path, {"page": number, "per_page": per_page})
        with envelope(f"{self.label} {path}"):
            return _page(mapping(answer, "the answer"), number)


def _page(answer: Row, number: int) -> Page[int]:
    """One page of a list; only `meta` says whether another follows, and is doubted
    where the page is full."""
    items = listing(answer.get("data"), "data")
    meta = mapping(answer.get("meta"), "meta")
    total = whole_number(meta, "total")
    page, per_page = whole_number(meta, "page"), whole_number(meta, "per_page")
    if per_page < 1:
        raise RowError(f"per_page is {per_page}, not a size")
    if page != number:
        raise RowError(f"page {page} came when page {number} was asked for")
    if items and page * per_page < total:
        return Page(items, page + 1, total)
    return Page(items, None, total, page + 1 if len(items) >= per_page else None)
