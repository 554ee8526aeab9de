"""The simulated Testmo says what Testmo's reference and clients say, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.testmo import TOKEN, SimulatedTestmo
from ingest.simulator.world import World

NOW = datetime(2026, 8, 20, 14, 30, tzinfo=UTC)
ENVELOPE = {
    "page",
    "prev_page",
    "next_page",
    "last_page",
    "per_page",
    "total",
    "result",
    "expands",
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Client:
    def __init__(self, simulator: SimulatedTestmo, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def ask(self, path: str, **query: Any) -> requests.Response:
        url = f"{self.base_url}/api/v1/{path}"
        return self.session.get(url, params=query, timeout=240)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page: int | None = 1
        while page is not None:
            answer = self.get(path, page=page, **query)
            rows += answer["result"]
            page = answer["next_page"]
        return rows


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(3, NOW, runs=250, days=50)


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    simulator = SimulatedTestmo(world, relaxed=True)
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


def test_every_call_needs_the_bearer_token(client):
    for given in ("", TOKEN, "Bearer wrong"):
        client.session.headers["Authorization"] = given
        answer = client.ask("projects")
        assert (answer.status_code, set(answer.json())) == (401, {"message"})


def test_the_user_is_a_bare_object(client):
    names = {"id", "name", "timezone", "date_format", "time_format"}
    assert set(client.get("user")) == names


def test_lists_take_four_page_sizes_and_refuse_others_with_the_field_named(client):
    path = "projects/1/automation/runs"
    assert [client.get(path, per_page=n)["per_page"] for n in (15, 25, 50, 100)]
    assert client.get(path)["per_page"] == 100
    for size in (5, 10, 200, "x"):
        answer = client.ask(path, per_page=size)
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == ["per_page"]


def test_tests_take_other_page_sizes_from_100_to_1000(client):
    run = client.get("projects/1/automation/runs")["result"][0]
    path = f"automation/runs/{run['id']}/tests"
    sizes = [client.ask(path, per_page=n).status_code for n in (100, 317, 1000)]
    assert sizes == [200, 200, 200]
    assert [client.ask(path, per_page=n).status_code for n in (50, 1001)] == [422, 422]


def test_the_envelope_leads_from_the_first_page_to_the_last(client):
    path = "projects/1/automation/runs"
    first = client.get(path, per_page=15)
    last = client.get(path, per_page=15, page=first["last_page"])
    assert set(first) == ENVELOPE
    assert (first["prev_page"], first["next_page"]) == (None, 2)
    assert last["prev_page"] == first["last_page"] - 1
    assert last["next_page"] is None
    runs = client.all(path, per_page=15)
    assert len(runs) == len({run["id"] for run in runs}) == first["total"]
    created = [run["created_at"] for run in runs]
    assert created == sorted(created, reverse=True)
    assert all(MOMENT.fullmatch(moment) for moment in created)


def test_the_creation_filters_are_exclusive_on_both_sides(client):
    path = "projects/1/automation/runs"
    created = [run["created_at"] for run in client.all(path)]
    between = client.all(path, created_after=created[9], created_before=created[3])
    assert [run["created_at"] for run in between] == created[4:9]
    assert client.ask(path, created_after="yesterday").status_code == 422


def test_nothing_expanded_is_an_object_or_php_s_empty_list(client):
    assert client.get("projects")["expands"] == {}
    client.simulator.switch(empty_expands="[]")
    assert client.get("projects")["expands"] == []
    expanded = client.get("projects/1/automation/runs", expands="configs")
    assert set(expanded["expands"]) == {"configs"}


def test_expands_hold_each_referenced_object_once(client):
    names = ("automation_sources", "configs", "milestones", "statuses", "users")
    answer = client.get("projects/1/automation/runs", expands=",".join(names))
    expands, runs = answer["expands"], answer["result"]
    assert set(expands) == set(names)
    for name, field in (
        ("automation_sources", "source_id"),
        ("configs", "config_id"),
        ("milestones", "milestone_id"),
        ("users", "created_by"),
    ):
        ids = [entry["id"] for entry in expands[name]]
        assert sorted(ids) == sorted({run[field] for run in runs} - {None})
    assert client.ask("projects/1/automation/runs", expands="x").status_code == 422


def test_a_count_field_counts_the_status_with_the_next_id(client):
    answer = client.get("projects/1/automation/runs", expands="statuses")
    statuses = answer["expands"]["statuses"]
    for run in answer["result"]:
        by_flag = {"is_passed": 0, "is_failed": 0, "is_untested": 0}
        for status in statuses:
            number = status["id"] - 1
            name = f"status{number}_count" if number else "untested_count"
            for flag in by_flag:
                by_flag[flag] += run[name] if status[flag] else 0
        assert run["success_count"] == by_flag["is_passed"]
        assert run["failure_count"] == by_flag["is_failed"]
        assert run["untested_count"] == by_flag["is_untested"]
        assert run["completed_count"] + run["untested_count"] == run["total_count"]
        assert "status24_count" in run
        assert "status25_count" not in run
    flags = {
        status["id"]: (status["is_passed"], status["is_failed"])
        for status in client.get("projects/1/statuses")["result"]
    }
    assert flags[7] == (False, True)
    assert flags[8] == (False, False)


def test_threads_are_embedded_and_their_counts_sum_up_to_the_run_s(client):
    for run in client.get("projects/1/automation/runs")["result"]:
        assert len(run["threads"]) == run["thread_count"]
        for name in ("status1_count", "failure_count", "total_count"):
            assert sum(thread[name] for thread in run["threads"]) == run[name]
        assert run["thread_active_count"] == (
            0 if run["is_completed"] else run["thread_count"]
        )


def test_elapsed_is_in_microseconds_and_the_open_run_has_none(client):
    runs = client.get("projects/1/automation/runs")["result"]
    for run in runs:
        if not run["is_completed"]:
            assert (run["status"], run["elapsed"], run["completed_at"]) == (
                4,
                None,
                None,
            )
            continue
        began, ended = (
            datetime.fromisoformat(run[name]) for name in ("created_at", "completed_at")
        )
        assert run["elapsed"] == (ended - began) // timedelta(microseconds=1)
        assert run["status"] == (3 if run["failure_count"] else 2)
    assert [run["is_completed"] for run in runs].count(False) == 1


def test_the_rows_of_a_run_agree_with_its_counts(client):
    words = {2: "success_count", 3: "failure_count"}
    for run in client.get("projects/1/automation/runs", per_page=15)["result"]:
        rows = client.all(f"automation/runs/{run['id']}/tests")
        assert len(rows) == run["total_count"]
        for status, name in words.items():
            assert sum(row["status"] == status for row in rows) == run[name]
        assert all(re.fullmatch("[a-z0-9_]{1,64}", row["key"]) for row in rows)
        assert {r["thread_id"] for r in rows} <= {t["id"] for t in run["threads"]}
        assert not any("message" in row for row in rows)
        numbers = [row["automation_test_id"] for row in rows]
        assert numbers == sorted(numbers, reverse=True)


def test_a_repeated_test_is_sent_twice_with_the_same_key(client):
    runs = client.all("projects/1/automation/runs", source_id="100,101,102")
    for run in runs:
        rows = client.all(f"automation/runs/{run['id']}/tests", per_page=1000)
        if len({row["key"] for row in rows}) < len(rows):
            return
    pytest.fail("No run repeats a test.")


def test_rows_can_be_asked_for_by_thread_and_by_status(client):
    runs = client.get("projects/1/automation/runs", status="3")["result"]
    run = next(run for run in runs if run["thread_count"] > 1)
    path, thread = f"automation/runs/{run['id']}/tests", run["threads"][1]
    assert client.get(path, thread_id=thread["id"])["total"] == thread["total_count"]
    failures = client.get(path, status_id="3")
    assert {row["status"] for row in failures["result"]} == {3}


def test_without_the_newer_endpoint_or_with_counts_only_tests_answer_404(client):
    rows_run = client.get("projects/1/automation/runs")["result"][0]["id"]
    counts_run = client.get("projects/3/automation/runs")["result"][0]
    assert counts_run["total_count"] > 0
    assert client.ask(f"automation/runs/{counts_run['id']}/tests").status_code == 404
    client.simulator.switch(tests=False)
    assert client.ask(f"automation/runs/{rows_run}/tests").status_code == 404
    assert client.ask(f"automation/runs/{rows_run}").status_code == 200


def test_a_single_thing_is_wrapped_and_an_unknown_one_is_404(client):
    run = client.get("projects/1/automation/runs")["result"][0]
    assert client.get(f"automation/runs/{run['id']}")["result"] == run
    for path in ("projects/99", "automation/runs/1", "milestones/1", "runs/1"):
        assert client.ask(path).status_code == 404
    url = f"{client.base_url}/api/v1/projects"
    assert client.session.post(url, timeout=240).status_code == 405


def test_a_run_whose_tag_is_a_milestone_s_automation_tag_is_linked_to_it(client):
    milestones = client.all("projects/1/milestones")
    by_tag = {tag: m["id"] for m in milestones for tag in m["automation_tags"]}
    tagged = [
        (run["milestone_id"], by_tag[tag])
        for run in client.all("projects/1/automation/runs")
        for tag in run["tags"]
        if tag in by_tag
    ]
    assert tagged
    assert all(own == expected for own, expected in tagged)
    done = client.all("projects/1/milestones", is_completed=1)
    assert {m["id"] for m in milestones if m["completed_at"]} == {m["id"] for m in done}


def test_manual_runs_have_results_with_the_instance_s_own_statuses(client):
    runs = client.all("projects/1/runs") + client.all("projects/2/runs")
    assert runs
    cases = {case["id"] for n in (1, 2) for case in client.all(f"projects/{n}/cases")}
    for run in runs:
        rows = client.all(f"runs/{run['id']}/results", get_latest_result=1)
        assert len(rows) == run["completed_count"]
        passed = sum(row["status_id"] == 2 for row in rows)
        assert passed == run["status1_count"]
        assert {row["case_id"] for row in rows} <= cases


def test_manual_and_automation_runs_count_their_ids_apart(client):
    manual = {run["id"] for n in (1, 2) for run in client.all(f"projects/{n}/runs")}
    automated = {
        run["id"]
        for n in (1, 2, 3)
        for run in client.all(f"projects/{n}/automation/runs")
    }
    assert manual & automated


def test_a_429_has_retry_after_or_not_and_never_a_rate_limit_header(world):
    simulator = SimulatedTestmo(world)
    with running(simulator) as base_url:
        client = Client(simulator, base_url)
        assert simulator.bucket is not None
        simulator.bucket.capacity, simulator.bucket.per_second = 1, 0.01
        client.ask("user")
        told = client.ask("user")
        simulator.switch(retry_after=False)
        untold = client.ask("user")
    assert (told.status_code, untold.status_code) == (429, 429)
    assert int(told.headers["Retry-After"]) >= 99
    assert "Retry-After" not in untold.headers
    assert not any(name.lower().startswith("x-ratelimit") for name in told.headers)
