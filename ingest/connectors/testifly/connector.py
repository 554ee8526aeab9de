"""The connector of Testifly: jobs lead to runs, and a run's report holds its tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

from ingest.connectors.reading import (
    BRANCH_FIELD,
    COMMIT_FIELD,
    TOKEN,
    Reports,
    accepted,
    envelope,
    line,
    part,
    record,
    setting,
    unproven,
)
from ingest.connectors.testifly.jobs import (
    FORGOTTEN,
    FORGOTTEN_AFTER,
    LABEL,
    Job,
    JobMemory,
    Jobs,
    client_for,
)
from ingest.connectors.testifly.rows import RowReader
from ingest.contract import (
    Capabilities,
    CheckReport,
    ConfigError,
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
)
from ingest.http import ApiClient, MissingError
from ingest.parse import listing, mapping

PROJECT = Field(
    name="project",
    label="Project",
    help="The project's id as in its address; each API key belongs to one project.",
)
DURATION_UNIT = Field(
    name="duration_unit",
    label="Unit of duration",
    help="Testifly does not document it; its examples are plausible as milliseconds.",
    default="milliseconds",
    choices=("milliseconds", "seconds"),
)
UNIT_MS = {"milliseconds": 1.0, "seconds": 1000.0}

NEVER_STARTED = ("job never started", "jobs never started")
NO_RUN = ("job ended without a run", "jobs ended without a run")
GONE = (
    "waiting job is no longer known to Testifly",
    "waiting jobs are no longer known to Testifly",
)
NO_REPORT = ("run has no report at Testifly", "runs have no report at Testifly")


class ConnectorForTestifly:
    """Testifly's Test Execution API.

    A run states no end: the engine derives it from its results.
    """

    vendor: ClassVar[str] = "testifly"
    label: ClassVar[str] = LABEL
    default_base_url: ClassVar[str] = "https://testifly.dev"
    fields: ClassVar[tuple[Field, ...]] = (
        TOKEN,
        PROJECT,
        DURATION_UNIT,
        BRANCH_FIELD,
        COMMIT_FIELD,
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        projects_are_listed=False,
        listed_for=FORGOTTEN_AFTER,
        late_changes_missed=(
            "Runs are found through the jobs of the last month only: what changes in an "
            "older one, or without its job, is seen by a full sync only."
        ),
    )

    def __init__(self, config: ConnectionConfig, client: ApiClient) -> None:
        self._client = client
        self._memory = config.memory
        self._project = setting(config, PROJECT)
        self._read = RowReader(
            duration_unit_ms=UNIT_MS[setting(config, DURATION_UNIT)],
            status_map=config.status_map,
            branch_field=setting(config, BRANCH_FIELD),
            commit_field=setting(config, COMMIT_FIELD),
        )
        self._reports = Reports()
        self._listed: dict[str, Job] = {}
        self._noted: Counter[tuple[str, str]] = Counter()

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        return cls(config, client_for(config))

    def check(self) -> CheckReport:
        """Ask for the project's jobs: no route does without a project."""
        if not self._project:
            return unproven("no project is named")
        try:
            jobs = Jobs(self._client, self._project).listed()
        except MissingError as error:
            raise ConfigError(
                f"Testifly has no project {self._project}. Check the project's id and "
                f"the address.",
                answer=error.answer,
            ) from None
        return accepted(line("Jobs of the last month", str(len(jobs))))

    def projects(self) -> Iterator[ProjectRecord | Reject]:
        """The one project that the settings name: the vendor lists none."""
        if self._project:
            yield ProjectRecord(external_id=self._project, name=self._project)

    def milestones(self, project: str) -> Iterator[MilestoneRecord | Reject]:
        yield from ()

    def milestone(
        self, project: str, milestone_id: str
    ) -> MilestoneRecord | Reject | None:
        return None

    def runs(
        self, project: str, *, since: datetime | None = None
    ) -> Iterator[RunRecord | ListedRun | Reject]:
        """The runs behind the listed jobs, the latest changed first, then the others'.

        `since` applies to a job's last change, the only time that it has.
        """
        memory = JobMemory(self._memory, project)
        met: set[str] = set()
        for job in self._jobs(project, memory):
            if isinstance(job, Reject):
                yield job
                continue
            if self._has_run(job, memory, since) and job.run_id not in met:
                met.add(job.run_id)
                self._listed[job.run_id] = job
                yield ListedRun(external_id=job.run_id, version=job.version)
            if job.run_id or job.is_ended:
                memory.waiting.pop(job.job_id, None)
        self._noted[NEVER_STARTED] = memory.never_started()

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        memory = JobMemory(self._memory, project)
        job = self._listed.get(run_id)
        report = self._report(project, run_id)
        run = self._record(report, run_id, job)
        job_id = str(memory.of_open_runs.get(run_id, ""))
        if isinstance(run, RunRecord) and run.is_open and job is None and job_id:
            # No word of a run that broke off is documented, but its job's words are.
            run = self._record(report, run_id, self._job(project, job_id, run_id))
        if run is None:
            self._noted[NO_REPORT] += job is not None
        if isinstance(run, RunRecord) and run.is_open and job is not None:
            memory.of_open_runs[run_id] = job.job_id
        elif not isinstance(run, RunRecord) or not run.is_open:
            memory.of_open_runs.pop(run_id, None)
        return run

    def threads(self, project: str, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        yield from ()

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        """The tests of a report; the same title with the same id is another attempt."""
        report: Any = self._reports.take(run.external_id)
        if report is None:
            report = self._client.get(_report_path(project, run.external_id))
        where = f"testRun/{run.external_id}/tests"
        with envelope(f"{self.label} {where}"):
            rows = listing(mapping(report, "the answer").get("tests"), "tests")
        parse = partial(self._read.result, titles=self._read.titles(rows))
        for row in rows:
            yield record(row, where, parse)

    def notes(self) -> list[str]:
        return [
            f"{count} {one if count == 1 else many}"
            for (one, many), count in self._noted.items()
            if count
        ]

    def _jobs(self, project: str, memory: JobMemory) -> Iterator[Job | Reject]:
        """The listed jobs, then those that wait for a run and are not listed."""
        jobs = Jobs(self._client, project)
        listed = jobs.listed()
        yield from listed
        seen = {job.job_id for job in listed if isinstance(job, Job)}
        for found, gone in jobs.named(memory.unlisted(seen)):
            yield from found
            for job_id in gone:
                self._noted[GONE] += memory.waiting.pop(job_id, None) is not None

    def _has_run(self, job: Job, memory: JobMemory, since: datetime | None) -> bool:
        """Whether a job leads to a run worth reading; one without a run is remembered."""
        if not job.run_id and not job.is_ended:
            memory.wait(job)
            return False
        is_news = job.job_id in memory.waiting or not job.is_older_than(since)
        if not job.run_id:
            # It would be told with each sync of the month otherwise.
            self._noted[NO_RUN] += is_news
        return bool(job.run_id) and is_news

    def _report(self, project: str, run_id: str) -> Any:
        """The report of a run, None where there is none."""
        try:
            report = self._client.get(_report_path(project, run_id))
        except MissingError:
            return None
        if report is None:
            raise PayloadError(f"Testifly answered run {run_id} with nothing.")
        return report

    def _record(
        self, report: Any, run_id: str, job: Job | None
    ) -> RunRecord | Reject | None:
        if report is None:
            return None
        is_ended = job is not None and job.is_ended
        parse = partial(self._read.run, run_id=run_id, job_is_ended=is_ended)
        run = record(report, f"testRun/{run_id}", parse)
        if not isinstance(run, RunRecord):
            return run
        self._reports.keep(run_id, report)
        return replace(run, version=job.version) if job else run

    def _job(self, project: str, job_id: str, run_id: str) -> Job | None:
        """A job that the list may not hold; one that Testifly forgot is over."""
        for known, gone in Jobs(self._client, project).named([job_id]):
            for job in known:
                if isinstance(job, Job):
                    return job
            if job_id in gone:
                return Job(
                    job_id=job_id, status=FORGOTTEN, updated_at=None, run_id=run_id
                )
        return None


def _report_path(project: str, run_id: str) -> str:
    return f"/testRun/{part(project)}/{part(run_id)}"
