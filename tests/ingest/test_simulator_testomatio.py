"""The simulated Testomat.io says what its pages and clients say, over real HTTP."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.testomatio import (
    EMAIL,
    PASSWORD,
    PROJECT_TOKENS,
    TOKEN,
    SimulatedTestomatio,
)
from ingest.simulator.world import World

NOW = datetime(2026, 8, 20, 14, 30, tzinfo=UTC)
SLUG = "clinic-planner"


class Client:
    def __init__(self, simulator: SimulatedTestomatio, base_url: str) -> None:
        self.simulator, self.base_url = simulator, base_url
        self.session = requests.Session()

    def log_in(self) -> str:
        answer = self.post({"api_token": TOKEN})
        self.session.headers["Authorization"] = answer.json()["jwt"]
        return self.session.headers["Authorization"]

    def post(self, body: dict[str, str], *, form: bool = False) -> requests.Response:
        content = {"data": body} if form else {"json": body}
        return requests.post(f"{self.base_url}/api/login", timeout=240, **content)

    def ask(self, path: str, **query: Any) -> requests.Response:
        url = f"{self.base_url}/api/{path}"
        return self.session.get(url, params=query, timeout=240)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(3, NOW, runs=300, days=60)


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    simulator = SimulatedTestomatio(world, relaxed=True)
    with running(simulator) as base_url:
        yield Client(simulator, base_url)


@pytest.fixture
def classic(client: Client) -> Client:
    client.log_in()
    return client


@pytest.fixture
def v2(client: Client) -> Client:
    client.session.headers["Authorization"] = f"Bearer {TOKEN}"
    return client


# Log-in


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_log_in_takes_the_general_token_or_email_and_password(client, form):
    assert "jwt" in client.post({"api_token": TOKEN}, form=form).json()
    person = {"email": EMAIL, "password": PASSWORD}
    assert "jwt" in client.post(person, form=form).json()
    project_token = next(iter(PROJECT_TOKENS))
    for wrong in ({"api_token": project_token}, person | {"password": "x"}, {}):
        assert client.post(wrong, form=form).status_code == 401


def test_the_jwt_is_taken_bare_and_as_bearer_but_the_api_token_is_not(client):
    assert client.ask("projects").status_code == 403
    jwt = client.log_in()
    for given, status in ((jwt, 200), (f"Bearer {jwt}", 200), (TOKEN, 403)):
        client.session.headers["Authorization"] = given
        assert client.ask("projects").status_code == status


def test_an_expired_jwt_answers_403_or_401_until_the_next_log_in(client):
    client.simulator.switch(jwt_uses=2)
    client.log_in()
    assert [client.ask("projects").status_code for _ in range(3)] == [200, 200, 403]
    client.simulator.switch(expired_status=401)
    assert client.ask("projects").status_code == 401
    client.log_in()
    assert client.ask("projects").status_code == 200
    client.simulator.switch(jwt_uses=None, jwt_life=0.0)
    assert client.ask("projects").status_code == 401


# Classic


def test_projects_are_known_by_slug_and_show_an_api_key_only_alone(classic):
    answer = classic.get("projects")
    assert [row["id"] for row in answer["data"]] == [SLUG, "parcel-tracker"]
    assert answer["meta"] == {"num": 2, "total_pages": 1}
    assert classic.get("projects", per_page=1)["meta"]["total_pages"] == 2
    assert "api-key" in classic.get(f"projects/{SLUG}")["data"]["attributes"]
    assert "api-key" not in answer["data"][0]["attributes"]


def test_classic_runs_are_paged_by_50_newest_first(classic):
    first = classic.get(f"{SLUG}/runs", per_page=10)
    ids = [row["id"] for row in first["data"]]
    assert set(first["meta"]) == {"page", "per_page", "num", "total_pages"}
    assert classic.get(f"{SLUG}/runs")["meta"]["per_page"] == 50
    created = [row["attributes"]["created-at"] for row in first["data"]]
    assert created == sorted(created, reverse=True)
    assert all(re.fullmatch("[0-9a-f]{8}", run_id) for run_id in ids)
    second = classic.get(f"{SLUG}/runs", per_page=10, page=2)
    assert not set(ids) & {row["id"] for row in second["data"]}


def test_both_spellings_of_a_run_s_path_give_the_same_run(classic):
    listed = classic.get(f"{SLUG}/runs")["data"][0]
    runs, run = (
        classic.get(f"{SLUG}/{word}/{listed['id']}") for word in ("runs", "run")
    )
    assert runs == run
    assert run["data"]["attributes"] == listed["attributes"]
    assert classic.ask(f"{SLUG}/run/00000000").status_code == 404


def test_the_counters_of_a_run_are_those_of_its_testruns(classic):
    for run in classic.get(f"{SLUG}/runs", per_page=12)["data"]:
        statuses: Counter[str] = Counter()
        page, pages = 1, 1
        while page <= pages:
            answer = classic.get(f"{SLUG}/testruns", run_id=run["id"], page=page)
            statuses.update(row["attributes"]["status"] for row in answer["data"])
            page, pages = page + 1, answer["meta"]["total_pages"]
        attributes = run["attributes"]
        assert statuses.total() == attributes["tests-count"]
        for status in ("passed", "failed", "skipped"):
            assert statuses[status] == attributes[status]


def test_a_run_s_duration_is_in_seconds_and_a_testrun_s_in_milliseconds(classic, world):
    newest = world.projects_of("testomatio")[0].runs_at(NOW)[-1]
    run = classic.get(f"{SLUG}/runs")["data"][0]
    assert newest.finished_at is not None
    took = newest.finished_at - newest.started_at
    assert run["attributes"]["duration"] == took.total_seconds()
    row = classic.get(f"{SLUG}/testruns", run_id=run["id"])["data"][0]["attributes"]
    expected = next(r for r in newest.results if r.case.name == row["test"]["title"])
    assert row["run-time"] == expected.duration_ms


def test_an_open_run_has_pending_testruns_that_keep_their_numbers(world):
    run = world.projects_of("testomatio")[0].runs_at(NOW)[-1]
    middle = run.started_at + timedelta(seconds=9)
    simulator = SimulatedTestomatio(world, relaxed=True, clock=lambda: middle)
    with running(simulator) as base_url:
        client = Client(simulator, base_url)
        client.log_in()
        open_run = client.get(f"{SLUG}/runs")["data"][0]
        query = {"run_id": open_run["id"], "per_page": 100}
        before = client.get(f"{SLUG}/testruns", **query)["data"]
        simulator.clock = lambda: NOW
        after = client.get(f"{SLUG}/testruns", **query)["data"]
    attributes = open_run["attributes"]
    assert (attributes["status"], attributes["duration"]) == ("running", 0)
    assert attributes["finished-at"] is None
    statuses = {row["attributes"]["status"] for row in before}
    assert {"passed", "pending"} <= statuses
    assert [row["id"] for row in before] == [row["id"] for row in after]
    assert not any(row["attributes"]["status"] == "pending" for row in after)


def test_testruns_need_a_run(classic):
    assert classic.ask(f"{SLUG}/testruns").status_code == 400


def test_the_dashboard_mixes_runs_and_root_groups_and_speaks_camel_case(classic):
    answer = classic.get(f"{SLUG}/runs/dashboard")
    assert set(answer["meta"]) == {"page", "perPage", "totalCount", "totalPages"}
    assert answer["meta"]["perPage"] == 30
    assert {row["type"] for row in answer["data"]} == {"runs", "rungroups"}
    roots = [row["id"] for row in answer["data"] if row["type"] == "rungroups"]
    inner = classic.get(f"{SLUG}/rungroups", groupId=roots[-1])["data"]
    assert [entry["id"] for entry in inner[0]["attributes"]["path"]] == roots[-1:]


def test_only_root_suites_are_listed_and_their_children_asked_for_one_by_one(classic):
    def titles(suite_id: str, above: str) -> Iterator[str]:
        answer = classic.get(f"{SLUG}/suites/{suite_id}", per_page=1)
        path = f"{above}{answer['data']['attributes']['title']}"
        assert all(t["attributes"]["title"] for t in answer["included"])
        yield from [path] * bool(answer["included"])
        for child in answer["data"]["relationships"]["children"]["data"]:
            yield from titles(child["id"], f"{path} / ")

    roots = classic.get(f"{SLUG}/suites", per_page=1)["data"]
    assert len(roots) == 3
    found = {path for root in roots for path in titles(root["id"], "")}
    project = classic.simulator.projects[0]
    assert found == {case.folder for case in project.cases}
    classic.simulator.switch(suites_per_page=2)
    assert classic.get(f"{SLUG}/suites")["meta"] == {"num": 3, "total_pages": 2}


def test_the_environment_of_a_classic_run_is_a_list(classic):
    runs = classic.get(f"{SLUG}/runs", per_page=100)["data"]
    environments = {tuple(run["attributes"]["env"]) for run in runs}
    assert ("Chrome 127", "Windows 11") in environments


# Version 2


def test_v2_takes_api_tokens_as_bearer_and_no_jwt(client):
    jwt = client.log_in()
    project_token = next(iter(PROJECT_TOKENS))
    for given, status in (
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {project_token}", 200),
        (TOKEN, 401),
        (f"Bearer {jwt}", 401),
    ):
        client.session.headers["Authorization"] = given
        assert client.ask(f"v2/{SLUG}/runs").status_code == status
    refusal = client.ask(f"v2/{SLUG}/runs").json()
    assert refusal == {"error": "Invalid or paused token"}
    client.session.headers["Authorization"] = f"Bearer {project_token}"
    assert client.ask("v2/parcel-tracker/runs").status_code == 404


def test_a_forbidden_project_answers_403_even_to_reading(v2):
    v2.simulator.switch(forbidden=(SLUG,))
    assert v2.ask(f"v2/{SLUG}/runs").status_code == 403
    assert v2.ask("v2/parcel-tracker/runs").status_code == 200


def test_v2_pages_by_30_and_by_100_at_most(v2):
    answer = v2.get(f"v2/{SLUG}/runs")
    assert answer["meta"]["per_page"] == 30
    assert set(answer["meta"]) == {
        "total",
        "page",
        "per_page",
        "total_pages",
        "has_more",
    }
    assert v2.ask(f"v2/{SLUG}/runs", per_page=101).status_code == 422
    v2.simulator.switch(over_100="clamp", naming="old")
    assert set(v2.get(f"v2/{SLUG}/runs", per_page=101)["meta"].items()) >= {
        ("per_page", 100)
    }
    assert set(v2.get(f"v2/{SLUG}/runs")["meta"]) == {"total", "page", "per_page"}


def test_v2_runs_with_newer_names_may_lack_counters_and_times(v2):
    def names() -> set[str]:
        return set(v2.get(f"v2/{SLUG}/runs")["data"][0])

    counters = {"passed_count", "failed_count", "skipped_count", "tests_count"}
    times = {"created_at", "launched_at", "finished_at"}
    assert counters | times <= names()
    v2.simulator.switch(counters=False)
    assert not counters & names()
    v2.simulator.switch(times=False)
    assert not times & names()
    v2.simulator.switch(naming="old")
    assert {"cleanTitle", "rungroupId", "env"} <= names()
    assert "status" not in names()


def test_the_environment_of_a_v2_run_is_a_list_or_text_with_commas(v2):
    runs = v2.get(f"v2/{SLUG}/runs", per_page=100)["data"]
    v2.simulator.switch(env="text")
    texts = v2.get(f"v2/{SLUG}/runs", per_page=100)["data"]
    assert [", ".join(run["env"]) for run in runs] == [run["env"] for run in texts]


def test_v2_testruns_come_in_order_of_execution_with_old_or_new_names(v2):
    runs = v2.get(f"v2/{SLUG}/runs", **{"filter[status]": "failed"})["data"]
    query = {"run_id": runs[0]["id"], "per_page": 100}
    new = v2.get(f"v2/{SLUG}/testruns", **query)["data"]
    v2.simulator.switch(naming="old")
    old = v2.get(f"v2/{SLUG}/testruns", **query)["data"]
    numbers = [row["id"] for row in new]
    assert numbers == sorted(numbers)
    for newer, older in zip(new, old, strict=True):
        assert (newer["test_title"], newer["run_time"], newer["test_id"]) == (
            older["testTitle"],
            older["runTime"],
            older["testId"],
        )
    failed = {"run_id": runs[0]["id"], "filter[status]": "failed"}
    messages = [r["message"] for r in v2.get(f"v2/{SLUG}/testruns", **failed)["data"]]
    assert messages
    assert all(messages)


def test_suites_without_brackets_break_the_server(v2):
    suite = v2.get(f"v2/{SLUG}/tests")["data"][0]["suite_id"]
    assert v2.ask(f"v2/{SLUG}/tests", suites=suite).status_code == 500
    rows = v2.get(f"v2/{SLUG}/tests", **{"suites[]": suite})["data"]
    assert {row["suite_id"] for row in rows} == {suite}


def test_v2_milestones_can_be_asked_for_by_status(v2):
    rows = v2.get(f"v2/{SLUG}/milestones")["data"]
    closed = v2.get(f"v2/{SLUG}/milestones", status="closed")["data"]
    assert {row["status"] for row in rows} == {"created", "active", "closed"}
    assert closed == [row for row in rows if row["status"] == "closed"]


def test_the_limit_of_requests_answers_429_with_retry_after(world):
    simulator = SimulatedTestomatio(world)
    with running(simulator) as base_url:
        client = Client(simulator, base_url)
        assert simulator.bucket is not None
        simulator.bucket.capacity, simulator.bucket.per_second = 1, 0.01
        client.post({})
        answer = client.post({})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 99
