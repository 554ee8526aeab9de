"""Testifly's jobs: the orders to execute tests, through which runs are found."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.connectors.reading import (
    TOKEN,
    envelope,
    now,
    part,
    record,
    remembered_time,
    secret,
)
from ingest.contract import ConnectionConfig, PayloadError, Reject
from ingest.http import ApiClient, api_base
from ingest.parse import (
    Row,
    flag,
    identifier,
    listing,
    mapping,
    optional_identifier,
    required_text,
)
from ingest.side_fields import SideFields

LABEL = "Testifly"
JOBS_PER_BATCH = 100
# An agent that never connects leaves its job waiting for ever.
NEVER_STARTED_AFTER = timedelta(hours=24)
# The vendor itself lists a job for a month.
FORGOTTEN_AFTER = timedelta(days=31)
# Our word for the status of a job that the vendor no longer knows.
FORGOTTEN = "Forgotten"
ENDED_STATUSES = {"Success", "Failed", FORGOTTEN}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def client_for(config: ConnectionConfig) -> ApiClient:
    token = secret(config, TOKEN)
    return ApiClient(
        api_base(config.base_url, "/api"),
        label=LABEL,
        headers={"x-api-key": token},
        secrets=[token],
        allow_private_urls=config.allow_private_urls,
        # A report holds all tests of a run: no other route does, and no pages.
        large_list="tests",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One order to execute tests; `run_id` is "" until there is a run."""

    job_id: str
    status: str
    updated_at: datetime | None
    run_id: str

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED_STATUSES

    @property
    def version(self) -> str:
        """What differs when the job has changed, and so may have its run."""
        return f"{self.updated_at} {self.status}"

    def is_older_than(self, since: datetime | None) -> bool:
        return bool(since and self.updated_at and self.updated_at < since)


class JobMemory:
    """What a connection keeps of one project's jobs from one sync to the next.

    `waiting`: since when each job has had no run. `of_open_runs`: the job behind each
    run that may still grow.
    """

    def __init__(self, memory: MutableMapping[str, Any], project: str) -> None:
        self.waiting = _kept(memory, "waiting_jobs", project)
        self.of_open_runs = _kept(memory, "jobs_of_open_runs", project)

    def wait(self, job: Job) -> None:
        since = min(job.updated_at or now(), now())
        self.waiting.setdefault(job.job_id, since.isoformat())

    def unlisted(self, listed: set[str]) -> list[str]:
        """The waiting jobs that the vendor does not list; forgets the too old ones."""
        found = [job_id for job_id in self.waiting if job_id not in listed]
        for job_id in found:
            if self._waited(job_id) > FORGOTTEN_AFTER:
                del self.waiting[job_id]
        return [job_id for job_id in found if job_id in self.waiting]

    def never_started(self) -> int:
        """How many jobs have waited longer than any agent needs to connect."""
        return sum(
            self._waited(job_id) > NEVER_STARTED_AFTER for job_id in self.waiting
        )

    def _waited(self, job_id: str) -> timedelta:
        return now() - (remembered_time(self.waiting, job_id) or LONG_AGO)


class Jobs:
    """The jobs of one project, asked for."""

    def __init__(self, client: ApiClient, project: str) -> None:
        self._client = client
        self._path = f"/jobs/{part(project)}"

    def listed(self) -> list[Job | Reject]:
        """The jobs of the last month, the latest changed first, unreadable ones last."""
        found, _ = self._asked({})
        return sorted(found, key=_changed_at, reverse=True)

    def named(
        self, job_ids: list[str]
    ) -> Iterator[tuple[list[Job | Reject], list[str]]]:
        """The jobs of these ids in batches, each with the ids that are gone."""
        for start in range(0, len(job_ids), JOBS_PER_BATCH):
            yield self._asked({"jobIds": job_ids[start : start + JOBS_PER_BATCH]})

    def _asked(self, body: Row) -> tuple[list[Job | Reject], list[str]]:
        answer = self._client.post(self._path, body)
        with envelope(f"Testifly {self._path}"):
            answer = mapping(answer, "the answer")
            if not flag(answer, "success", default=True):
                raise PayloadError(f"Testifly refused {self._path}: success is false.")
            rows = listing(answer.get("jobs"), "jobs")
            gone = answer.get("missingJobIds")
            missing = listing([] if gone is None else gone, "missingJobIds")
        found = [record(row, self._path, _job) for row in rows]
        return found, [str(job_id) for job_id in missing]


def _job(row: Row) -> Job:
    return Job(
        job_id=identifier(row, "jobId"),
        status=required_text(row, "status"),
        updated_at=SideFields(row).moment("updatedAt"),
        run_id=optional_identifier(row, "testRunId"),
    )


def _changed_at(item: Job | Reject) -> datetime:
    is_known = isinstance(item, Job) and item.updated_at
    return is_known or LONG_AGO


def _kept(
    memory: MutableMapping[str, Any], name: str, project: str
) -> MutableMapping[str, Any]:
    projects = memory.setdefault(name, {})
    kept: MutableMapping[str, Any] = projects.setdefault(project, {})
    return kept
