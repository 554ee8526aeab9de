"""Testifly's API for jobs and reports."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests import clock
from tests.ingest.cases.server import Refused, Row, Vendor, json_answer, one
from tests.ingest.wire import Answer, Request

MONTH = timedelta(days=31)


class ServedTestifly(Vendor):
    name = "testifly"

    def prepare(self) -> None:
        self.route("POST", "/api/jobs/{pid}", self.jobs)
        self.route("GET", "/api/testRun/{pid}/{pk}", self.report)

    @property
    def projects(self) -> list[str]:
        return [self.world["project"]]

    def is_allowed(self, request: Request) -> bool:
        names = {name.lower(): value for name, value in request.headers.items()}
        return names.get("x-api-key") == self.world["token"]

    def error(self, status: int, sentence: str) -> Answer:
        return json_answer({"success": False, "message": sentence}, status)

    def jobs(self, request: Request, pid: str) -> Answer:
        self.check(pid)
        held = self.world["jobs"]
        asked = (request.body or {}).get("jobIds")
        if asked is None:
            jobs = [job for job in held if self.is_listed(job)]
            return json_answer({"success": True, "jobs": jobs, "missingJobIds": []})
        known = {job["jobId"] for job in held}
        return json_answer(
            {
                "success": True,
                "jobs": [job for job in held if job["jobId"] in asked],
                "missingJobIds": [pk for pk in asked if pk not in known],
            }
        )

    def report(self, request: Request, pid: str, pk: str) -> Answer:
        self.check(pid)
        return json_answer(one(self.world["runs"], pk, "runId"))

    def is_listed(self, job: Row) -> bool:
        is_hidden = job.get("testRunId") in self.quirks.unlisted
        return not is_hidden and is_of_last_month(job)

    def check(self, pid: str) -> None:
        if pid != self.world["project"]:
            raise Refused(403, "The key belongs to another project.")


def is_of_last_month(job: Row) -> bool:
    try:
        at = datetime.fromisoformat(job["updatedAt"])
    except (TypeError, ValueError):
        return True
    return clock.now() - at < MONTH
