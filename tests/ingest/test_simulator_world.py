"""The simulated year is believable, repeatable, and served by one command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from ingest.simulator.beginnings import FILE_NAME, recall
from ingest.simulator.generator import build_world
from ingest.simulator.listener import running
from ingest.simulator.moments import latest_of
from ingest.simulator.server import TokenBucket
from ingest.simulator.testmo import TOKEN, SimulatedTestmo
from ingest.simulator.world import SimProject, SimRun, World
from tests import clock

NOW = datetime(2026, 8, 20, 14, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def year() -> World:
    return build_world(2026, NOW)


@pytest.fixture(scope="module")
def month() -> World:
    return build_world(5, NOW, runs=60, days=20)


def visible(world: World, now: datetime = NOW) -> list[SimRun]:
    return [run for project in world.projects for run in project.runs_at(now)]


def as_text(world: World, now: datetime) -> list[str]:
    """Everything that is visible at a moment."""
    return [
        repr((run.number, run.name, run.finished_by(now), run.results_at(now)))
        for run in visible(world, now)
    ]


def test_a_year_is_ten_projects_1500_runs_and_300000_results(year):
    vendors = Counter(project.vendor for project in year.projects)
    runs = visible(year)
    results = sum(len(run.results_at(NOW)) for run in runs)
    assert vendors == {
        "testmo": 3,
        "testomatio": 2,
        "testably": 2,
        "qatech": 2,
        "testifly": 1,
    }
    assert sum(project.counts_only for project in year.projects) == 1
    assert 1_400 <= len(runs) <= 1_600
    assert 280_000 <= results <= 320_000


def test_people_test_more_on_weekdays_than_at_weekends(year):
    by_day = Counter(run.started_at.weekday() for run in visible(year))
    weekdays = sum(by_day[day] for day in range(5)) / 5
    weekend = (by_day[5] + by_day[6]) / 2
    assert weekend < weekdays / 2


def test_the_year_has_outages_and_otherwise_mostly_passes(year):
    shares = [
        sum(result.outcome == "passed" for result in run.results) / len(run.results)
        for run in visible(year)
        if len(run.results) >= 20
    ]
    assert sum(share <= 0.2 for share in shares) >= 3
    assert sorted(shares)[len(shares) // 2] > 0.95


def test_some_cases_are_flaky_some_break_for_days_some_come_and_some_go(year):
    project = year.projects[0]
    runs = [r for r in project.runs_at(NOW) if r.source == "web"]
    retried = {
        result.case.number
        for run in runs
        for result in run.results
        if result.attempt > 1 and result.outcome == "passed"
    }
    seen = [{result.case.number for result in run.results} for run in runs]
    lasting = Counter(
        (result.case.number, result.message)
        for run in runs
        for result in run.results
        if result.attempt == 3
    )
    assert len(retried) >= 5
    assert max(lasting.values()) >= 3
    assert set().union(*seen[-5:]) - set().union(*seen[:5])
    assert set().union(*seen[:5]) - set().union(*seen[-9:])


def test_custom_statuses_odd_names_and_tag_linked_milestones_occur(year):
    outcomes = {r.outcome for run in visible(year) for r in run.results}
    names = [case.name for case in year.projects[0].cases]
    linked = [
        run
        for run in visible(year)
        if run.milestone and run.milestone.tag and run.milestone.tag in run.tags
    ]
    assert {"wontfix", "parked", "retest", "blocked", "untested"} <= outcomes
    assert max(map(len, names)) == 300
    assert any("🛒" in name for name in names)
    assert linked


@pytest.mark.parametrize("days_later", range(7))
def test_on_any_day_a_round_by_hand_is_in_its_middle(days_later):
    now = NOW + timedelta(days=days_later)
    world = build_world(5, now, runs=10, days=45)
    for project in world.projects[:2]:
        rounds = by_round(project, now)
        open_one = rounds[-1]
        assert open_one[0].milestone is not None
        assert open_one[0].milestone.due_at > now
        last = [r for run in open_one for r in latest_of(run.results_at(now)).values()]
        passed = [r for r in last if r.outcome == "passed"]
        assert len({r.finished_at.date() for r in passed}) >= 10
        assert 0.4 < len(passed) / len(last) < 0.9
        for run in open_one:
            assert run.is_open_at(now)
            assert not run.pending_at(now)


def test_rounds_by_hand_end_with_every_test_passed_and_into_some_more_came(year):
    grown = []
    for project in year.projects[:2]:
        *past, present = by_round(project, NOW)
        for runs in past:
            last = {r.outcome for run in runs for r in latest_of(run.results).values()}
            assert last == {"passed"}
            assert runs[0].milestone.completed_at is not None
        assert len(past) == 12
        grown.append([len(runs) > 1 for runs in [*past, present]])
    assert (sum(grown[0]), sum(grown[1]), grown[1][-1]) == (0, 5, True)


def by_round(project: SimProject, now: datetime) -> list[list[SimRun]]:
    """The runs of each round that has begun."""
    found: dict[int, list[SimRun]] = {}
    for run in project.runs_at(now):
        if run.source == "acceptance":
            found.setdefault(run.milestone.number, []).append(run)
    return list(found.values())


def test_exactly_one_run_never_ends_and_it_grows_with_time(month):
    endless = [run for run in visible(month) if run.finished_at is None]
    assert len(endless) == 1
    early, late = (endless[0].results_at(NOW + timedelta(hours=h)) for h in (0, 2))
    assert 0 < len(early) < len(late)
    assert late[: len(early)] == early
    assert len(endless[0].pending_at(NOW)) > len(
        endless[0].pending_at(NOW + timedelta(hours=2))
    )


def test_every_project_ran_within_the_last_hours_and_new_runs_keep_coming(month):
    for project in month.projects:
        assert project.runs_at(NOW)[-1].started_at > NOW - timedelta(hours=6)
    soon = visible(month, NOW + timedelta(minutes=30))
    assert len(soon) - len(visible(month)) >= 4


def test_the_same_seed_and_moment_make_the_same_world(month):
    again = build_world(5, NOW, runs=60, days=20)
    other = build_world(6, NOW, runs=60, days=20)
    assert as_text(again, NOW) == as_text(month, NOW)
    assert as_text(other, NOW) != as_text(month, NOW)


def test_starting_again_later_changes_nothing_that_was_visible_before(month):
    later = NOW + timedelta(days=3, hours=5)
    again = build_world(5, NOW, runs=60, days=20, later_starts=[later])
    longer = build_world(5, NOW, 60, 20, [later, later + timedelta(days=1)])
    half_a_day = NOW + timedelta(hours=12)
    assert as_text(again, half_a_day) == as_text(month, half_a_day)
    assert as_text(longer, later) == as_text(again, later)
    assert len(visible(again, later + timedelta(hours=1))) > len(visible(again, later))


def test_a_data_folder_remembers_its_world(tmp_path):
    first = recall(tmp_path, 5, 100, 30, NOW)
    soon = recall(tmp_path, 6, 200, 60, NOW + timedelta(minutes=5))
    later = recall(tmp_path, 5, 100, 30, NOW + timedelta(days=2))
    assert soon == first
    assert (later.seed, later.started_at) == (5, first.started_at)
    assert later.later_starts == ((NOW + timedelta(days=2)).isoformat(),)
    (tmp_path / FILE_NAME).write_text("{")
    with pytest.raises(ValueError, match="Delete it to begin a new one"):
        recall(tmp_path, 5, 100, 30, NOW)


def test_a_bucket_gives_its_burst_and_then_what_is_refilled():
    moment = 0.0
    bucket = TokenBucket(2, 0.5, monotonic=lambda: moment)
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 2.0]
    moment = 2.0
    assert [bucket.take(), bucket.take() > 0] == [0.0, True]


# Faults, over real HTTP

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def served(world: World, **options: bool) -> Iterator[tuple[SimulatedTestmo, str]]:
    simulator = SimulatedTestmo(world, relaxed=True)
    with running(simulator, **options) as base_url:
        yield simulator, f"{base_url}/api/v1/projects"


def test_faults_of_the_wire_reach_the_client_once_each(month):
    with served(month) as (simulator, url), requests.Session() as session:
        session.headers.update(HEADERS)
        for kind in ("reset", "disconnect", "truncate"):
            simulator.faults.add("/projects", kind)
            with pytest.raises(
                (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
            ):
                session.get(url, timeout=240)
            assert session.get(url, timeout=240).status_code == 200
        simulator.faults.add("/projects", "hang", seconds=5)
        with pytest.raises(requests.Timeout):
            session.get(url, timeout=0.2)


def test_faults_of_the_answer_reach_the_client_as_planned(month):
    def ask() -> requests.Response:
        return requests.get(url, headers=HEADERS, params={"per_page": 15}, timeout=240)

    with served(month) as (simulator, url):
        whole = ask().json()
        simulator.faults.add("/projects", "status:429", retry_after="7")
        assert (ask().status_code, ask().status_code) == (429, 200)
        simulator.faults.add("/projects", "drop_key:next_page")
        assert set(whole) - set(ask().json()) == {"next_page"}
        simulator.faults.add("/projects", 'set_field:name=["x"]', rows=1)
        names = [row["name"] for row in ask().json()["result"]]
        assert names == [["x"], *(row["name"] for row in whole["result"][1:])]
        for kind in ("html", "empty", "cut_json"):
            simulator.faults.add("/projects", kind)
            with pytest.raises(requests.JSONDecodeError):
                ask().json()
        simulator.faults.add("/projects", "duplicate_rows", after=1)
        assert [len(ask().json()["result"]) for _ in range(3)] == [3, 6, 3]
        assert ask().json() == whole


def test_the_log_keeps_requests_without_their_secrets(month):
    with served(month) as (simulator, url):
        requests.get(url, headers=HEADERS, params={"api_key": "s3cret"}, timeout=240)
        entry = simulator.log[-1]
    assert (entry.method, entry.path, entry.status) == ("GET", "/api/v1/projects", 200)
    assert TOKEN not in repr(entry)
    assert "s3cret" not in repr(entry)


def test_the_log_keeps_what_was_posted_unless_it_is_secret_long_or_no_json(month):
    bodies = [
        {"data": json.dumps({"tests": [{"api_key": "s3cret", "title": "a"}]})},
        {"data": "api_token=s3cret"},
        {"data": json.dumps({"text": "x" * 5_000})},
    ]
    with served(month) as (simulator, url):
        for body in bodies:
            requests.post(url, headers=HEADERS, timeout=240, **body)
        posted = [entry.body for entry in list(simulator.log)[-3:]]
    assert posted == [{"tests": [{"api_key": "***", "title": "a"}]}, None, None]
    assert simulator.reached("POST /api/v1/projects$") == 3
    assert simulator.reached("POST /api/v1/runs") == 0


def test_the_control_path_exists_only_when_it_was_opened(month):
    fault = [{"match": "/projects", "kind": "status:500"}]
    with served(month) as (_, url):
        control = url.replace("/api/v1/projects", "/_control/faults")
        assert requests.post(control, json=fault, timeout=240).status_code == 401
    with served(month, control=True) as (_, url):
        control = url.replace("/api/v1/projects", "/_control/faults")
        assert requests.post(control, json=fault, timeout=240).status_code == 204
        assert requests.get(url, headers=HEADERS, timeout=240).status_code == 500
        unknown = requests.post(control, json=[{"match": "", "kind": "?"}], timeout=240)
        assert "Unknown fault" in unknown.json()["error"]


# The command

SMALL = ("--runs", "30", "--days", "10", "--relaxed")


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ingest.simulator", "--data-dir", str(folder)]
    return subprocess.Popen(
        [*command, *SMALL, *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def lines_until_ready(process: subprocess.Popen[str]) -> list[dict]:
    lines: list[dict] = []
    assert process.stdout is not None
    for text in process.stdout:
        line = json.loads(text)
        if line.get("ready"):
            return lines
        lines.append(line)
    raise AssertionError(f"It ended before it was ready, after {lines}.")


def test_the_command_serves_all_five_and_ends_when_told(tmp_path):
    process = started(tmp_path)
    try:
        lines = lines_until_ready(process)
        vendors = list(dict.fromkeys(line["vendor"] for line in lines))
        testmo = lines[0]
        token = testmo["secrets"]["token"]
        answer = requests.get(
            testmo["base_url"] + "/api/v1/projects",
            headers={"Authorization": f"Bearer {token}"},
            timeout=240,
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=240) == 0
    finally:
        process.kill()
        process.communicate()
    assert vendors == ["testmo", "testomatio", "testably", "qatech", "testifly"]
    assert answer.json()["total"] == 3
    for line in lines:
        assert line["secrets"]["token"]
        assert line["base_url"].startswith("http://127.0.0.1:")


def test_the_command_ends_with_its_parent_and_keeps_world_and_tokens(tmp_path):
    seen = []
    for _ in range(2):
        process = started(tmp_path, "--only", "testmo")
        (line,) = lines_until_ready(process)
        headers = {"Authorization": f"Bearer {line['secrets']['token']}"}
        url = line["base_url"] + "/api/v1/projects/2/automation/runs"
        query = {"created_before": f"{clock.now():%Y-%m-%dT%H:%M:00}Z"}
        answer = requests.get(url, query, headers=headers, timeout=240).json()
        seen.append((headers, [run["id"] for run in answer["result"]][-5:]))
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        assert process.wait(timeout=240) == 0
        process.stdout.close()
    assert seen[0] == seen[1]
    assert seen[0][1]


def test_a_taken_port_is_passed_over(tmp_path, month):
    with served(month) as (_, url):
        port = int(url.split(":")[2].split("/")[0])
        process = started(tmp_path, "--only", "testmo", "--port-base", str(port))
        (line,) = lines_until_ready(process)
        process.communicate()
    assert line["base_url"] != f"http://127.0.0.1:{port}"
