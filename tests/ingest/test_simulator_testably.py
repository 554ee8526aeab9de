"""The simulated Testably says what Testably's published pages and code say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.listener import running
from ingest.simulator.testably import STRANGER_TOKEN, SimulatedTestably
from tests.ingest.small_world import DURATION_MS, MINUTE, NOW, run, world

OUTCOMES = ["passed", "failed", "error", "skipped", "blocked", "passed"]


class Client:
    def __init__(self, simulator: SimulatedTestably, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url

    def ask(self, path: str, token: str = "", method: str = "GET", **query: Any):
        token = token or self.simulator.secrets["token"]
        headers = {"Authorization": f"Bearer {token}"} if token != "none" else {}
        return requests.request(
            method, self.base_url + path, params=query, headers=headers, timeout=240
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def client() -> Iterator[Client]:
    many = [
        run(number, OUTCOMES, started_at=NOW - timedelta(days=60 - number))
        for number in range(1, 39)
    ]
    begun = run(40, OUTCOMES, started_at=NOW - 4 * MINUTE, is_open=True)
    finished = run(39, OUTCOMES)
    simulator = SimulatedTestably(
        world("testably", many, [finished, begun]), relaxed=True
    )
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


def test_a_request_without_a_known_token_is_refused_in_one_sentence(client):
    for token in ("none", "testably_unknown"):
        answer = client.ask("/v1/projects", token)
        assert answer.status_code == 401
        assert list(answer.json()) == ["error"]
    client.simulator.switch(error_messages=True)
    assert set(client.ask("/v1/projects", "x").json()) == {"error", "message"}


def test_a_person_without_membership_gets_403_and_an_unknown_project_is_404(client):
    project = client.get("/v1/projects")["data"][0]["id"]
    assert client.ask(f"/v1/projects/{project}", STRANGER_TOKEN).status_code == 403
    assert client.ask("/v1/runs/run_39/results", STRANGER_TOKEN).status_code == 403
    assert client.ask("/v1/projects/proj_999").status_code == 404


def test_runs_come_newest_first_in_pages_of_twenty_counted_by_meta(client):
    first = client.get("/v1/projects/proj_001/runs")
    second = client.get("/v1/projects/proj_001/runs", page=2)
    assert first["meta"] == {"total": 38, "page": 1, "per_page": 20}
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert ids == [f"run_{number}" for number in range(38, 0, -1)]
    whole = client.get("/v1/projects/proj_001/runs", per_page=500)
    assert (len(whole["data"]), whole["meta"]["per_page"]) == (38, 100)
    assert client.ask("/v1/projects/proj_001/runs", page="0").status_code == 400


def test_neither_skipped_nor_error_exists_and_the_counters_sum_to_total(client):
    detail = client.get("/v1/projects/proj_001/runs/run_1")["data"]
    words = [row["status"] for row in detail["results"]]
    assert words == ["passed", "failed", "failed", "blocked", "blocked", "passed"]
    counters = ("passed", "failed", "blocked", "retest", "not_tested")
    assert [detail[name] for name in counters] == [2, 2, 2, 0, 0]
    assert detail["total"] == 6
    assert detail["pass_rate"] == pytest.approx(33.3)
    assert detail["closed_at"] == "2026-01-01T12:07:00Z"


def test_an_open_run_has_rows_that_are_null_until_they_are_tested(client):
    rows = client.get("/v1/runs/run_40/results")["data"]
    assert [row["status"] for row in rows[:3]] == ["passed", "retest", "failed"]
    assert {
        tuple(row[name] for name in ("status", "note", "elapsed", "tested_at"))
        for row in rows[3:]
    } == {("untested", None, None, None)}
    later = NOW + 10 * MINUTE
    client.simulator.clock = lambda: later
    assert client.get("/v1/runs/run_40/results")["data"][3]["status"] == "blocked"


def test_results_are_paged_and_equal_to_those_in_the_run(client):
    pages = [client.get("/v1/runs/run_5/results", page=p, per_page=4) for p in (1, 2)]
    assert [len(page["data"]) for page in pages] == [4, 2]
    assert pages[1]["meta"] == {"total": 6, "page": 2, "per_page": 4}
    embedded = client.get("/v1/projects/proj_001/runs/run_5")["data"]["results"]
    assert pages[0]["data"] + pages[1]["data"] == embedded


def test_every_other_project_speaks_the_words_that_the_product_really_uses(client):
    def words() -> list[str]:
        run_words = [
            client.get(f"/v1/projects/{path}")["data"]["status"]
            for path in (
                "proj_001/runs/run_1",
                "proj_002/runs/run_39",
                "proj_002/runs/run_40",
            )
        ]
        waiting = client.get("/v1/runs/run_40/results")["data"][-1]["status"]
        return [*run_words, waiting]

    assert words() == ["closed", "completed", "in_progress", "untested"]
    client.simulator.switch(vocabulary="documented")
    assert words() == ["closed", "closed", "active", "not_tested"]


def test_milestones_are_listed_in_an_envelope_and_shown_bare(client):
    listed = client.get("/v1/projects/proj_002/milestones")
    assert set(listed) == {"data", "meta"}
    row = listed["data"][0]
    bare = client.get(f"/v1/projects/proj_002/milestones/{row['id']}")
    assert (bare["name"], bare["status"]) == ("Release 1", "started")
    assert [linked["status"] for linked in bare["linked_runs"]] == [
        "completed",
        "in_progress",
    ]
    assert [linked["pass_rate"] for linked in bare["linked_runs"]] == [33, 17]
    run_row = client.get("/v1/projects/proj_002/runs")["data"][0]
    assert run_row["milestone_id"] == row["id"]


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("seconds", 45),
        ("float", 45.25),
        ("null", None),
        ("clock", "00:45"),
        ("ms", DURATION_MS),
    ],
)
def test_elapsed_comes_in_every_form_found_in_the_product(client, unit, shown):
    client.simulator.switch(elapsed=unit)
    assert client.get("/v1/runs/run_1/results")["data"][0]["elapsed"] == shown


def test_a_second_attempt_is_written_over_the_first():
    twice = run(1, ["failed"])
    again = replace(twice.results[0], number=199, attempt=2, outcome="passed")
    before = SimulatedTestably(world("testably", [run(1, ["failed"])]))
    after = SimulatedTestably(
        world("testably", [replace(twice, results=[*twice.results, again])])
    )
    rows = []
    for simulator in (before, after):
        with running(simulator) as base_url:
            got = Client(simulator, base_url).get("/v1/runs/run_1/results")
            rows += got["data"]
    assert [row["status"] for row in rows] == ["failed", "passed"]
    assert rows[0]["id"] == rows[1]["id"]


def test_counters_can_be_those_of_the_last_batch_alone():
    results = [
        replace(one, case=replace(one.case, number=index), number=index)
        for index in range(1, 131)
        for one in [run(1, ["passed" if index > 30 else "failed"]).results[0]]
    ]
    simulator = SimulatedTestably(
        world("testably", [replace(run(1, []), results=results)]), stale_counters=True
    )
    with running(simulator) as base_url:
        body = Client(simulator, base_url).get("/v1/projects/proj_001/runs")["data"][0]
    assert (body["total"], body["passed"], body["failed"]) == (130, 100, 0)


def test_what_is_coming_soon_or_has_a_doubled_prefix_does_not_exist(client):
    soon = client.ask("/v1/projects/proj_001/runs/run_1/close", method="POST")
    assert (soon.status_code, "error" in soon.json()) == (404, True)
    client.simulator.switch(soon_status=501)
    assert client.ask("/v1/projects", method="POST").status_code == 501
    assert client.ask("/v1/v1/projects/proj_001/runs").status_code == 404


def test_test_cases_are_found_by_folder_and_by_text(client):
    path = "/v1/projects/proj_001/test-cases"
    everything = client.get(path)
    assert everything["meta"]["total"] == 12
    folder = everything["data"][0]["folder_id"]
    assert client.get(path, folder_id=folder)["meta"]["total"] == 12
    found = client.get(path, search="case 7")["data"]
    assert [row["title"] for row in found] == ["Case 7"]
    one = client.get(f"{path}/{found[0]['id']}")["data"]
    assert one["tags"] == ["shop"]
    assert "tags" not in found[0]


def test_a_token_has_sixty_requests_and_a_new_one_every_second():
    simulator = SimulatedTestably(world("testably", [run(1, ["passed"])]))
    with running(simulator) as base_url:
        client = Client(simulator, base_url)
        # A refused token takes nothing from the bucket.
        assert client.ask("/v1/projects", "wrong").status_code == 401
        begin = time.monotonic()
        answers = [client.ask("/v1/projects")]
        while answers[-1].status_code == 200:
            answers.append(client.ask("/v1/projects"))
        took = time.monotonic() - begin
    refused = answers.pop()
    assert 60 <= len(answers) <= 61 + took
    assert answers[0].headers["X-RateLimit-Limit"] == "60"
    assert answers[0].headers["X-RateLimit-Remaining"] == "59"
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.json()["error"] == "Too Many Requests"
    assert refused.json()["retry_after_seconds"] == 1


def test_a_relaxed_simulator_has_no_limit(client):
    answers = {client.ask("/v1/projects").status_code for _ in range(70)}
    assert answers == {200}
