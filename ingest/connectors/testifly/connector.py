"""The connector of Testifly: jobs lead to runs, and a run's report holds its tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
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
    secret,
    setting,
    unproven,
)
from ingest.connectors.testifly.jobs import Job, JobMemory, Jobs
from ingest.connectors.testifly.rows import RowReader
from ingest.contract import (
    Capabilities,
    CheckReport,
    ConfigError,
    ConnectionConfig,
    Field,
    MilestoneRecord,
    ProjectRecord,
    Reject,
    ResultRecord,
    RunRecord,
    ThreadRecord,
)
from ingest.http import ApiClient, MissingError, api_base
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
    label: ClassVar[str] = "Testifly"
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
        late_changes_missed=(
            "Runs are found through the jobs of the last month only, and a completed "
            "run is read again by a full sync only."
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
        self._noted: Counter[tuple[str, str]] = Counter()

    @classmethod
    def connect(cls, config: ConnectionConfig) -> Self:
        token = secret(config, TOKEN)
        client = ApiClient(
            api_base(config.base_url, "/api"),
            label=cls.label,
            headers={"x-api-key": token},
            secrets=[token],
            allow_private_urls=config.allow_private_urls,
            # A report holds all tests of a run: no other route does, and no pages.
            large_list="tests",
        )
        return cls(config, client)

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

    def runs(
        self,
        project: str,
        *,
        since: datetime | None = None,
        settled: Container[str] = (),
    ) -> Iterator[RunRecord | Reject]:
        """The runs behind the listed jobs, the latest changed first, then the others'.

        `since` applies to a job's last change, the only time that it has; a run that
        grows after that is open, and asked again by id.
        """
        memory = JobMemory(self._memory, project)
        found: set[str] = set()
        for job in self._jobs(project, memory):
            if isinstance(job, Reject):
                yield job
                continue
            has_run = self._has_run(job, memory, since)
            if has_run and job.run_id not in settled and job.run_id not in found:
                found.add(job.run_id)
                yield from self._run_of(project, job, memory)
            if job.run_id or job.is_ended:
                # Not sooner: had its report failed, the job must be asked again.
                memory.waiting.pop(job.job_id, None)
        self._noted[NEVER_STARTED] = memory.never_started()

    def run(self, project: str, run_id: str) -> RunRecord | Reject | None:
        memory = JobMemory(self._memory, project)
        report = self._report(project, run_id)
        run = self._record(report, run_id, job_is_ended=False)
        job_id = memory.of_open_runs.get(run_id)
        if isinstance(run, RunRecord) and run.is_open and job_id:
            # No word of a run that broke off is documented, but its job's words are.
            is_ended = self._job_is_ended(project, str(job_id))
            run = self._record(report, run_id, job_is_ended=is_ended)
        if run is None or (isinstance(run, RunRecord) and not run.is_open):
            memory.of_open_runs.pop(run_id, None)
        return run

    def threads(self, project: str, run: RunRecord) -> Iterator[ThreadRecord | Reject]:
        yield from ()

    def results(self, project: str, run: RunRecord) -> Iterator[ResultRecord | Reject]:
        """The tests of a report; the same title again is another attempt."""
        report: Any = self._reports.take(run.external_id)
        if report is None:
            report = self._client.get(_report_path(project, run.external_id))
        where = f"testRun/{run.external_id}/tests"
        with envelope(f"{self.label} {where}"):
            rows = listing(mapping(report, "the answer").get("tests"), "tests")
        for row in rows:
            yield record(row, where, self._read.result)

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

    def _run_of(
        self, project: str, job: Job, memory: JobMemory
    ) -> Iterator[RunRecord | Reject]:
        report = self._report(project, job.run_id)
        run = self._record(report, job.run_id, job_is_ended=job.is_ended)
        memory.of_open_runs.pop(job.run_id, None)
        if run is None:
            self._noted[NO_REPORT] += 1
            return
        if isinstance(run, RunRecord) and run.is_open:
            memory.of_open_runs[job.run_id] = job.job_id
        yield run

    def _report(self, project: str, run_id: str) -> Any:
        """The report of a run, None where there is none."""
        try:
            return self._client.get(_report_path(project, run_id))
        except MissingError:
            return None

    def _record(
        self, report: Any, run_id: str, *, job_is_ended: bool
    ) -> RunRecord | Reject | None:
        if report is None:
            return None
        parse = partial(self._read.run, run_id=run_id, job_is_ended=job_is_ended)
        run = record(report, f"testRun/{run_id}", parse)
        if isinstance(run, RunRecord):
            self._reports.keep(run_id, report)
        return run

    def _job_is_ended(self, project: str, job_id: str) -> bool:
        """Whether a job is over; one that Testifly forgot adds nothing any more."""
        for found, gone in Jobs(self._client, project).named([job_id]):
            ended = [job.is_ended for job in found if isinstance(job, Job)]
            return all(ended) if ended else job_id in gone
        return False


def _report_path(project: str, run_id: str) -> str:
    return f"/testRun/{part(project)}/{part(run_id)}"
