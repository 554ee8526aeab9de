"""The simulated Testifly says what Testifly's published page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.listener import running
from ingest.simulator.testifly import SimulatedTestifly, case_id, folder_id
from tests.ingest.small_world import DURATION_MS, MINUTE, NOW, run, world

OUTCOMES = ["passed", "failed", "error", "skipped", "blocked", "passed"]
DAY = timedelta(days=1)


class Client:
    def __init__(self, simulator: SimulatedTestifly, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url
        self.mine, self.others = simulator.connections(base_url)
        self.key = self.mine["secrets"]["token"]
        (self.project,) = self.mine["projects"]

    def ask(self, path: str, body: Any = None, key: str | None = None):
        headers = {"x-api-key": self.key if key is None else key}
        method = "GET" if body is None else "POST"
        url = f"{self.base_url}/api/{path}"
        return requests.request(method, url, json=body, headers=headers, timeout=240)

    def jobs(self, *job_ids: str) -> Any:
        body = {"jobIds": list(job_ids)} if job_ids else {}
        answer = self.ask(f"jobs/{self.project}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def execute(self, **fields: Any) -> Any:
        body = {"action": "executeTests", **fields}
        answer = self.ask(f"testExecution/{self.project}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def report(self, run_id: str) -> Any:
        answer = self.ask(f"testRun/{self.project}/{run_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reports(self) -> list[Any]:
        """The reports that can be found, oldest run first."""
        jobs = self.jobs()["jobs"]
        return [self.report(job["testRunId"]) for job in jobs if "testRunId" in job]

    def pass_time(self, **time: float) -> None:
        now = self.simulator.now() + timedelta(**time)
        self.simulator.clock = lambda: now


@pytest.fixture
def client() -> Iterator[Client]:
    mine = [
        run(1, ["passed"], started_at=NOW - 32 * DAY),
        run(2, OUTCOMES, started_at=NOW - 30 * DAY),
        run(5, ["passed", "passed"], started_at=NOW - 10 * DAY),
        run(20, ["passed", "skipped"], started_at=NOW - 5 * DAY),
        run(21, OUTCOMES, started_at=NOW - 2.5 * MINUTE, is_open=True),
    ]
    simulator = SimulatedTestifly(world("testifly", mine, [run(30, ["passed"])]))
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


def test_a_missing_or_foreign_key_is_refused_before_anything_else(client):
    paths = [("jobs/x", {}), ("testExecution/x", {"action": "nonsense"})]
    for status in (401, 403):
        client.simulator.switch(refusal=status)
        found = {client.ask(path, body, key="").status_code for path, body in paths}
        found.add(client.ask(f"jobs/{client.project}", {}, key="wrong").status_code)
        theirs = client.others["secrets"]["token"]
        found.add(client.ask(f"jobs/{client.project}", {}, key=theirs).status_code)
        assert found == {status}


def test_jobs_without_ids_are_those_of_the_last_month(client):
    found = client.jobs()
    assert found["missingJobIds"] == []
    run_ids = [job.get("testRunId") for job in found["jobs"]]
    titles = [client.report(run_id)["title"] for run_id in run_ids if run_id]
    assert titles == ["Run 2", "Run 5", "Run 20", "Run 21"]
    client.pass_time(days=2)
    assert len(client.reports()) == 3
    # What is no longer listed is still answered by its id.
    oldest = found["jobs"][0]
    assert client.jobs(oldest["jobId"])["jobs"][0]["status"] == "Failed"
    assert client.report(oldest["testRunId"])["title"] == "Run 2"


def test_a_job_says_when_it_changed_and_whether_its_tests_failed(client):
    jobs = {job.get("testRunId"): job for job in client.jobs()["jobs"]}
    by_title = {
        client.report(run_id)["title"]: job for run_id, job in jobs.items() if run_id
    }
    words = [by_title[f"Run {number}"]["status"] for number in (2, 5, 20, 21)]
    assert words == ["Failed", "Success", "Success", "InProgress"]
    assert by_title["Run 2"]["updatedAt"] == "2026-01-30T12:07:00.000Z"


def test_ids_that_are_malformed_unknown_or_foreign_are_missing_and_no_error(client):
    known = client.jobs()["jobs"][0]["jobId"]
    theirs = client.ask(
        f"jobs/{client.others['projects'][0]}", {}, client.others["secrets"]["token"]
    ).json()["jobs"][-1]["jobId"]
    found = client.jobs("nonsense", known, "f" * 24, theirs)
    assert [job["jobId"] for job in found["jobs"]] == [known]
    assert found["missingJobIds"] == ["nonsense", "f" * 24, theirs]
    assert found["success"] is True


def test_one_job_never_starts_and_one_failed_without_a_run(client):
    def odd() -> list[tuple[str, str]]:
        jobs = client.jobs()["jobs"]
        return [(j["jobId"], j["status"]) for j in jobs if not j.get("testRunId")]

    before = odd()
    assert [status for _, status in before] == ["Failed", "PendingAgentConnection"]
    client.pass_time(days=14)
    assert odd() == before
    assert not any("testRunId" in client.jobs(job)["jobs"][0] for job, _ in before)
    client.simulator.switch(null_run_id=True)
    assert client.jobs(before[0][0])["jobs"][0]["testRunId"] is None


def test_an_execution_waits_for_its_agent_runs_and_ends(client):
    project = client.simulator.projects[0]
    job = client.execute(testId=case_id(project, project.cases[0]), agentName="a1")
    assert (job["success"], job["scheduleStatus"]) == (True, "Success")
    walked = []
    for seconds in (0, 6, 12, 60):
        client.pass_time(seconds=seconds)
        (found,) = client.jobs(job["jobId"])["jobs"]
        walked.append((found["status"], "testRunId" in found))
    assert walked == [
        ("Pending", False),
        ("PendingAgentConnection", False),
        ("InProgress", True),
        ("Success", True),
    ]
    report = client.report(found["testRunId"])
    assert [test["title"] for test in report["tests"]] == ["Case 1"]


def test_the_same_execution_is_not_queued_twice_while_it_lasts(client):
    folder = folder_id(client.simulator.projects[0], "Shop")
    first = client.execute(featureId=folder)
    again = client.execute(featureId=folder)
    assert again["scheduleStatus"] == "AlreadyExists"
    assert again["jobId"] == first["jobId"]
    client.pass_time(hours=1)
    later = client.execute(featureId=folder)
    assert later["scheduleStatus"] == "Success"
    assert later["jobId"] != first["jobId"]


def test_of_the_same_execution_asked_for_at_once_one_is_new(client):
    folder = folder_id(client.simulator.projects[0], "Shop")
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: client.execute(featureId=folder), range(8)))
    words = sorted(job["scheduleStatus"] for job in jobs)
    assert words == ["AlreadyExists"] * 7 + ["Success"]
    assert len({job["jobId"] for job in jobs}) == 1


def test_the_same_execution_by_another_agent_is_another_job(client):
    folder = folder_id(client.simulator.projects[0], "Shop / Cart")
    jobs = [client.execute(testSuiteId=folder, agentName=name) for name in ("a", "b")]
    assert {job["scheduleStatus"] for job in jobs} == {"Success"}
    assert jobs[0]["jobId"] != jobs[1]["jobId"]


def test_what_a_repeated_execution_answers_can_be_another_status_without_an_id(client):
    folder = folder_id(client.simulator.projects[0], "Shop")
    client.simulator.switch(exists_status=409, exists_job_id=False)
    client.execute(featureId=folder)
    body = {"action": "executeTests", "featureId": folder}
    again = client.ask(f"testExecution/{client.project}", body)
    assert (again.status_code, again.json()) == (
        409,
        {"success": True, "scheduleStatus": "AlreadyExists"},
    )


def test_each_selector_picks_its_tests_and_a_failure_fails_the_job(client):
    project = client.simulator.projects[0]
    ids = [case_id(project, case) for case in project.cases]
    wanted = [
        {"featureId": folder_id(project, "Shop")},
        {"testSuiteId": folder_id(project, "Shop / Cart")},
        {"testId": ids[0]},
        {"tests": [ids[0], ids[10]]},
    ]
    jobs = [client.execute(**selector)["jobId"] for selector in wanted]
    client.pass_time(hours=1)
    found = client.jobs(*jobs)["jobs"]
    reports = [client.report(job["testRunId"]) for job in found]
    assert [len(report["tests"]) for report in reports] == [12, 12, 1, 2]
    assert [job["status"] for job in found] == ["Failed", "Failed", "Success", "Failed"]
    assert [test["status"] for test in reports[3]["tests"]] == ["Passed", "Failed"]
    listed = {job["jobId"] for job in client.jobs()["jobs"]}
    assert set(jobs) <= listed


def test_a_started_run_s_report_grows_until_its_job_ends(client):
    job = client.execute(featureId=folder_id(client.simulator.projects[0], "Shop"))
    grown = []
    for minutes in (1, 3, 30):
        client.pass_time(minutes=minutes)
        (found,) = client.jobs(job["jobId"])["jobs"]
        report = client.report(found["testRunId"])
        grown.append((found["status"], report["status"], len(report["tests"])))
    assert grown == [
        ("InProgress", "Running", 2),
        ("InProgress", "Running", 6),
        ("Failed", "Completed", 12),
    ]


def test_an_agent_that_never_connects_keeps_its_job_waiting_for_ever(client):
    client.simulator.switch(agents_connect=False)
    test_id = case_id(
        client.simulator.projects[0], client.simulator.projects[0].cases[0]
    )
    stuck = client.execute(testId=test_id, agentName="gone")
    plain = client.execute(testId=test_id)
    assert client.jobs(stuck["jobId"])["jobs"][0]["status"] == "Pending"
    for days in (1, 20):
        client.pass_time(days=days)
        (found,) = client.jobs(stuck["jobId"])["jobs"]
        assert found["status"] == "PendingAgentConnection"
        assert "testRunId" not in found
    assert client.jobs(plain["jobId"])["jobs"][0]["status"] == "Success"
    again = client.execute(testId=test_id, agentName="gone")
    assert (again["scheduleStatus"], again["jobId"]) == (
        "AlreadyExists",
        stuck["jobId"],
    )


def test_an_execution_can_fail_before_there_is_a_run(client):
    client.simulator.switch(executions_run=False)
    job = client.execute(featureId=folder_id(client.simulator.projects[0], "Shop"))
    walked = []
    for seconds in (0, 6, 3600):
        client.pass_time(seconds=seconds)
        (found,) = client.jobs(job["jobId"])["jobs"]
        walked.append((found["status"], "testRunId" in found))
    assert walked == [("Pending", False), ("Failed", False), ("Failed", False)]
    assert found["updatedAt"] == "2026-03-01T12:00:05.000Z"


def test_a_refused_start_starts_nothing_and_a_lost_answer_does(client):
    body = {
        "action": "executeTests",
        "featureId": folder_id(client.simulator.projects[0], "Shop"),
    }
    path = f"testExecution/{client.project}"
    client.simulator.faults.add("POST /api/testExecution", "status:503")
    assert client.ask(path, body).status_code == 503
    before = len(client.jobs()["jobs"])
    client.simulator.faults.add("POST /api/testExecution", "reset")
    with pytest.raises(requests.ConnectionError):
        client.ask(path, body)
    assert len(client.jobs()["jobs"]) == before + 1
    assert client.execute(featureId=body["featureId"])["scheduleStatus"] == (
        "AlreadyExists"
    )
    assert client.simulator.reached("POST /api/testExecution") == 3


@pytest.mark.parametrize(
    "body", [{}, {"action": "stop"}, {"action": "executeTests", "testId": "f" * 24}]
)
def test_an_execution_of_nothing_is_refused(client, body):
    answer = client.ask(f"testExecution/{client.project}", body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)


def test_a_report_grows_while_its_run_goes_on(client):
    def shape() -> tuple[Any, ...]:
        report = client.reports()[-1]
        labels = {row["label"]: row["count"] for row in report["statuses"]}
        return report["status"], labels, len(report["tests"])

    assert shape() == ("Running", {"Passed": 1, "Running": 1, "Scheduled": 4}, 2)
    client.pass_time(minutes=2)
    assert shape() == (
        "Running",
        {"Passed": 1, "Failed": 2, "Running": 1, "Scheduled": 2},
        4,
    )
    assert not {"duration", "videoLink"} & set(client.reports()[-1]["tests"][-1])


def test_a_report_has_a_start_but_neither_an_end_nor_a_duration(client):
    report = client.reports()[0]
    assert set(report) == {
        "runId",
        "projectId",
        "status",
        "startTime",
        "testsInProjectCount",
        "title",
        "statuses",
        "tests",
    }
    assert (report["status"], report["projectId"]) == ("Completed", client.project)
    assert report["startTime"] == "2026-01-30T12:00:00.000Z"
    assert re.fullmatch("[0-9a-f]{24}", report["runId"])


def test_labels_beyond_the_documented_ones_turn_up(client):
    def labels() -> list[str]:
        return [test["status"] for test in client.reports()[0]["tests"]]

    assert labels() == ["Passed", "Failed", "Failed", "Skipped", "Blocked", "Passed"]
    client.simulator.switch(open_labels=False)
    assert labels()[4] == "Skipped"


def test_an_error_is_text_or_an_object_and_not_every_test_has_a_video(client):
    tests = client.reports()[0]["tests"]
    errors = [test["error"] for test in tests if "error" in test]
    assert sorted(type(error).__name__ for error in errors) == ["dict", "str"]
    assert errors[0]["message"] == errors[1] == "Expected 3, got 4"
    assert {test["hasVideo"] for test in tests} == {True, False}
    assert all(test["hasVideo"] == ("videoLink" in test) for test in tests)


def test_durations_carry_no_unit(client):
    durations = []
    for unit in ("ms", "s"):
        client.simulator.switch(duration_unit=unit)
        durations.append(client.reports()[0]["tests"][0]["duration"])
    assert durations == [DURATION_MS, DURATION_MS / 1000]


def test_a_test_has_the_same_title_and_another_id_in_each_run(client):
    first, second = (report["tests"][0] for report in client.reports()[:2])
    assert first["title"] == second["title"]
    assert first["_id"] != second["_id"]


def test_some_reports_count_more_tests_than_they_list(client):
    def missing() -> list[int]:
        return [
            sum(row["count"] for row in report["statuses"]) - len(report["tests"])
            for report in client.reports()[:3]
        ]

    assert missing() == [0, 0, 1]
    client.simulator.switch(short_lists=False)
    assert missing() == [0, 0, 0]


def test_an_unknown_run_is_not_found(client):
    answer = client.ask(f"testRun/{client.project}/{'f' * 24}")
    assert (answer.status_code, answer.json()["success"]) == (404, False)
