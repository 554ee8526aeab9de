"""The connector of Testmo: which address gives what, and the check of a connection."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from ingest.connectors.reading import (
    BRANCH_FIELD,
    COMMIT_FIELD,
    envelope,
    part,
    record,
    secret,
    setting,
)
from ingest.connectors.testmo.api import PREFIX, Api
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
    MilestoneRecord,
    PayloadError,
    ProjectRecord,
    Reject,
    ResultRecord,
    RunKind,
    RunRecord,
    ThreadRecord,
)
from ingest.http import ApiClient, api_base
from ingest.parse import Row, identifier, mapping, optional_text, required_text

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


class ConnectorForTestmo:
    """Testmo, read over its API v1."""

    vendor: ClassVar[str] = "testmo"
    label: ClassVar[str] = "Testmo"
    default_base_url: ClassVar[str] = ""
    fields: ClassVar[tuple[Field, ...]] = (
        TOKEN,
        BRANCH_FIELD,
        COMMIT_FIELD,
        MANUAL_UNIT,
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True,
        milestones=True,
        messages=False,
        late_changes_missed=(
            "Testmo filters runs by the time of their creation only: what changes in "
            "a finished run (tests added, another milestone, a closed manual run "
            "reopened, a run deleted) is seen by a full sync."
        ),
    )
    # Row status 1, "neutral", means that Testmo does not say: nothing to be mapped.
    quiet_statuses: ClassVar[frozenset[str]] = frozenset({"1"})

    def __init__(self, config: ConnectionConfig) -> None:
        token = secret(config, TOKEN)
        unit = setting(config, MANUAL_UNIT)
        client = ApiClient(
            api_base(config.base_url, PREFIX),
            label=self.label,
            headers={"Authorization": f"Bearer {token}"},
            secrets=[token],
            allow_private_urls=config.allow_private_urls,
        )
        self._api = Api(client)
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

    def runs(
        self,
        project: str,
        *,
        since: datetime | None = None,
        settled: Container[str] = (),
    ) -> Iterator[RunRecord | Reject]:
        """Automation runs, newest first, then manual runs, newest first."""
        yield from self._automation.list(project, since)
        yield from self._manual.list(project, since)

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
        found = self._any_run(projects)
        if found is None:
            later = "not known before the first automation run"
            return CheckItem(label=label, value=later, state="gap")
        if self._probe.ask(*found):
            return CheckItem(label=label, value="yes")
        return CheckItem(label=label, value="no, totals of a run only", state="gap")

    def _any_run(self, projects: list[dict[str, Any]]) -> tuple[str, str] | None:
        """Project and id of some automation run of the first projects that have any."""
        filled = [row for row in projects if row.get("automation_run_count") != 0]
        for project in filled[:PROJECTS_PROBED]:
            project_id = str(project.get("id"))
            path = f"/projects/{part(project_id)}/automation/runs"
            for row, _ in self._api.page(path, {"page": 1, "per_page": 15}).items:
                if isinstance(row, dict) and isinstance(row.get("id"), int):
                    return project_id, str(row["id"])
        return None


def parse_project(row: Row) -> ProjectRecord:
    return ProjectRecord(
        external_id=identifier(row, "id"), name=required_text(row, "name")
    )
