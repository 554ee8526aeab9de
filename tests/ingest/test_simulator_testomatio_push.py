"""Runs are made, moved on and reported to at the simulated Testomat.io as it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.listener import running
from ingest.simulator.testomatio import (
    READ_ONLY_TOKEN,
    TOKEN,
    SimulatedTestomatio,
    project_token,
)
from tests.ingest.small_world import run, world

SLUG = "product-1"
KEY = project_token(SLUG)
ONE = {"title": "Case 1", "suite_title": "Cart", "status": "passed", "run_time": 1234}
COUNTERS = ("tests_count", "passed_count", "failed_count", "skipped_count")


class Client:
    def __init__(self, simulator: SimulatedTestomatio, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any):
        url = f"{self.base_url}/api/{path}"
        return self.session.request(method, url, json=body, params=query, timeout=240)

    # API v2

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", f"v2/{SLUG}/{path}", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def create(self, **fields: Any) -> Any:
        answer = self.ask("POST", f"v2/{SLUG}/runs", {"run": fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def move(self, run_id: str, event: str, method: str = "PUT") -> requests.Response:
        body = {"run": {"status_event": event}}
        return self.ask(method, f"v2/{SLUG}/runs/{run_id}", body)

    def rows(self, run_id: str) -> list[Any]:
        return self.get("testruns", run_id=run_id, per_page=100)

    # Reporter API

    def report(self, method: str, path: str = "", key: str = KEY, **fields: Any):
        url = f"{self.base_url}/api/reporter{path}"
        body = {"api_key": key, **fields}
        return requests.request(method, url, json=body, timeout=240)

    def begin(self, **fields: Any) -> str:
        answer = self.report("POST", **fields)
        assert answer.status_code == 200, answer.text
        return answer.json()["uid"]

    def add(self, uid: str, *tests: Any) -> None:
        answer = self.report("POST", f"/{uid}/testrun", tests=list(tests))
        assert (answer.status_code, answer.json()) == (200, {})

    def end(self, uid: str, event: str = "finish", **fields: Any) -> None:
        answer = self.report("PUT", f"/{uid}", status_event=event, **fields)
        assert answer.status_code == 200, answer.text

    def pass_time(self, **time: float) -> None:
        now = self.simulator.now() + timedelta(**time)
        self.simulator.clock = lambda: now


@pytest.fixture
def client() -> Iterator[Client]:
    mine = [run(1, ["passed", "failed", "skipped"]), run(2, ["passed"], is_open=True)]
    simulator = SimulatedTestomatio(world("testomatio", mine, []), relaxed=True)
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


# Making runs and moving them on by the API v2


def test_a_made_run_is_scheduled_with_its_fields_and_listed_first(client):
    made = client.create(
        title="Smoke", kind="automated", env="Chrome, Windows 11", description="By hand"
    )
    assert re.fullmatch("[0-9a-f]{8}", made["id"])
    assert (made["title"], made["kind"], made["status"]) == (
        "Smoke",
        "automated",
        "scheduled",
    )
    assert (made["env"], made["description"]) == (["Chrome", "Windows 11"], "By hand")
    assert (made["launched_at"], made["finished_at"]) == (None, None)
    listed = client.get("runs")
    assert listed[0] == made == client.get(f"runs/{made['id']}")
    assert len(listed) == 3
    assert {row["status"] for row in client.rows(made["id"])} == {"pending"}
    assert len(SimulatedTestomatio(client.simulator.world).projects[0].runs) == 2


def test_a_run_is_made_of_plans_suites_or_tests_or_of_all_that_suit(client):
    tests = [test["id"] for test in client.get("tests")]
    suites = {suite["title"]: suite["id"] for suite in client.get("suites")}
    plan = client.get("plans")[0]
    counts = [
        client.create(kind="automated", **fields)["tests_count"]
        for fields in (
            {},
            {"test_ids": tests[:2]},
            {"suite_ids": [suites["Shop"]]},
            {"plan_ids": [plan["id"]]},
            {"plan_ids": [plan["id"]], "test_ids": tests},
        )
    ]
    assert counts == [12, 2, 12, plan["tests_count"], 12]
    assert client.create(kind="manual")["tests_count"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "not wrapped"}, 400),
        ([], 400),
        ({"run": {"kind": "robot"}}, 422),
        ({"run": {"test_ids": ["zzzzzzzz"]}}, 422),
        ({"run": {"plan_ids": "all"}}, 422),
        ({"run": {"rungroup_id": "zzzzzzzz"}}, 422),
    ],
)
def test_a_run_that_makes_no_sense_is_not_made(client, body, status):
    answer = client.ask("POST", f"v2/{SLUG}/runs", body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert len(client.get("runs")) == 2


def test_a_launched_run_executes_by_itself_and_a_rerun_repeats_what_failed(client):
    run_id = client.create(kind="automated")["id"]
    assert client.move(run_id, "launch").json()["data"]["status"] == "running"
    walked = []
    for seconds in (0, 35, 60):
        client.pass_time(seconds=seconds)
        body = client.get(f"runs/{run_id}")
        walked.append((body["status"], body["passed_count"], body["failed_count"]))
    # Test n begins after n seconds and takes 30: the eleventh is the one that fails.
    assert walked == [("running", 0, 0), ("running", 5, 0), ("failed", 11, 1)]
    assert body["finished_at"] == "2026-03-01T12:00:42.000Z"
    again = client.move(run_id, "rerun", "PATCH").json()["data"]
    assert (again["status"], again["finished_at"]) == ("running", None)
    client.pass_time(minutes=1)
    body = client.get(f"runs/{run_id}")
    counted = ("passed", 12, 12, 0, 0)
    assert (body["status"], *[body[name] for name in COUNTERS]) == counted
    client.simulator.switch(attempts=True)
    words = Counter(row["status"] for row in client.rows(run_id))
    assert words == {"passed": 12, "failed": 1}


def test_a_manual_run_waits_for_people_and_skips_what_is_pending_at_its_end(client):
    tests = [test["id"] for test in client.get("tests")]
    run_id = client.create(kind="manual", test_ids=tests[:3])["id"]
    assert client.move(run_id, "launch").status_code == 200
    client.pass_time(days=1)
    assert client.get(f"runs/{run_id}")["status"] == "running"
    before = [row["id"] for row in client.rows(run_id)]
    ended = client.move(run_id, "finish_manual").json()["data"]
    assert (ended["status"], ended["skipped_count"]) == ("finished", 3)
    assert [row["id"] for row in client.rows(run_id)] == before


def test_a_terminated_run_says_so_even_while_it_was_executing(client):
    run_id = client.create(kind="automated")["id"]
    client.move(run_id, "launch")
    client.pass_time(seconds=33)
    body = client.move(run_id, "terminate").json()["data"]
    assert (body["status"], body["passed_count"], body["skipped_count"]) == (
        "terminated",
        3,
        9,
    )
    client.pass_time(hours=1)
    assert client.get(f"runs/{run_id}") == body


def test_an_event_that_does_not_suit_the_status_is_refused(client):
    run_id = client.create(kind="automated")["id"]
    refused = [client.move(run_id, event).status_code for event in ("rerun", "nap")]
    client.move(run_id, "finish")
    late = ("launch", "finish", "terminate", "scheduled")
    refused += [client.move(run_id, event).status_code for event in late]
    assert set(refused) == {422}
    assert client.move("ffffffff", "finish").status_code == 404


def test_a_run_that_others_made_is_rerun_and_the_world_stays_as_it_is(client):
    known = client.get("runs")[-1]
    before = client.rows(known["id"])
    renamed = client.ask("PUT", f"v2/{SLUG}/runs/{known['id']}", {"run": {}})
    assert renamed.json()["data"] == known
    assert client.move(known["id"], "rerun").json()["data"]["status"] == "running"
    client.pass_time(minutes=1)
    body = client.get(f"runs/{known['id']}")
    assert [body[name] for name in COUNTERS] == [3, 2, 0, 1]
    assert [r["id"] for r in client.rows(known["id"])] == [r["id"] for r in before]
    assert len(client.get("runs")) == 2
    fresh = SimulatedTestomatio(client.simulator.world, relaxed=True)
    assert [r.outcome for r in fresh.projects[0].runs[0].results][1] == "failed"


def test_without_execution_a_launched_run_waits_for_a_reporter(client):
    client.simulator.switch(executes=False)
    tests = [test["id"] for test in client.get("tests")]
    run_id = client.create(kind="automated", test_ids=tests[:2])["id"]
    client.move(run_id, "launch")
    client.pass_time(days=1)
    assert client.get(f"runs/{run_id}")["tests_count"] == 2
    client.add(run_id, ONE | {"test_id": f"@T{tests[0]}", "status": "failed"})
    client.end(run_id)
    body = client.get(f"runs/{run_id}")
    assert (body["status"], *[body[name] for name in COUNTERS]) == (
        "failed",
        2,
        0,
        1,
        1,
    )


def test_the_classic_api_finishes_a_run_by_its_dashed_name(client):
    run_id = client.create(kind="manual")["id"]
    answer = client.ask("POST", "login", {"api_token": TOKEN})
    client.session.headers["Authorization"] = answer.json()["jwt"]
    path = f"{SLUG}/runs/{run_id}"
    attributes = {"status-event": "finish_manual"}
    body = {"data": {"id": run_id, "type": "runs", "attributes": attributes}}
    ended = client.ask("PUT", path, body).json()["data"]
    assert ended["attributes"]["status"] == "finished"
    assert client.ask("GET", path).json()["data"]["id"] == run_id


def test_a_reader_and_an_archived_project_are_not_written(client):
    client.session.headers["Authorization"] = f"Bearer {READ_ONLY_TOKEN}"
    assert client.ask("POST", f"v2/{SLUG}/runs", {"run": {}}).status_code == 403
    assert len(client.get("runs")) == 2
    client.session.headers["Authorization"] = f"Bearer {TOKEN}"
    client.simulator.switch(forbidden=(SLUG,))
    assert client.ask("POST", f"v2/{SLUG}/runs", {"run": {}}).status_code == 403
    client.session.headers["Authorization"] = f"Bearer {project_token('product-2')}"
    assert client.ask("POST", f"v2/{SLUG}/runs", {"run": {}}).status_code == 404


# Reporting


def test_what_a_reporter_sends_is_read_back(client):
    uid = client.begin(title="Nightly", env="Chrome,Linux", ci_build_url="https://ci/1")
    assert client.get(f"runs/{uid}")["status"] == "running"
    failure = {"message": "Two\nlines", "stack": "at a.ts:1", "run_time": 0.5}
    client.add(
        uid,
        ONE | {"rid": f"{uid}-1"},
        ONE | failure | {"title": "Case 2", "status": "failed"},
        ONE | {"title": "Case 3", "status": "skipped", "run_time": None},
    )
    client.end(uid, "fail", duration=1.3)
    body = client.get(f"runs/{uid}")
    assert (body["title"], body["kind"], body["status"]) == (
        "Nightly",
        "automated",
        "failed",
    )
    assert (body["env"], body["ci_build_url"]) == (["Chrome", "Linux"], "https://ci/1")
    assert [body[name] for name in COUNTERS] == [3, 1, 1, 1]
    rows = client.rows(uid)
    assert [row["test_title"] for row in rows] == ["Case 1", "Case 2", "Case 3"]
    assert [row["run_time"] for row in rows] == [1234, 0.5, None]
    assert (rows[1]["message"], rows[1]["stack"]) == ("Two\nlines", "at a.ts:1")
    known = client.rows(client.get("runs")[-1]["id"])
    assert [row["test_id"] for row in rows] == [row["test_id"] for row in known]
    answer = client.ask("POST", "login", {"api_token": TOKEN})
    client.session.headers["Authorization"] = answer.json()["jwt"]
    classic = client.ask("GET", f"{SLUG}/runs/{uid}").json()["data"]["attributes"]
    assert (classic["duration"], classic["failed"]) == (1.3, 1)


def test_the_verdict_is_the_client_s_or_that_of_the_results(client):
    verdicts = []
    for event, status in (
        ("pass", "failed"),
        ("finish", "failed"),
        ("finish", "passed"),
    ):
        uid = client.begin()
        client.add(uid, ONE | {"status": status})
        client.end(uid, event)
        verdicts.append(client.get(f"runs/{uid}")["status"])
    assert verdicts == ["passed", "failed", "passed"]


def test_a_run_that_was_started_empty_is_taken_up_and_finished(client):
    uid = client.begin(title="Run D", status="scheduled")
    assert client.get(f"runs/{uid}")["status"] == "scheduled"
    taken = client.report("PUT", f"/{uid}")
    assert set(taken.json()) == {"uid", "url", "public_url"}
    assert client.get(f"runs/{uid}")["status"] == "running"
    client.add(uid, ONE)
    client.end(uid)
    assert client.get(f"runs/{uid}")["status"] == "passed"


def test_processes_that_share_a_run_get_the_same_one_which_ends_with_the_last(client):
    shared = {"title": "shared", "shared_run": True, "shared_run_shards": 2}
    with ThreadPoolExecutor(4) as pool:
        uids = set(pool.map(lambda _: client.begin(**shared), range(4)))
    (uid,) = uids
    client.add(uid, ONE)
    client.end(uid)
    assert client.get(f"runs/{uid}")["status"] == "running"
    client.add(uid, ONE | {"title": "Case 2"})
    client.end(uid)
    assert client.get(f"runs/{uid}")["tests_count"] == 2
    assert client.get(f"runs/{uid}")["status"] == "passed"
    assert client.begin(**shared) != uid
    forced = client.begin(title="forced", shared_run=True, shared_run_shards=9)
    client.end(forced, force_finish_shared_run=True)
    assert client.get(f"runs/{forced}")["status"] == "passed"


def test_a_single_testrun_with_the_same_rid_replaces_and_without_one_repeats(client):
    client.simulator.switch(attempts=True)
    uid = client.begin()
    for status, rid in (("failed", "a"), ("passed", "a"), ("failed", None)):
        item = ONE | {"status": status, "rid": rid}
        assert client.report("POST", f"/{uid}/testrun", **item).status_code == 200
    assert [row["status"] for row in client.rows(uid)] == ["passed", "failed"]


def test_examples_of_one_test_are_testruns_of_their_own(client):
    uid = client.begin()
    client.add(uid, *[ONE | {"example": {"size": n}} for n in (1, 2, 2)])
    rows = client.rows(uid)
    assert len(rows) == 2
    assert {row["test_id"] for row in rows} == {client.get("tests")[0]["id"]}
    answer = client.ask("POST", "login", {"api_token": TOKEN})
    client.session.headers["Authorization"] = answer.json()["jwt"]
    listed = client.ask("GET", f"{SLUG}/testruns", run_id=uid).json()["data"]
    assert [row["attributes"]["example"] for row in listed] == [["1"], ["2"]]


def test_an_unknown_test_is_listed_only_when_it_is_to_be_created(client):
    uid = client.begin()
    client.add(uid, ONE | {"title": "New"})
    assert len(client.get("tests")) == 12
    client.add(uid, ONE | {"title": "Newer", "create": True})
    listed = client.get("tests")
    assert [test["title"] for test in listed[12:]] == ["Newer"]
    rows = client.rows(uid)
    assert [row["test_title"] for row in rows] == ["New", "Newer"]
    assert rows[1]["test_id"] == listed[12]["id"]


@pytest.mark.parametrize(
    "item",
    [
        {"title": "a", "status": "pending"},
        {"title": "", "status": "passed"},
        {"status": "passed"},
        {"title": "a", "status": "passed", "run_time": "1"},
        "text",
    ],
)
def test_one_bad_testrun_refuses_the_whole_batch(client, item):
    uid = client.begin()
    answer = client.report("POST", f"/{uid}/testrun", tests=[ONE, item])
    assert (answer.status_code, list(answer.json())) == (400, ["message"])
    assert client.get(f"runs/{uid}")["tests_count"] == 0


def test_a_reporter_needs_a_project_key_and_a_known_run(client):
    for status in (401, 403):
        client.simulator.switch(reporter_refusal=status)
        for key in ("wrong", TOKEN, ""):
            answer = client.report("POST", key=key)
            assert (answer.status_code, list(answer.json())) == (status, ["message"])
    url = f"{client.base_url}/api/reporter"
    by_query = requests.post(url, json={}, params={"api_key": KEY}, timeout=240)
    assert by_query.status_code == 200
    assert client.report("PUT", "/ffffffff").status_code == 404
    theirs = client.report(
        "PUT", f"/{by_query.json()['uid']}", project_token("product-2")
    )
    assert theirs.status_code == 404
    assert KEY not in repr(client.simulator.log)


def test_a_late_testrun_is_taken_or_refused(client):
    uid = client.begin()
    client.end(uid)
    client.add(uid, ONE)
    assert client.get(f"runs/{uid}")["tests_count"] == 1
    client.simulator.switch(late_status=400)
    answer = client.report("POST", f"/{uid}/testrun", tests=[ONE])
    assert answer.status_code == 400


def test_faults_meet_a_reporter_in_its_own_words_and_are_counted(client):
    uid = client.begin()
    client.simulator.faults.add("POST /api/reporter/.*/testrun", "status:503")
    client.simulator.faults.add("POST /api/reporter/.*/testrun", "status:429")
    answers = [client.report("POST", f"/{uid}/testrun", tests=[ONE]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 429, 200]
    assert list(answers[0].json()) == ["message"]
    assert client.get(f"runs/{uid}")["tests_count"] == 1
    assert client.simulator.reached("POST /api/reporter/.*/testrun") == 3


def test_six_hundred_testruns_in_one_batch_keep_their_order(client):
    uid = client.begin()
    client.add(uid, *[ONE | {"title": f"Test {number}"} for number in range(600)])
    client.end(uid)
    titles = [
        row["test_title"]
        for page in range(1, 7)
        for row in client.get("testruns", run_id=uid, per_page=100, page=page)
    ]
    assert titles == [f"Test {number}" for number in range(600)]
