"""Runs are made and uploaded to at the simulated Testably as its pages and code say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.listener import running
from ingest.simulator.testably import STRANGER_TOKEN, TOKEN, SimulatedTestably
from tests.ingest.small_world import run, world

RUNS = "/v1/projects/proj_001/runs"
UPLOAD, DOCUMENTED = "/functions/v1/upload-ci-results", "/v1/results"
COUNTERS = ("total", "passed", "failed", "blocked", "retest", "not_tested")


class Client:
    def __init__(self, simulator: SimulatedTestably, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url

    def ask(self, method: str, path: str, body: Any = None, token: str = TOKEN):
        headers = {"Authorization": f"Bearer {token}"}
        url = self.base_url + path
        return requests.request(method, url, json=body, headers=headers, timeout=240)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def create(self, **fields: Any) -> Any:
        body = {"name": "Smoke", "test_case_ids": ["tc_1_0001", "tc_1_0002"]}
        answer = self.ask("POST", RUNS, body | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def upload(self, *rows: Any, path: str = UPLOAD, **fields: Any):
        return self.ask("POST", path, {"run_id": "run_1", "results": rows} | fields)

    def pass_time(self, **time: float) -> None:
        now = self.simulator.now() + timedelta(**time)
        self.simulator.clock = lambda: now


@pytest.fixture
def client() -> Iterator[Client]:
    mine = [run(1, ["passed", "failed"]), run(2, ["passed"], is_open=True)]
    simulator = SimulatedTestably(
        world("testably", mine, []), relaxed=True, soon=True, vocabulary="documented"
    )
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


def row(case: str = "tc_1_0001", status: str = "passed", **fields: Any) -> Any:
    return {"test_case_id": case, "status": status, **fields}


# What is coming soon


def test_until_they_have_come_the_routes_answer_that_they_are_not_there(client):
    client.simulator.switch(soon=False)
    asked = [
        ("POST", RUNS, {}),
        ("PATCH", f"{RUNS}/run_1", {"name": "x"}),
        ("POST", f"{RUNS}/run_2/close", None),
    ]
    for status in (404, 501):
        client.simulator.switch(soon_status=status)
        assert {client.ask(*one).status_code for one in asked} == {status}
    client.simulator.switch(soon=True)
    found = [client.ask(*one).status_code for one in asked]
    assert found == [400, 409, 200]


def test_a_made_run_is_listed_with_rows_that_nobody_tested(client):
    milestone = client.get("/v1/projects/proj_001/milestones")[0]["id"]
    made = client.create(milestone_id=milestone)
    assert (made["name"], made["status"]) == ("Smoke", "active")
    assert made["milestone_id"] == milestone
    assert [made[name] for name in COUNTERS] == [2, 0, 0, 0, 0, 2]
    assert client.get(RUNS)[0] == made
    rows = client.get(f"/v1/runs/{made['id']}/results")
    assert [one["test_case_id"] for one in rows] == ["tc_1_0001", "tc_1_0002"]
    nothing = [one[name] for one in rows for name in ("note", "elapsed", "tested_at")]
    assert set(nothing) == {None}
    assert {one["status"] for one in rows} == {"not_tested"}
    client.simulator.switch(vocabulary="real")
    assert client.get(f"{RUNS}/{made['id']}")["status"] == "new"
    assert len(SimulatedTestably(client.simulator.world).projects[0].runs) == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": " "}, 400),
        ({"name": None}, 400),
        ({"test_case_ids": []}, 400),
        ({"test_case_ids": ["tc_9_0001"]}, 400),
        ({"milestone_id": "ms_9_9"}, 404),
    ],
)
def test_a_run_that_makes_no_sense_is_not_made(client, fields, status):
    body = {"name": "Smoke", "test_case_ids": ["tc_1_0001"]} | fields
    answer = client.ask("POST", RUNS, body)
    assert (answer.status_code, "error" in answer.json()) == (status, True)
    assert len(client.get(RUNS)) == 2


def test_a_run_is_renamed_linked_unlinked_and_closed(client):
    path = f"{RUNS}/{client.create()['id']}"
    milestone = client.get("/v1/projects/proj_001/milestones")[0]["id"]
    client.pass_time(minutes=1)
    linked = client.ask("PATCH", path, {"milestone_id": milestone}).json()["data"]
    renamed = client.ask("PATCH", path, {"name": "Smoke 2"}).json()["data"]
    assert (linked["milestone_id"], linked["name"]) == (milestone, "Smoke")
    assert (renamed["milestone_id"], renamed["name"]) == (milestone, "Smoke 2")
    assert renamed["updated_at"] == "2026-03-01T12:01:00Z"
    unlinked = client.ask("PATCH", path, {"milestone_id": None}).json()["data"]
    assert unlinked["milestone_id"] is None
    closed = client.ask("POST", f"{path}/close").json()["data"]
    assert (closed["status"], closed["pass_rate"]) == ("closed", 0.0)
    assert closed["closed_at"] == "2026-03-01T12:01:00Z"
    detail = client.get(path)
    assert {name: detail[name] for name in closed} == closed
    for status in (409, 400):
        client.simulator.switch(closed_status=status)
        again = client.ask("POST", f"{path}/close").status_code
        assert {again, client.ask("PATCH", path, {"name": "x"}).status_code} == {status}
    assert client.get(path)["name"] == "Smoke 2"


def test_a_run_that_others_made_is_closed_here_and_not_in_the_world(client):
    assert client.ask("POST", f"{RUNS}/run_2/close").status_code == 200
    assert client.get(f"{RUNS}/run_2")["status"] == "closed"
    assert client.simulator.world.projects[0].runs[1].finished_at is None
    assert client.ask("POST", f"{RUNS}/run_9/close").status_code == 404
    foreign = client.ask("POST", f"{RUNS}/run_2/close", token=STRANGER_TOKEN)
    assert foreign.status_code == 403


# Uploading from a pipeline


def test_an_upload_is_stored_over_what_was_there_and_changes_no_status(client):
    answer = client.upload(
        row(status="failed", note="No receipt", elapsed=1500, author="ci"),
        row("PROD-3", "blocked"),
        row("tc_1_0004", "retest", elapsed="00:07"),
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "partial_failure": False,
        "message": "3 of 3 results uploaded",
        "stats": {"passed": 0, "failed": 1, "blocked": 1, "untested": 0},
        "uploaded_count": 3,
        "failed_count": 0,
    }
    rows = client.get("/v1/runs/run_1/results")
    words = [one["status"] for one in rows]
    assert words == ["failed", "failed", "blocked", "retest"]
    assert (rows[0]["note"], rows[0]["elapsed"], rows[0]["tested_by"]) == (
        "No receipt",
        1500,
        "ci",
    )
    assert (rows[0]["tested_at"], rows[3]["elapsed"]) == (
        "2026-03-01T12:00:00Z",
        "00:07",
    )
    body = client.get(f"{RUNS}/run_1")
    assert (body["status"], *[body[name] for name in COUNTERS]) == (
        "closed",
        *(4, 0, 2, 1, 1, 0),
    )


def test_the_stored_counters_can_be_those_of_the_last_request_alone(client):
    client.simulator.switch(stale_counters=True)
    client.upload(row(), row("tc_1_0002"))
    client.upload(row("tc_1_0003", "failed"))
    body = client.get(f"{RUNS}/run_1")
    assert [body[name] for name in COUNTERS] == [3, 0, 1, 0, 0, 0]


def test_custom_ids_that_nobody_knows_refuse_the_whole_upload(client):
    answer = client.upload(row(status="failed"), row("PROD-99"), row("TC-1"))
    assert answer.status_code == 400
    assert answer.json()["not_found"] == ["PROD-99", "TC-1"]
    assert client.get("/v1/runs/run_1/results")[0]["status"] == "passed"


def test_what_the_database_refuses_is_named_in_a_207_in_two_dialects(client):
    rows = [row(status="failed"), row("tc_9_0001"), row("tc_1_0002", "flaky")]
    answer = client.upload(*rows)
    lost = ["tc_9_0001", "tc_1_0002"]
    assert (answer.status_code, answer.json()["success"]) == (207, True)
    assert answer.json()["failed_test_case_ids"] == lost
    documented = client.upload(*rows, path=DOCUMENTED)
    body = documented.json()
    assert (documented.status_code, body["success"]) == (207, False)
    assert [error["test_case_id"] for error in body["errors"]] == lost
    assert set(body["stats"]) == {"passed", "failed", "blocked", "retest", "not_tested"}
    for counts in (answer.json(), body):
        assert (counts["uploaded_count"], counts["failed_count"]) == (1, 2)
    assert client.get("/v1/runs/run_1/results")[0]["status"] == "failed"


def test_junit_names_its_cases_by_property_or_in_their_names(client):
    xml = """<testsuite>
      <testcase name="by property" time="1.5"><properties>
        <property name="test_case_id" value="tc_1_0001"/></properties>
        <error message="boom"/></testcase>
      <testcase name="PROD-2 in the name"><skipped/></testcase>
      <testcase name="no id at all"/>
    </testsuite>"""
    answer = client.upload(format="junit", junit_xml=xml)
    assert (answer.status_code, answer.json()["uploaded_count"]) == (200, 2)
    rows = client.get("/v1/runs/run_1/results")
    assert [one["status"] for one in rows] == ["failed", "blocked"]
    assert (rows[0]["note"], rows[0]["elapsed"]) == ("boom", 1500)
    for useless in ("<testsuite><testcase name='x'/></testsuite>", "<broken"):
        answer = client.upload(format="junit", junit_xml=useless)
        assert answer.status_code == 400


def test_a_dry_run_checks_everything_and_writes_nothing(client):
    answer = client.upload(row(status="failed"), dry_run=True)
    assert answer.status_code == 200
    assert set(answer.json()) == {
        "success",
        "dry_run",
        "message",
        "run_name",
        "tier",
        "latency_ms",
    }
    assert client.get("/v1/runs/run_1/results")[0]["status"] == "passed"


def test_an_upload_is_checked_in_the_product_s_order(client):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = client.base_url + UPLOAD

    def answered(method: str = "POST", token: str = TOKEN, body: Any = None) -> int:
        return client.ask(method, UPLOAD, body, token).status_code

    assert requests.options(url, timeout=240).text == "ok"
    assert answered("GET", "wrong") == 405
    assert answered(token="wrong") == 401
    half = requests.post(url, data=b'{"run', headers=headers, timeout=240)
    assert (half.status_code, set(half.json())) == (500, {"error", "details"})
    assert answered(body={}) == 400
    assert answered(body={"run_id": "run_9"}) == 404
    assert answered(token=STRANGER_TOKEN, body={"run_id": "run_1"}) == 403
    assert answered(body={"run_id": "run_1"}) == 400
    assert answered(body={"run_id": "run_1", "results": []}) == 400
    client.simulator.switch(tier=2)
    refused = client.upload(row())
    assert refused.status_code == 403
    assert (refused.json()["current_tier"], refused.json()["required_tier"]) == (2, 3)


def test_an_upload_counts_against_the_token_s_limit_and_a_fault_meets_it():
    simulator = SimulatedTestably(world("testably", [run(1, ["passed"])]))
    with running(simulator) as base_url:
        client = Client(simulator, base_url)
        first, dry = client.upload(row()), client.upload(row(), dry_run=True)
        while (limited := client.upload(row())).status_code == 200:
            continue
        reached = simulator.reached(f"POST {UPLOAD}")
        simulator.faults.add(f"POST {UPLOAD}", "status:500")
        broken = client.upload(row())
    assert first.headers["X-RateLimit-Remaining"] == "59"
    assert "X-RateLimit-Remaining" not in dry.headers
    assert (limited.status_code, limited.json()["retry_after_seconds"]) == (429, 1)
    assert limited.headers["Retry-After"] == "1"
    assert reached >= 61
    assert (broken.status_code, list(broken.json())) == (500, ["error"])
    assert simulator.reached(f"POST {UPLOAD}") == reached + 1
