"""The simulated QA.tech says what QA.tech's published specifications and pages say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.listener import running
from ingest.simulator.qatech import (
    ORGANISATION_KEY,
    READ_ONLY_KEY,
    SUSPENDED_KEY,
    SimulatedQaTech,
)
from tests.ingest.small_world import DURATION_MS, MINUTE, NOW, run, world

OUTCOMES = ["passed", "failed", "error", "skipped", "blocked", "passed"]
DAY = timedelta(days=1)


class Client:
    def __init__(self, simulator: SimulatedQaTech, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url
        self.mine, self.others = simulator.connections(base_url)

    def ask(self, path: str, key: str = "", body: Any = None, **query: str):
        headers = {"Authorization": f"Bearer {key or self.mine['secrets']['token']}"}
        method = "GET" if body is None else "POST"
        return requests.request(
            method,
            self.base_url + path,
            params=query,
            headers=headers if key != "none" else {},
            json=body,
            timeout=240,
        )

    def get(self, path: str, **query: str) -> Any:
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def start(self, path: str, body: Any) -> Any:
        answer = self.ask(path, body=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["run"]

    def runs(self) -> list[str]:
        """The short ids of the first project's runs, newest first."""
        return self.mine["settings"]["runs"].split(",")

    def pass_time(self, **time: float) -> None:
        now = self.simulator.now() + timedelta(**time)
        self.simulator.clock = lambda: now


@pytest.fixture
def client() -> Iterator[Client]:
    mine = [
        run(2, OUTCOMES, started_at=NOW - 5 * DAY),
        run(3, ["passed", "error"], started_at=NOW - 4 * DAY),
        run(4, ["passed", "skipped"], started_at=NOW - 3 * DAY),
        run(5, ["passed", "untested"], started_at=NOW - 2 * DAY),
        run(6, OUTCOMES, started_at=NOW - 2.5 * MINUTE, is_open=True),
    ]
    simulator = SimulatedQaTech(world("qatech", mine, [run(7, ["failed"])]))
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


def test_nothing_but_the_outbound_addresses_is_told_without_a_key(client):
    assert client.ask("/v1/outbound-ips", "none").json()["ipAddresses"]
    missing = client.ask("/v1/projects", "none")
    assert (missing.status_code, list(missing.json())) == (401, ["message"])
    assert client.ask("/v1/projects", "wrong").status_code == 401
    client.simulator.switch(bad_key_status=403)
    assert client.ask("/v1/projects", "wrong").status_code == 403
    assert client.ask("/v1/projects", SUSPENDED_KEY).status_code == 403


def test_a_project_key_implies_its_project_and_may_name_no_other(client):
    (own,) = client.get("/v1/projects")["projects"]
    assert own == {"shortId": client.mine["projects"][0], "name": "Product 1"}
    path = f"/v1/run/{client.runs()[0]}"
    assert client.get(path) == client.get(path, projectShortId=own["shortId"])
    other = client.others["projects"][0]
    assert client.ask(path, projectShortId=other).status_code == 403
    theirs = client.others["settings"]["runs"]
    assert client.ask(f"/v1/run/{theirs}").status_code == 404
    token = client.others["secrets"]["token"]
    assert client.ask(f"/v1/run/{theirs}", token).status_code == 200


def test_an_organisation_key_must_name_the_project(client):
    listed = client.ask("/v1/projects", ORGANISATION_KEY).json()["projects"]
    short_ids = [project["shortId"] for project in listed]
    assert all(re.match(r"proj(-.+_.+|_.+)$", short_id) for short_id in short_ids)
    path = f"/v1/run/{client.runs()[0]}"
    silent = client.ask(path, ORGANISATION_KEY)
    assert (silent.status_code, "projectShortId" in silent.json()["message"]) == (
        400,
        True,
    )
    found = [
        client.ask(path, ORGANISATION_KEY, projectShortId=short_id).status_code
        for short_id in short_ids
    ]
    assert found == [200, 404]
    posted = client.ask("/v1/run", ORGANISATION_KEY, {"projectShortId": short_ids[1]})
    assert posted.status_code == 200


def test_there_is_no_list_of_runs(client):
    assert client.ask("/v1/run").status_code == 405
    assert client.ask("/v1/runs").status_code == 404


def test_a_run_has_no_times_and_shows_its_test_cases_only_when_asked(client):
    path = f"/v1/run/{client.runs()[-1]}"
    bare = client.get(path)
    assert set(bare) == {"id", "shortId", "status", "result", "runTestCases"}
    assert (bare["status"], bare["result"], bare["runTestCases"]) == (
        "COMPLETED",
        "FAILED",
        [],
    )
    every = client.get(path, testCases="all")["runTestCases"]
    assert [(row["status"], row["result"]) for row in every] == [
        ("COMPLETED", "PASSED"),
        ("COMPLETED", "FAILED"),
        ("ERROR", None),
        ("COMPLETED", "SKIPPED"),
        ("COMPLETED", "SKIPPED"),
        ("COMPLETED", "PASSED"),
    ]
    assert client.get(path, testCases="failed")["runTestCases"] == every[1:5]
    assert client.ask(path, testCases="some").status_code == 400


def test_a_run_that_could_not_be_executed_has_no_result(client):
    newest_first = client.runs()
    found = [client.get(f"/v1/run/{short_id}") for short_id in newest_first]
    assert [(run["status"], run["result"]) for run in found] == [
        ("RUNNING", None),
        ("CANCELLED", None),
        ("COMPLETED", "PASSED"),
        ("ERROR", None),
        ("COMPLETED", "FAILED"),
    ]


def test_only_the_single_execution_tells_its_times_and_its_error_code(client):
    path = f"/v1/run/{client.runs()[-1]}"
    rows = client.get(path, testCases="all")["runTestCases"]
    assert not {"startedAt", "durationMs", "errorCode"} & set(rows[0])
    details = [client.get(f"/v1/run-test-case/{row['shortId']}") for row in rows]
    assert details[0]["startedAt"] == "2026-02-24T12:01:00.000Z"
    assert details[0]["completedAt"] == "2026-02-24T12:01:45.250Z"
    assert details[0]["durationMs"] == DURATION_MS
    codes = [detail["errorCode"] for detail in details]
    assert codes[:2] + codes[3:] == [None, "TEST_FAILED", None, None, None]
    assert re.match("AGENT_|PLATFORM_", codes[2])
    assert {detail["runShortId"] for detail in details} == {client.runs()[-1]}


def test_a_test_is_known_across_runs_by_its_project_test_case_id_alone(client):
    details = []
    for short_id in client.runs()[-2:]:
        row = client.get(f"/v1/run/{short_id}", testCases="all")["runTestCases"][0]
        details.append(client.get(f"/v1/run-test-case/{row['shortId']}"))
    assert details[0]["projectTestCaseId"] == details[1]["projectTestCaseId"]
    assert details[0]["id"] != details[1]["id"]
    listed = client.get("/v1/test-cases")["testCases"]
    assert listed[0]["id"] == details[0]["projectTestCaseId"]


def test_short_ids_that_differ_only_in_case_are_different_things(client):
    third, second = client.runs()[-2:]
    assert third == second.swapcase()
    assert client.get(f"/v1/run/{second}") != client.get(f"/v1/run/{third}")
    lonely = client.runs()[0].swapcase()
    theirs = client.others["settings"]["runs"]
    assert lonely == theirs
    assert client.ask(f"/v1/run/{lonely}").status_code == 404


def test_an_execution_that_has_not_ended_has_no_duration(client):
    path = f"/v1/run/{client.runs()[0]}"
    rows = client.get(path, testCases="all")["runTestCases"]
    words = [(row["status"], row["result"]) for row in rows[:3]]
    assert words == [("COMPLETED", "PASSED"), ("RUNNING", None), ("INITIATED", None)]
    details = [client.get(f"/v1/run-test-case/{row['shortId']}") for row in rows[:3]]
    assert [bool(detail["startedAt"]) for detail in details] == [True, True, False]
    assert [detail["durationMs"] for detail in details] == [DURATION_MS, None, None]
    client.pass_time(minutes=10)
    again = client.get(f"/v1/run-test-case/{rows[2]['shortId']}")
    assert (again["shortId"], again["status"]) == (rows[2]["shortId"], "ERROR")


def test_a_started_run_is_initiated_then_runs_then_completes(client):
    started = client.start("/v1/run", {})
    assert set(started) == {"id", "shortId", "url", "testCount", "testPlan"}
    assert started["url"].endswith(f"/results/{started['shortId']}")
    walked = []
    for seconds in (0, 6, 60):
        client.pass_time(seconds=seconds)
        body = client.get(f"/v1/run/{started['shortId']}", testCases="all")
        walked.append((body["status"], body["result"], len(body["runTestCases"])))
    assert walked == [
        ("INITIATED", None, 12),
        ("RUNNING", None, 12),
        ("COMPLETED", "FAILED", 12),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"notifications": []}, 400),
        ({"trigger": "CRON"}, 400),
        ({"testPlanShortId": "abc"}, 400),
        ({"testPlanShortId": "pln_unknown"}, 404),
        ({"testCaseIds": ["00000000-0000-0000-0000-000000000000"]}, 400),
        (["not an object"], 400),
    ],
)
def test_a_run_that_makes_no_sense_is_not_started(client, body, status):
    answer = client.ask("/v1/run", body=body)
    assert (answer.status_code, list(answer.json())) == (status, ["message"])


def test_a_run_is_started_with_or_without_a_body(client):
    headers = {"Authorization": f"Bearer {client.mine['secrets']['token']}"}
    url = client.base_url + "/v1/run"
    empty = requests.post(url, headers=headers, timeout=240)
    assert (empty.status_code, empty.json()["run"]["testCount"]) == (200, 12)
    plan = empty.json()["run"]["testPlan"]
    same = client.start("/v1/run", {"testPlanShortId": plan["shortId"]})
    assert same["testPlan"] == plan
    assert same["shortId"] != empty.json()["run"]["shortId"]


def test_a_run_takes_an_environment_a_device_preset_and_parameters(client):
    (application,) = client.get("/v1/applications")["applications"]
    app = application["shortId"]
    path = f"/v1/applications/{app}/environments"
    staging = client.get(path)["environments"][0]["shortId"]
    for environment in (
        {"url": "https://preview.example.com", "name": "Preview"},
        {"shortId": staging},
        {"applicationBuildShortId": "build_aB3"},
    ):
        one = {"applicationShortId": app, "environment": environment}
        body = {
            "applications": [one | {"devicePresetShortId": "preset-small_x1"}],
            "parameters": {"configs": [], "configsByEnvironment": {}},
        }
        assert client.start("/v1/run", body)["testCount"] == 12
        assert client.simulator.log[-1].body == body


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"applicationShortId": None}, 400),
        ({"applicationShortId": "nonsense"}, 400),
        ({"applicationShortId": "app_unknown"}, 404),
        ({"devicePresetShortId": "small"}, 400),
        ({"environment": "staging"}, 400),
        ({"environment": {}}, 400),
        ({"environment": {"url": "ftp://x"}}, 400),
        ({"environment": {"url": "https://x.example", "shortId": "env_1"}}, 400),
        ({"environment": {"shortId": "env_unknown"}}, 404),
        ({"environment": {"applicationBuildShortId": "bld_1"}}, 400),
    ],
)
def test_an_application_that_makes_no_sense_is_refused(client, change, status):
    (application,) = client.get("/v1/applications")["applications"]
    one = {"applicationShortId": application["shortId"]} | change
    answer = client.ask("/v1/run", body={"applications": [one]})
    assert (answer.status_code, list(answer.json())) == (status, ["message"])


@pytest.mark.parametrize(
    "body",
    [
        {"applications": {}},
        {"applications": ["app_1"]},
        {"parameters": []},
        {"parameters": {"configs": "small"}},
    ],
)
def test_fields_of_a_wrong_type_are_refused(client, body):
    assert client.ask("/v1/run", body=body).status_code == 400


@pytest.mark.parametrize("end", ["ERROR", "CANCELLED"])
def test_a_started_run_can_end_without_a_result(client, end):
    client.simulator.switch(started_end=end)
    started = client.start("/v1/run", {})
    walked = []
    for seconds in (0, 6, 120):
        client.pass_time(seconds=seconds)
        body = client.get(f"/v1/run/{started['shortId']}", testCases="all")
        walked.append((body["status"], body["result"]))
    assert walked == [("INITIATED", None), ("RUNNING", None), (end, None)]
    rows = {(row["status"], row["result"]) for row in body["runTestCases"]}
    assert rows == {(end, None)}


def test_a_start_whose_answer_is_lost_has_started(client):
    client.simulator.switch(last_run=True)
    client.simulator.faults.add("POST /v1/run$", "disconnect")
    with pytest.raises(requests.ConnectionError):
        client.ask("/v1/run", body={})
    client.pass_time(minutes=2)
    cases = client.get("/v1/test-cases")["testCases"]
    assert cases[-1]["lastRun"]["status"] == "COMPLETED"
    client.simulator.faults.add("POST /v1/run", "status:500", times=2)
    path = f"/v1/run/{cases[-1]['lastRun']['runShortId']}"
    assert client.ask("/v1/run", body={}).status_code == 500
    assert client.ask(path, body={}).status_code == 500
    assert client.simulator.reached("POST /v1/run$") == 2
    assert client.simulator.reached("POST /v1/run/") == 1
    assert client.get("/v1/test-cases")["testCases"] == cases


def test_starting_needs_the_write_scope_and_a_plan_that_is_not_used_up(client):
    body = {"projectShortId": client.mine["projects"][0]}
    assert client.ask("/v1/run", READ_ONLY_KEY, body).status_code == 403
    client.simulator.switch(usage_exceeded=True)
    assert client.ask("/v1/run", body={}).status_code == 402
    assert client.ask("/v1/projects").status_code == 200


def test_picked_cases_run_without_a_plan(client):
    picked = [row["id"] for row in client.get("/v1/test-cases")["testCases"][:2]]
    started = client.start("/v1/run", {"testCaseIds": picked})
    assert (started["testCount"], started["testPlan"]) == (2, None)


def test_a_rerun_is_a_new_run_of_all_or_the_failed_or_the_picked_cases(client):
    path = f"/v1/run/{client.runs()[-1]}"
    picked = [row["id"] for row in client.get("/v1/test-cases")["testCases"][1:2]]
    bodies = ({}, {"failedOnly": True}, {"projectTestCaseIds": picked})
    runs = [client.start(path, body) for body in bodies]
    assert [started["testCount"] for started in runs] == [6, 3, 1]
    assert len({started["shortId"] for started in runs} | {client.runs()[-1]}) == 4
    assert all("testPlan" not in started for started in runs)
    both = {"failedOnly": True, "projectTestCaseIds": picked}
    assert client.ask(path, body=both).status_code == 400
    assert client.ask("/v1/run/zzzz", body={}).status_code == 404


def test_a_rerun_of_failures_needs_a_failure(client):
    started = client.start("/v1/run", {"testCaseIds": [_first_case(client)]})
    client.pass_time(minutes=2)
    path = f"/v1/run/{started['shortId']}"
    assert client.get(path)["result"] == "PASSED"
    assert client.ask(path, body={"failedOnly": True}).status_code == 400


def test_test_cases_are_paged_by_limit_and_offset(client):
    page = client.get("/v1/test-cases", limit="5", offset="10")
    assert len(page.pop("testCases")) == 2
    assert page == {"total": 12, "limit": 5, "offset": 10}
    assert client.get("/v1/test-cases", labels="shop,x")["total"] == 12
    assert client.get("/v1/test-cases", labels="x")["total"] == 0
    assert client.ask("/v1/test-cases", limit="1001").status_code == 400


def test_a_created_case_is_listed_disabled_and_belongs_to_no_plan(client):
    (application,) = client.get("/v1/applications")["applications"]
    body = {
        "name": "Pays by card",
        "goal": "A card is charged.",
        "applicationShortId": application["shortId"],
        "expectedResult": "A receipt.",
        "configShortIds": ["cfg_1"],
        "scenarioShortId": "scenario-a_1",
        "waitForDependenciesProjectTestCaseIds": [_first_case(client)],
    }
    answer = client.ask("/v1/test-cases", body=body)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    created = answer.json()["testCase"]
    assert set(created) == {"id", "name", "url"}
    client.simulator.switch(last_run=True)
    listed = client.get("/v1/test-cases", isEnabled="false")["testCases"]
    assert [row["id"] for row in listed] == [created["id"]]
    assert (listed[0]["goal"], listed[0]["lastRun"]) == ("A card is charged.", None)
    assert client.get("/v1/test-cases")["total"] == 13
    assert client.start("/v1/run", {})["testCount"] == 12
    picked = {"testCaseIds": [created["id"]]}
    assert client.ask("/v1/run", body=picked).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 400),
        ({"name": "x" * 81}, 400),
        ({"name": 7}, 400),
        ({"goal": None}, 400),
        ({"applicationShortId": None}, 400),
        ({"applicationShortId": "app_unknown"}, 404),
        ({"configShortIds": ["x"]}, 400),
        ({"configShortIds": "cfg_1"}, 400),
        ({"resumeFromDependencyProjectTestCaseId": "x"}, 400),
    ],
)
def test_a_case_that_makes_no_sense_is_not_created(client, change, status):
    (application,) = client.get("/v1/applications")["applications"]
    body = {"name": "A", "goal": "B", "applicationShortId": application["shortId"]}
    answer = client.ask("/v1/test-cases", body=body | change)
    assert (answer.status_code, list(answer.json())) == (status, ["message"])
    assert client.get("/v1/test-cases")["total"] == 12


def test_creating_a_case_needs_the_write_scope(client):
    body = {"projectShortId": client.mine["projects"][0]}
    assert client.ask("/v1/test-cases", READ_ONLY_KEY, body).status_code == 403


def test_the_last_run_of_a_case_can_be_shown_and_names_its_run(client):
    assert "lastRun" not in client.get("/v1/test-cases")["testCases"][0]
    client.simulator.switch(last_run=True)
    cases = client.get("/v1/test-cases")["testCases"]
    assert cases[0]["lastRun"]["runShortId"] == client.runs()[0]
    assert cases[0]["lastRun"]["result"] == "PASSED"
    assert cases[0]["lastRun"]["completedAt"] == "2026-03-01T11:59:15.250Z"
    assert cases[-1]["lastRun"] is None


def test_the_trace_of_an_execution_is_paged_and_covers_its_time(client):
    row = client.get(f"/v1/run/{client.runs()[-1]}", testCases="all")["runTestCases"][0]
    path = f"/v1/run-test-case/{row['shortId']}/trace"
    whole = client.get(path)
    page = client.get(path, limit="2", offset="1")
    assert page["steps"] == whole["steps"][1:3]
    assert page["runTestCaseShortId"] == row["shortId"]
    assert whole["total"] == len(whole["steps"]) >= 3
    assert sum(step["durationMs"] for step in whole["steps"]) <= DURATION_MS


def test_applications_have_environments(client):
    (application,) = client.get("/v1/applications")["applications"]
    path = f"/v1/applications/{application['shortId']}/environments"
    found = client.get(path)["environments"]
    assert [one["isProduction"] for one in found] == [False, True]
    assert client.ask("/v1/applications/app_x/environments").status_code == 404


def test_a_limit_is_unknown_and_can_be_switched_on(client):
    assert {client.ask("/v1/projects").status_code for _ in range(20)} == {200}
    client.simulator.switch(requests_per_minute=3)
    answers = [client.ask("/v1/projects") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 21


def _first_case(client: Client) -> str:
    return client.get("/v1/test-cases")["testCases"][0]["id"]
