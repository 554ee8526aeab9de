"""The connector of Testmo: which address gives what, and the check of a connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from ingest.connectors.reading import (
    BRANCH_FIELD,
    COMMIT_FIELD,
    RELAY_FIELD,
    envelope,
    part,
    record,
    setting,
)
from ingest.connectors.testmo.api import LABEL, Api, client_for
from ingest.connectors.testmo.automation import AutomationRuns
from ingest.connectors.testmo.manual import ELAPSED_UNITS_MS, ManualRuns
from ingest.connectors.testmo.manual import PREFIX as MANUAL
from ingest.connectors.testmo.milestones import Milestones
from ingest.connectors.testmo.probe import RowsProbe
from ingest.contract import (
    Capabilities,
    CheckItem,
    CheckReport,
    ConfigError,
    ConnectionConfig,
    Field,
    IncompleteListError,
    ListedRun,
    MilestoneRecord,
    PayloadError,
    ProjectRecord,
    Reject,
    ResultRecord,
    RetryableError,
    RunKind,
    RunRecord,
    ThreadRecord,
)
from ingest.parse import Row, identifier, mapping, optional_text
from ingest.side_fields import SideFields

TOKEN = Field(
    name="token",
    label="API token",
    help="From your profile in Testmo, or of an API user.",
    is_secret=True,
    is_required=True,
)
MANUAL_UNIT = Field(
    name="manual_elapsed_unit",
    label="Unit of elapsed times in manual runs",
    help="Testmo does not document it; without it these durations stay unknown.",
    default="unknown",
    choices=("unknown", *ELAPSED_UNITS_MS),
)
PROJECTS_PROBED = 5
RUNS_PROBED = 5


class ConnectorForTestmo:
    """Testmo, read over its API v1."""

    vendor: ClassVar[str] = "testmo"
    label: ClassVar[str] = LABEL
    default_base_url: ClassVar[str] = ""
    fields: ClassVar[tuple[Field, ...]] = (
        TOKEN,
        BRANCH_FIELD,
        COMMIT_FIELD,
        RELAY_FIELD,
        MANUAL_UNIT,
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True,
        milestones=True,
        messages=False,
        late_changes_missed=(
            "In a finished run two results that change places, or another message, "
            "leave Testmo's totals as they are: a full sync sees them."
        ),
    )
    # Row status 1, "neutral", means that Testmo does not say: nothing to be mapped.
    quiet_statuses: ClassVar[frozenset[str]] = frozenset({"1"})

    def __init__(self, config: ConnectionConfig) -> None:
        unit = setting(config, MANUAL_UNIT)
        self._api = Api(client_for(config))
        self._probe = RowsProbe(self._api, config.memory)
        self._milestones = Milestones(self._api)
        self._automation = AutomationRuns(
            self._api,
            self._probe,
            self._milestones,
            fields={
                "branch": setting(config, BRANCH_FIELD),
                "commit": setting(config, COMMIT_FIELD),
            },
            mapped=config.status_map,
        )
        self._manual = ManualRuns(
            self._api, unit_ms=ELAPSED_UNITS_MS.get(unit), mapped=config.status_map
        )

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(config)

    def check(self) -> CheckReport:
        try:
            user = self._user()
        except PayloadError as error:
            raise ConfigError(
                f"There is no Testmo API at {self._api.client.base_url}: "
                f"{error.sentence} Enter the address of your Testmo.",
                answer=error.answer,
            ) from None
        first = self._api.page("/projects", {"page": 1, "per_page": 100})
        projects = [row for row, _ in first.items if isinstance(row, dict)]
        count = len(projects) if first.total is None else first.total
        return CheckReport(
            items=(
                CheckItem(label="Signed in as", value=user),
                CheckItem(
                    label="Projects",
                    value=str(count),
                    state="ok" if count else "gap",
                ),
                self._rows_item(projects),
            )
        )

    def projects(self) -> Iterator[ProjectRecord | Reject]:
        rows = self._api.rows("/projects")
        for number, (row, _) in enumerate(rows, start=1):
            yield record(row, f"projects row {number}", parse_project)

    def milestones(self, project: str) -> Iterator[MilestoneRecord | Reject]:
        return self._milestones.read(project)

    def milestone(
        self, project: str, milestone_id: str
    ) -> MilestoneRecord | Reject | None:
        return self._milestones.one(milestone_id)

    def runs(
        self, project: str, *, since: datetime | None = None
    ) -> Iterator[RunRecord | ListedRun | Reject]:
        """Automation runs, newest first, then manual runs, newest first."""
        lacks: list[IncompleteListError] = []
        for runs in (self._automation.list, self._manual.list):
            try:
                yield from runs(project, since)
            except IncompleteListError as lack:
                lacks.append(lack)
        if lacks:
            raise lacks[0]

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        if run_id.startswith(MANUAL):
            return self._manual.one(run_id)
        return self._automation.one(project, run_id)

    def threads(self, project: str, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        if run.kind is RunKind.AUTOMATED:
            yield from self._automation.threads(run)

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        if run.kind is RunKind.MANUAL:
            return self._manual.results(project, run)
        return self._automation.results(project, run)

    def notes(self) -> list[str]:
        return list(self._manual.notes)

    def _user(self) -> str:
        """The name of the token's owner; this one answer has no `result` around it."""
        answer = self._api.client.get("/user")
        with envelope("GET /user"):
            user = mapping(answer, "the answer")
            return optional_text(user, "name") or identifier(user, "id")

    def _rows_item(self, projects: list[dict[str, Any]]) -> CheckItem:
        label = "Results per test"
        for project, run_id in self._some_runs(projects):
            try:
                if self._probe.ask(project, run_id):
                    return CheckItem(label=label, value="yes")
            except (PayloadError, RetryableError):
                # This run is broken; the next one may tell.
                continue
            return CheckItem(label=label, value="no, totals of a run only", state="gap")
        later = "not known before the first automation run"
        return CheckItem(label=label, value=later, state="gap")

    def _some_runs(self, projects: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
        """Project and id of some automation runs of the first projects that have any."""
        filled = [row for row in projects if row.get("automation_run_count") != 0]
        for project in filled[:PROJECTS_PROBED]:
            project_id = str(project.get("id"))
            path = f"/projects/{part(project_id)}/automation/runs"
            first = self._api.page(path, {"page": 1, "per_page": 15}).items
            for row, _ in first[:RUNS_PROBED]:
                if isinstance(row, dict) and isinstance(row.get("id"), int):
                    yield project_id, str(row["id"])


def parse_project(row: Row) -> ProjectRecord:
    project_id = identifier(row, "id")
    name = SideFields(row).name("name", f"Project {project_id}")
    return ProjectRecord(external_id=project_id, name=name)
