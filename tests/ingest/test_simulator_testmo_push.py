"""What is pushed to the simulated Testmo is refused or read back as Testmo says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.listener import running
from ingest.simulator.testmo import READ_ONLY_TOKEN, TOKEN, SimulatedTestmo
from tests.ingest.small_world import NOW, run, world

RUNS = "projects/1/automation/runs"
MINIMAL = {"name": "Run A", "source": "frontend"}
ONE = {"key": "k1", "name": "adds item", "status": "passed", "folder": "cart"}
COUNTED = ("total_count", "success_count", "failure_count", "status5_count")


class Client:
    def __init__(self, simulator: SimulatedTestmo, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        content = options or {"json": {} if body is None else body}
        url = f"{self.base_url}/api/v1/{path}"
        return self.session.post(url, timeout=240, **content)

    def create(self, **fields: Any) -> int:
        answer = self.post(RUNS, MINIMAL | fields)
        assert (answer.status_code, list(answer.json())) == (201, ["id"])
        return answer.json()["id"]

    def thread(self, run_id: int, **fields: Any) -> int:
        answer = self.post(f"automation/runs/{run_id}/threads", fields)
        assert (answer.status_code, list(answer.json())) == (201, ["id"])
        return answer.json()["id"]

    def done(self, path: str, body: Any = None) -> None:
        answer = self.post(f"automation/runs/{path}", body)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    def append(self, thread_id: int, *tests: Any, **fields: Any) -> None:
        self.done(f"threads/{thread_id}/append", {"tests": list(tests), **fields})

    def get(self, path: str, **query: Any) -> Any:
        url = f"{self.base_url}/api/v1/{path}"
        answer = self.session.get(url, params=query, timeout=240)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, run_id: int) -> Any:
        return self.get(f"automation/runs/{run_id}")["result"]

    def tests(self, run_id: int) -> list[Any]:
        rows = self.get(f"automation/runs/{run_id}/tests", order="asc", per_page=1000)
        return rows["result"]

    def pass_time(self, **time: float) -> None:
        now = self.simulator.now() + timedelta(**time)
        self.simulator.clock = lambda: now


@pytest.fixture
def client() -> Iterator[Client]:
    finished = replace(run(1, ["passed", "failed"]), configuration="Chrome")
    still = run(2, ["passed"], is_open=True)
    simulator = SimulatedTestmo(world("testmo", [finished, still], []), relaxed=True)
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


def many(count: int, start: int = 0) -> list[Any]:
    numbers = range(start, start + count)
    return [ONE | {"key": f"k{n}", "name": f"Test {n}"} for n in numbers]


def test_what_a_submit_sends_is_read_back_as_counts_threads_and_rows(client):
    run_id = client.create(tags=["nightly"])
    thread_id = client.thread(run_id, elapsed_computed=3_750_000)
    tests = [
        ONE | {"elapsed": 500_001, "file": "a.ts", "line": 12, "assertions": 3},
        ONE | {"key": "k2", "status": "failure", "elapsed": 1_250_000},
        ONE | {"key": "k3", "status": "skipped"},
        ONE | {"key": "k4", "status": "error"},
    ]
    client.append(thread_id, *tests)
    open_run = client.run(run_id)
    assert (open_run["is_completed"], open_run["status"]) == (False, 4)
    assert open_run["elapsed"] is None
    client.done(f"{run_id}/complete", {"measure_elapsed": False})
    body = client.run(run_id)
    assert [body[name] for name in COUNTED] == [4, 1, 2, 1]
    assert (body["is_completed"], body["status"]) == (True, 3)
    assert (body["elapsed"], body["tags"]) == (3_750_000, ["nightly"])
    (thread,) = body["threads"]
    assert (thread["id"], thread["index"]) == (thread_id, 1)
    assert (thread["elapsed"], thread["is_completed"]) == (3_750_000, True)
    assert [thread[name] for name in COUNTED] == [4, 1, 2, 1]
    rows = client.tests(run_id)
    assert [row["key"] for row in rows] == ["k1", "k2", "k3", "k4"]
    assert [row["status"] for row in rows] == [2, 3, 1, 3]
    assert [row["elapsed"] for row in rows] == [500_001, 1_250_000, None, None]
    assert {row["thread_id"] for row in rows} == {thread_id}
    assert (rows[0]["name"], rows[0]["folder"]) == ("adds item", "cart")


def test_a_pushed_run_is_listed_first_and_its_source_is_made(client):
    before = client.get("projects/1/automation/sources")["result"]
    run_id = client.create()
    listed = client.get(RUNS, expands="automation_sources,users")
    assert [row["id"] for row in listed["result"]] == [run_id, 2, 1]
    assert listed["result"][0] == client.run(run_id)
    sources = client.get("projects/1/automation/sources")["result"]
    made = [source for source in sources if source["name"] == "frontend"]
    assert [source["id"] for source in made] == [listed["result"][0]["source_id"]]
    assert [source for source in sources if source not in made] == before
    assert client.get("projects/1")["result"]["automation_run_count"] == 3
    assert client.get("projects/2/automation/runs")["total"] == 0


def test_what_is_pushed_to_one_simulator_is_not_in_the_shared_world(client):
    client.create()
    other = SimulatedTestmo(client.simulator.world, relaxed=True)
    assert len(other.projects[0].runs) == 2


def test_artifacts_fields_and_links_are_added_to_the_run_and_the_thread(client):
    artifact = {"name": "a.zip", "url": "https://ci.example.com/a.zip", "size": 1234}
    highlighted = {
        "type": 4,
        "name": "Failure",
        "value": "trace",
        "meta": {"type": "AssertionError"},
        "is_highlight": True,
    }
    link = {"name": "Build", "url": "https://ci.example.com/1", "note": "n"}
    run_id = client.create(artifacts=[artifact], links=[link])
    client.done(f"{run_id}/append", {"fields": [highlighted], "links": [link]})
    thread_id = client.thread(run_id, fields=[{"type": 1, "name": "sha"}])
    client.append(thread_id, artifacts=[artifact])
    body = client.run(run_id)
    told = artifact | {"note": None, "mime_type": None}
    assert body["artifacts"] == body["threads"][0]["artifacts"] == [told]
    assert (body["fields"], body["links"]) == ([highlighted], [link, link])
    plain = {"value": None, "meta": {}, "is_highlight": False}
    assert body["threads"][0]["fields"] == [{"type": 1, "name": "sha"} | plain]


def test_threads_run_in_parallel_and_complete_one_by_one(client):
    run_id = client.create()
    threads = [client.thread(run_id) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        for index, thread_id in enumerate(threads):
            for part in range(4):
                tests = many(50, start=index * 1000 + part * 50)
                pool.submit(client.append, thread_id, *tests)
    client.done(f"threads/{threads[0]}/complete")
    body = client.run(run_id)
    assert body["total_count"] == 600
    assert [thread["total_count"] for thread in body["threads"]] == [200, 200, 200]
    counts = ("thread_count", "thread_active_count", "thread_completed_count")
    assert [body[name] for name in counts] == [3, 2, 1]
    assert len({row["key"] for row in client.tests(run_id)}) == 600
    client.done(f"{run_id}/complete")
    assert client.run(run_id)["thread_completed_count"] == 3


def test_elapsed_is_measured_or_that_of_the_longest_thread(client):
    measured, longest, silent = (client.create() for _ in range(3))
    for run_id in (measured, longest):
        client.thread(run_id, elapsed_computed=2_000_000)
        thread_id = client.thread(run_id, elapsed_observed=1_000_000)
        client.append(thread_id, elapsed_observed=2_500_000, elapsed_computed=9_000_000)
    client.append(client.thread(silent), *[ONE | {"elapsed": 700_000}] * 2)
    client.pass_time(seconds=90)
    client.done(f"{measured}/complete", {"measure_elapsed": True})
    client.done(f"{longest}/complete")
    client.done(f"{silent}/complete", {"measure_elapsed": False})
    bodies = [client.run(run_id) for run_id in (measured, longest, silent)]
    assert [body["elapsed"] for body in bodies] == [90_000_000, 3_500_000, 1_400_000]
    assert bodies[0]["completed_at"] == "2026-03-01T12:01:30.000Z"
    assert NOW.isoformat()[:19] == bodies[0]["created_at"][:19]


def test_a_key_is_one_case_within_a_source_and_a_known_key_is_the_known_case(client):
    known = hashlib.sha256(b"Shop / Cart.Case 1").hexdigest()
    ids = []
    for source in ("frontend", "frontend", "backend"):
        run_id = client.create(source=source)
        client.append(client.thread(run_id), ONE, ONE | {"key": known})
        ids.append([row["automation_case_id"] for row in client.tests(run_id)])
    assert ids[0] == ids[1]
    assert ids[2][0] != ids[0][0]
    (case_id, *_) = [row["automation_case_id"] for row in client.tests(1)]
    assert {row[1] for row in ids} == {case_id}


def test_a_milestone_comes_by_id_by_name_or_by_tag_and_a_config_likewise(client):
    own = client.simulator.projects[0].milestones
    own[0] = replace(own[0], tag="v1")
    assert client.run(client.create(tags=["v1"]))["milestone_id"] == own[0].number
    named = client.create(milestone=own[0].name, config="Chrome")
    by_id = client.create(milestone_id=own[0].number, config_id=1, config="nonsense")
    for run_id in (named, by_id):
        body = client.run(run_id)
        assert (body["milestone_id"], body["config_id"]) == (own[0].number, 1)
    assert client.run(client.create())["milestone_id"] is None
    unknown = ({"milestone": "x"}, {"milestone_id": 99}, {"config": "x"})
    for fields in unknown:
        answer = client.post(RUNS, MINIMAL | fields)
        assert (answer.status_code, list(answer.json()["errors"])) == (
            422,
            list(fields),
        )
    client.simulator.switch(unknown_names="ignored")
    assert client.run(client.create(milestone="x"))["milestone_id"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "Has Capitals"}, "key"),
        ({"key": "k" * 65}, "key"),
        ({"key": None}, "key"),
        ({"name": ""}, "name"),
        ({"folder": None}, "folder"),
        ({"status": "Passed"}, "status"),
        ({"status": "flaky"}, "status"),
        ({"elapsed": -1}, "elapsed"),
        ({"elapsed": "12"}, "elapsed"),
        ({"line": 1.5}, "line"),
        ({"artifacts": [{"name": "a"}]}, "artifacts.0.url"),
        (
            {"artifacts": [{"name": "a", "url": "b", "note": "x" * 81}]},
            "artifacts.0.note",
        ),
        ({"fields": [{"name": "a", "type": 6}]}, "fields.0.type"),
        ({"fields": [{"type": 1}]}, "fields.0.name"),
    ],
)
def test_one_invalid_test_names_its_field_and_nothing_of_the_append_is_stored(
    client, change, field
):
    run_id = client.create()
    thread_id = client.thread(run_id)
    body = {"tests": [ONE, ONE | change], "elapsed_observed": 5}
    answer = client.post(f"automation/runs/threads/{thread_id}/append", body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"message", "errors"}
    assert list(answer.json()["errors"]) == [f"tests.1.{field}"]
    read = client.run(run_id)
    assert (read["total_count"], read["threads"][0]["elapsed"]) == (0, 0)


def test_an_unknown_alias_may_be_stored_as_a_status_without_meaning(client):
    client.simulator.switch(unknown_alias="neutral")
    run_id = client.create()
    client.append(client.thread(run_id), ONE | {"status": "flaky"})
    assert [row["status"] for row in client.tests(run_id)] == [1]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"source": "9 lives"}, "source"),
        ({"source": None}, "source"),
        ({"tags": "nightly"}, "tags"),
        ({"links": [{"name": "a"}]}, "links.0.url"),
        ({"artifacts": {}}, "artifacts"),
        ({"fields": [7]}, "fields.0"),
    ],
)
def test_an_invalid_run_is_not_made(client, fields, field):
    answer = client.post(RUNS, MINIMAL | fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert client.get(RUNS)["total"] == 2


def test_what_is_completed_takes_no_threads_and_no_results(client):
    run_id = client.create()
    done, left = client.thread(run_id), client.thread(run_id)
    client.done(f"threads/{done}/complete")
    client.append(left, ONE)
    assert client.post(f"automation/runs/threads/{done}/append").status_code == 422
    client.done(f"{run_id}/complete")
    late = (
        f"{run_id}/threads",
        f"{run_id}/complete",
        f"threads/{left}/append",
        f"threads/{left}/complete",
    )
    body = {"tests": [ONE]}
    for status in (422, 409):
        client.simulator.switch(completed_status=status)
        answers = [client.post(f"automation/runs/{path}", body) for path in late]
        assert {answer.status_code for answer in answers} == {status}
    assert client.run(run_id)["total_count"] == 1
    link = {"name": "Build", "url": "https://ci.example.com/1"}
    client.done(f"{run_id}/append", {"links": [link]})
    assert len(client.run(run_id)["links"]) == 1


def test_unknown_and_foreign_runs_are_not_written(client):
    paths = ("9/append", "9/threads", "threads/9/append", "x/complete")
    answers = [client.post(f"automation/runs/{path}") for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert client.post("projects/9/automation/runs", MINIMAL).status_code == 404
    assert client.post("automation/runs/2/complete").status_code == 403
    assert client.run(2)["is_completed"] is False


def test_a_token_that_may_only_read_and_a_wrong_one_are_refused(client):
    client.session.headers["Authorization"] = f"Bearer {READ_ONLY_TOKEN}"
    assert client.post(RUNS, MINIMAL).status_code == 403
    assert client.get(RUNS)["total"] == 2
    client.session.headers["Authorization"] = "Bearer wrong"
    answer = client.post(RUNS, MINIMAL)
    assert (answer.status_code, set(answer.json())) == (401, {"message"})


def test_half_a_json_another_content_type_and_another_method_are_refused(client):
    json_type = {"Content-Type": "application/json"}
    half = client.post(RUNS, data=b'{"name": "Ru', headers=json_type)
    no_object = client.post(RUNS, data=b"[]", headers=json_type)
    form = client.post(RUNS, data={"name": "Run A"})
    assert [a.status_code for a in (half, no_object, form)] == [400, 400, 415]
    run_id = client.create()
    url = f"{client.base_url}/api/v1/automation/runs/{run_id}/append"
    assert client.session.put(url, json={}, timeout=240).status_code == 405


def test_a_body_may_be_streamed_in_chunks(client):
    headers = {"Content-Type": "application/json"}
    for _ in range(2):
        parts = (part for part in (b'{"name": "Run A",', b' "source": "front"}'))
        answer = client.post(RUNS, data=parts, headers=headers)
        assert answer.status_code == 201
        assert client.run(answer.json()["id"])["name"] == "Run A"


def test_faults_meet_a_push_and_every_attempt_is_counted(client):
    run_id = client.create()
    thread_id = client.thread(run_id)
    path = f"automation/runs/threads/{thread_id}/append"
    body = {"tests": [ONE]}
    faults = client.simulator.faults
    faults.add("POST .*/append", "status:429", retry_after="7")
    faults.add("POST .*/append", "status:429")
    faults.add("POST .*/append", "status:503")
    answers = [client.post(path, body) for _ in range(3)]
    assert [a.status_code for a in answers] == [429, 429, 503]
    assert [a.headers.get("Retry-After") for a in answers] == ["7", None, None]
    assert client.run(run_id)["total_count"] == 0
    faults.add("POST .*/append", "reset")
    with pytest.raises(requests.ConnectionError):
        client.post(path, body)
    # The answer was lost, not the request: sending it again doubles the row.
    assert client.run(run_id)["total_count"] == 1
    client.append(thread_id, ONE)
    assert client.run(run_id)["total_count"] == 2
    assert client.simulator.reached("POST .*/append") == 5


def test_six_hundred_tests_arrive_in_order(client):
    run_id = client.create()
    thread_id = client.thread(run_id)
    for size, start in ((250, 0), (250, 250), (100, 500)):
        client.append(thread_id, *many(size, start))
    keys = [row["key"] for row in client.tests(run_id)]
    assert keys == [f"k{number}" for number in range(600)]
