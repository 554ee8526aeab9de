"""The connector of QA.tech: runs known by id, and each of their tests on its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from ingest.connectors.qatech import rows
from ingest.connectors.qatech.api import KEY, LABEL, Api, client_for
from ingest.connectors.reading import (
    BRANCH_FIELD,
    COMMIT_FIELD,
    TOKEN,
    Lack,
    Reports,
    Titles,
    accepted,
    envelope,
    is_no_route,
    line,
    record,
    setting,
    unproven,
)
from ingest.contract import (
    Capabilities,
    CheckReport,
    ConnectionConfig,
    Field,
    ListedRun,
    MilestoneRecord,
    PayloadError,
    ProjectRecord,
    Reject,
    ResultRecord,
    RunRecord,
    ThreadRecord,
    VendorError,
)
from ingest.http import ApiClient, MissingError
from ingest.parse import Row, identifier, listing, mapping

# So many tests without details, and none with them: the route itself is missing.
MISSING_DETAILS_ENOUGH = 3

PROJECT = Field(
    name="project",
    label="Project",
    help="The project's short id (proj_…); an organisation key needs it.",
)
RUNS = Field(
    name="runs",
    label="Runs",
    help="Short ids or addresses of runs, with commas: QA.tech has no list of runs.",
)
DISCOVER = Field(
    name="discover",
    label="Find runs",
    help="on looks at the last run of each test case, which QA.tech may not tell.",
    default="off",
    choices=("off", "on"),
)


class ConnectorForQatech:
    """QA.tech's REST API v1.

    A run states neither times nor totals: the engine derives its start and end from
    its results.
    """

    vendor: ClassVar[str] = "qatech"
    label: ClassVar[str] = LABEL
    default_base_url: ClassVar[str] = "https://api.qa.tech"
    fields: ClassVar[tuple[Field, ...]] = (
        TOKEN,
        PROJECT,
        KEY,
        RUNS,
        DISCOVER,
        BRANCH_FIELD,
        COMMIT_FIELD,
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        totals=False,
        projects_are_listed=False,
        runs_are_listed=False,
        late_changes_missed=("Runs that nobody named are not seen."),
    )

    def __init__(self, config: ConnectionConfig, client: ApiClient) -> None:
        self._api = Api(client, key=setting(config, KEY))
        self._project = setting(config, PROJECT)
        self._run_ids = run_ids(setting(config, RUNS))
        self._discovers = setting(config, DISCOVER) == "on"
        self._read = rows.RowReader(
            status_map=config.status_map,
            branch_field=setting(config, BRANCH_FIELD),
            commit_field=setting(config, COMMIT_FIELD),
        )
        self._no_details = Lack(config.memory, "no_test_details_since")
        self._details_seen = 0
        self._details_missing = 0
        self._reports = Reports()
        self._notes: list[str] = []

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(config, client_for(config))

    def check(self) -> CheckReport:
        """Ask what this kind of key may see, until one of three routes answers.

        The list of projects and the list of test cases are not everywhere; a run is.
        """
        listed = self._api.projects()
        if listed is not None:
            return accepted(line("Projects", str(len(listed))))
        try:
            if self._run_ids:
                return self._check_by_run(self._run_ids[0])
            self._api.first_test_case(self._project)
        except PayloadError as error:
            return unproven(error.sentence)
        return accepted()

    def projects(self) -> Iterator[ProjectRecord | Reject]:
        """The projects that the vendor lists, else the one that the settings name."""
        listed = self._api.projects()
        if listed is None and self._project:
            yield ProjectRecord(external_id=self._project, name=self._project)
        for row in listed or ():
            yield record(row, "projects", rows.project)

    def milestones(self, project: str) -> Iterator[MilestoneRecord | Reject]:
        yield from ()

    def milestone(
        self, project: str, milestone_id: str
    ) -> MilestoneRecord | Reject | None:
        return None

    def runs(
        self, project: str, *, since: datetime | None = None
    ) -> Iterator[RunRecord | ListedRun | Reject]:
        """The runs that the settings name, then those that discovery finds.

        A run states no time: `since` limits discovery only, by the test's last end.
        """
        for run_id in self._run_ids:
            yield ListedRun(external_id=run_id)
        if self._discovers:
            yield from self._discovered(project, since)

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        try:
            report = self._api.report(project, run_id)
        except MissingError:
            if run_id in self._run_ids:
                self._notes.append(
                    f"QA.tech has no run {run_id}: check its spelling, capitals count."
                )
            return None
        run = record(report, f"run/{run_id}", self._read.run)
        if isinstance(run, RunRecord):
            self._reports.keep(run.external_id, report)
        return run

    def threads(self, project: str, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        yield from ()

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        """The tests of a run, one request each: only there are their times and ids."""
        report: Any = self._reports.take(run.external_id)
        if report is None:
            report = self._api.report(project, run.external_id)
        where = f"run/{run.external_id}/runTestCases"
        with envelope(f"{self.label} {where}"):
            tests = listing(mapping(report, "the answer").get("runTestCases"), where)
        titles = self._read.titles(tests)
        for test in tests:
            yield self._result(project, test, where, titles)

    def notes(self) -> list[str]:
        return list(self._notes)

    def _check_by_run(self, run_id: str) -> CheckReport:
        try:
            self._api.report(self._project, run_id)
        except MissingError:
            return accepted(line(f"Run {run_id}", "not found", "gap"))
        return accepted(line(f"Run {run_id}", "found"))

    def _discovered(self, project: str, since: datetime | None) -> Iterator[ListedRun]:
        found, lack = self._api.last_run_ids(project, since)
        if not found:
            self._notes.append("The test cases of QA.tech name no new run.")
        for run_id in found:
            if run_id not in self._run_ids:
                yield ListedRun(external_id=run_id)
        if lack:
            raise lack

    def _result(
        self, project: str, row: Any, where: str, titles: Titles
    ) -> ResultRecord | Reject:
        detail: Any = {}

        def parse(row: Row) -> ResultRecord:
            nonlocal detail
            detail = self._detail(project, identifier(row, "shortId"))
            return self._read.result(row, mapping(detail, "the detail"), titles)

        found = record(row, where, parse)
        if isinstance(found, Reject) and detail != {}:
            both = {"row": row, "detail": detail}
            return Reject(where=where, reason=found.reason, payload=both)
        return found

    def _detail(self, project: str, test_id: str) -> Any:
        """What only the test's own route tells; {} where it does not answer."""
        if self._no_details.is_known:
            return {}
        try:
            detail = self._api.test_detail(project, test_id)
        except VendorError as error:
            if not is_no_route(error):
                raise
            self._miss_detail()
            return {}
        self._details_seen += 1
        return detail

    def _miss_detail(self) -> None:
        self._details_missing += 1
        if self._details_seen or self._details_missing < MISSING_DETAILS_ENOUGH:
            return
        self._no_details.remember()
        self._notes.append(
            "This QA.tech has no details of tests: times and error codes are unknown, "
            "and tests are told apart by name."
        )


def run_ids(text: str) -> tuple[str, ...]:
    """Short ids from a setting; the address of a run's page ends in its id."""
    entries = [entry.rstrip("/") for entry in re.split(r"[,\s]+", text)]
    ids = (entry.rsplit("/", 1)[-1] for entry in entries)
    return tuple(dict.fromkeys(run_id for run_id in ids if run_id))
