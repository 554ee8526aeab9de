"""Testifly's quirks; what all vendors share is in the contract suite."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.connections import check_connection, checked_config
from ingest.connectors.testifly import ConnectorForTestifly
from ingest.contract import (
    ConfigError,
    ConnectionConfig,
    Counts,
    ListedRun,
    PayloadError,
    ProjectRecord,
    Reject,
    ResultRecord,
    RetryableError,
    RunRecord,
    RunStatus,
    Status,
)
from tests import clock
from tests.ingest.recordings.testifly import (
    JOBS,
    PROJECT,
    execution,
    job,
    jobs,
    report,
)
from tests.ingest.records import read_runs
from tests.ingest.wire import Clock, Wire

RUN = RunRecord(external_id="run1", name="Regression run")
GONE = {"status": 404, "body": {"message": "Not found"}}


def connect(
    wire: Wire,
    *,
    memory: dict[str, Any] | None = None,
    prefix: str = "",
    **settings: str,
) -> ConnectorForTestifly:
    config = ConnectionConfig(
        base_url=wire.url + prefix,
        settings=settings,
        secrets={"token": "k3y"},
        memory={} if memory is None else memory,
        status_map={"Quarantined": Status.BLOCKED},
        allow_private_urls=True,
    )
    return ConnectorForTestifly.connect(config)


def waiting(**since_by_job: str) -> dict[str, Any]:
    return {"waiting_jobs": {PROJECT: since_by_job}}


def hours_ago(hours: float) -> str:
    return (clock.now() - timedelta(hours=hours)).isoformat()


def only_run(wire: Wire, job_status: str = "Success", **body: Any) -> RunRecord:
    wire.serve(jobs(job(status=job_status)), report("run1", **body))
    (run,) = read_runs(connect(wire), PROJECT)
    assert isinstance(run, RunRecord), run
    return run


def only_result(wire: Wire, row: Any, **settings: str) -> ResultRecord:
    wire.serve(report("run1", row))
    (result,) = connect(wire, **settings).results(PROJECT, RUN)
    assert isinstance(result, ResultRecord), result
    return result


def ids(records: Any) -> list[str]:
    return [r.external_id for r in records if isinstance(r, RunRecord)]


@pytest.mark.parametrize("prefix", ["", "/", "/api", "/api/"])
def test_an_origin_and_the_documented_base_lead_to_the_same_route(
    wire: Wire, prefix: str
) -> None:
    wire.serve(jobs(job()))
    report = connect(wire, prefix=prefix, project=PROJECT).check()
    assert [(item.label, item.value) for item in report.items] == [
        ("API token", "accepted"),
        ("Jobs of the last month", "1"),
    ]
    assert wire.requests[0].headers["x-api-key"] == "k3y"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_the_connection(wire: Wire, status: int) -> None:
    wire.serve(jobs().but(status=status, body={}))
    with pytest.raises(ConfigError, match=str(status)):
        list(read_runs(connect(wire), PROJECT))


def test_an_unknown_project_is_refused_in_the_check(wire: Wire) -> None:
    wire.serve(jobs().but(**GONE))
    with pytest.raises(ConfigError, match=f"no project {PROJECT}"):
        connect(wire, project=PROJECT).check()


def test_without_a_project_the_check_proves_nothing_and_says_so(wire: Wire) -> None:
    (item,) = connect(wire).check().items
    assert (item.state, wire.requests) == ("gap", [])
    assert "no project is named" in item.value


def test_the_project_of_the_settings_is_the_only_one(wire: Wire) -> None:
    assert list(connect(wire).projects()) == []
    (project,) = connect(wire, project=PROJECT).projects()
    assert project == ProjectRecord(external_id=PROJECT, name=PROJECT)


def test_the_project_chosen_for_a_connection_is_the_one_that_is_checked(
    wire: Wire, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_VENDOR_URLS = True
    wire.serve(jobs().but(status=401, body={}))
    config = checked_config(
        vendor="testifly",
        base_url=wire.url,
        values={},
        secrets={"token": "wr0ng"},
        projects=[PROJECT],
    )
    with pytest.raises(ConfigError, match="401"):
        check_connection("testifly", config, [PROJECT])


def test_a_run_is_read_whole(wire: Wire) -> None:
    assert only_run(wire) == RunRecord(
        external_id="run1",
        name="Regression run",
        raw_status="Completed",
        started_at=datetime(2026, 4, 20, 10, 15, 31, tzinfo=UTC),
        vendor_counts=Counts(passed=18, failed=2),
        status_from_results=True,
        version="2026-04-20 10:15:30+00:00 Success",
    )


@pytest.mark.parametrize(
    ("job_status", "status", "is_open"),
    [
        ("InProgress", "InProgress", True),
        ("InProgress", "Completed", False),
        ("Success", "Completed", False),
        ("Failed", "Completed", False),
        ("Success", "InProgress", False),
        ("Failed", "Aborted", False),
        ("Pending", "Scheduled", True),
    ],
)
def test_a_run_is_open_until_its_report_or_its_job_ends(
    wire: Wire, job_status: str, status: str, is_open: bool
) -> None:
    run = only_run(wire, job_status, status=status)
    assert (run.is_open, run.status_from_results) == (is_open, not is_open)
    assert run.status is (RunStatus.RUNNING if is_open else RunStatus.UNKNOWN)
    assert run.raw_status == status


def test_totals_are_an_open_map_of_labels(wire: Wire) -> None:
    labels = {
        "Passed": 1,
        "Failed": 2,
        "Skipped": 3,
        "Running": 4,
        "Scheduled": 5,
        "Quarantined": 6,  # mapped by a person
        "Melted": 7,
        "Muted": 8,
    }
    statuses = [{"label": label, "count": n} for label, n in labels.items()]
    assert only_run(wire, statuses=statuses).vendor_counts == Counts(
        passed=1, failed=2, skipped=3, running=4, untested=5, blocked=6, unknown=15
    )


def test_a_report_without_totals_states_none(wire: Wire) -> None:
    assert only_run(wire, statuses=None).vendor_counts is None


def test_branch_and_commit_come_from_the_fields_that_a_person_named(
    wire: Wire,
) -> None:
    wire.serve(report("run1", git={"branch": "main"}, sha="ab12"))
    testifly = connect(wire, branch_field="git.branch", commit_field="sha")
    run = testifly.run(PROJECT, "run1")
    assert isinstance(run, RunRecord)
    assert (run.branch, run.commit) == ("main", "ab12")


def test_the_list_costs_no_report_and_names_a_run_once_by_its_latest_job(
    wire: Wire,
) -> None:
    again = job("job3", "run2", updatedAt="2026-04-22T10:15:30.000Z")
    wire.serve(jobs(job("job1", "run1"), job("job2", "run2"), again))
    assert list(connect(wire).runs(PROJECT)) == [
        ListedRun(external_id="run2", version="2026-04-22 10:15:30+00:00 Success"),
        ListedRun(external_id="run1", version="2026-04-20 10:15:30+00:00 Success"),
    ]
    assert wire.paths() == [JOBS]


def test_a_run_has_another_version_when_its_job_changed(wire: Wire) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"status": "Failed"},
        {"updatedAt": "2026-04-20T10:15:31.000Z"},
        {"updatedAt": None},
    ]
    wire.serve(*(jobs(job(**change)) for change in changes), report("run1"))
    versions = []
    for _ in changes:
        testifly = connect(wire)
        (listed,) = testifly.runs(PROJECT)
        assert isinstance(listed, ListedRun)
        run = testifly.run(PROJECT, "run1")
        assert isinstance(run, RunRecord)
        assert run.version == listed.version
        versions.append(listed.version)
    assert len(set(versions)) == len(changes)


def test_an_unchanged_job_keeps_the_version_of_its_run(wire: Wire) -> None:
    wire.serve(jobs(job()))
    listed = [list(connect(wire).runs(PROJECT)) for _ in range(2)]
    assert listed[0] == listed[1] != []


def test_a_run_that_no_listed_job_leads_to_has_no_version(wire: Wire) -> None:
    wire.serve(report("run1"))
    run = connect(wire).run(PROJECT, "run1")
    assert isinstance(run, RunRecord)
    assert run.version == ""


def test_malformed_jobs_and_reports_are_kept_and_the_others_come_out(
    wire: Wire,
) -> None:
    wire.serve(jobs(job("job1", "run1"), {"jobId": 7}, job("job2", "run2")))
    wire.serve(report("run1", tests=None), report("run2"))
    found = list(read_runs(connect(wire), PROJECT))
    assert ids(found) == ["run2"]
    reasons = [item.reason for item in found if isinstance(item, Reject)]
    assert reasons == ["tests is missing, not a list", "status is missing or empty"]


def test_a_report_of_another_run_is_a_reject(wire: Wire) -> None:
    wire.serve(jobs(job()), report("run1", runId="run9"))
    (found,) = read_runs(connect(wire), PROJECT)
    assert isinstance(found, Reject)
    assert found.reason == "runId is 'run9', not the run1 asked for"


def test_a_run_without_a_report_is_noted(wire: Wire) -> None:
    wire.serve(jobs(job()), report("run1").but(**GONE))
    testifly = connect(wire)
    assert list(read_runs(testifly, PROJECT)) == []
    assert testifly.notes() == ["1 run has no report at Testifly"]
    assert testifly.run(PROJECT, "run1") is None


def test_an_answer_without_success_is_no_list_of_jobs(wire: Wire) -> None:
    wire.serve(jobs().but(body={"success": False, "jobs": []}))
    with pytest.raises(PayloadError, match="success is false"):
        list(read_runs(connect(wire), PROJECT))


# Jobs that have not come to a run


def test_a_job_without_a_run_is_remembered_until_it_has_one(wire: Wire) -> None:
    memory: dict[str, Any] = {}
    pending = job("job1", None, status="Pending", updatedAt=hours_ago(1))
    wire.serve(jobs(pending), jobs(job("job1", "run1")), report("run1"))
    assert list(read_runs(connect(wire, memory=memory), PROJECT)) == []
    memory = json.loads(json.dumps(memory))
    assert memory["waiting_jobs"] == {PROJECT: {"job1": pending["updatedAt"]}}
    assert ids(read_runs(connect(wire, memory=memory), PROJECT)) == ["run1"]
    assert memory["waiting_jobs"] == {PROJECT: {}}


def test_a_null_run_id_means_no_run_yet(wire: Wire) -> None:
    wire.serve(jobs(job("job1", None, status="InProgress") | {"testRunId": None}))
    memory: dict[str, Any] = {}
    assert list(read_runs(connect(wire, memory=memory), PROJECT)) == []
    assert [*memory["waiting_jobs"][PROJECT]] == ["job1"]


def test_waiting_jobs_that_are_not_listed_are_asked_for_in_batches(
    wire: Wire,
) -> None:
    names = [f"job{n}" for n in range(101)]
    memory = waiting(**dict.fromkeys(names, hours_ago(1)))
    wire.serve(
        jobs(),
        jobs(job("job5", "run5"), asked=names[:100], missing=["job7"]),
        jobs(asked=names[100:], missing=["job100"]),
        report("run5"),
    )
    testifly = connect(wire, memory=memory)
    since = clock.now()
    assert ids(read_runs(testifly, PROJECT, since=since)) == ["run5"]
    assert testifly.notes() == ["2 waiting jobs are no longer known to Testifly"]
    left = memory["waiting_jobs"][PROJECT]
    assert {*names} - {*left} == {"job5", "job7", "job100"}


def test_a_job_is_not_forgotten_when_its_report_fails(wire: Wire, clock: Clock) -> None:
    memory = waiting(job1=hours_ago(1))
    wire.serve(jobs(), jobs(job(), asked=["job1"]))
    wire.serve(report("run1").but(status=500, body={}))
    with pytest.raises(RetryableError):
        list(read_runs(connect(wire, memory=memory), PROJECT))
    assert [*memory["waiting_jobs"][PROJECT]] == ["job1"]


def test_jobs_that_never_started_are_noted_after_a_day(wire: Wire) -> None:
    rows = [
        job("job1", None, status="PendingAgentConnection", updatedAt=hours_ago(25)),
        job("job2", None, status="Pending", updatedAt=hours_ago(23)),
    ]
    wire.serve(jobs(*rows), jobs(asked=["job3"]))
    testifly = connect(wire, memory=waiting(job3=hours_ago(100)))
    assert list(read_runs(testifly, PROJECT)) == []
    assert testifly.notes() == ["2 jobs never started"]


def test_a_job_that_waited_for_over_a_month_is_forgotten(
    wire: Wire,
) -> None:
    memory = waiting(job1=hours_ago(32 * 24))
    wire.serve(jobs())
    testifly = connect(wire, memory=memory)
    assert list(read_runs(testifly, PROJECT)) == []
    assert (memory["waiting_jobs"], testifly.notes()) == ({PROJECT: {}}, [])


@pytest.mark.parametrize("status", ["Failed", "Success"])
def test_a_job_that_ended_without_a_run_is_noted_once(wire: Wire, status: str) -> None:
    memory = waiting(job1=hours_ago(1))
    wire.serve(jobs(job("job1", None, status=status)))
    testifly = connect(wire, memory=memory)
    since = datetime(2026, 4, 21, tzinfo=UTC)
    assert list(read_runs(testifly, PROJECT, since=since)) == []
    assert testifly.notes() == ["1 job ended without a run"]
    later = connect(wire, memory=memory)
    assert list(read_runs(later, PROJECT, since=since)) == []
    assert later.notes() == []


# Runs that grow


def test_an_open_run_asked_by_id_ends_when_its_report_does(wire: Wire) -> None:
    memory: dict[str, Any] = {}
    wire.serve(jobs(job(status="InProgress")), report("run1", status="InProgress"))
    assert ids(read_runs(connect(wire, memory=memory), PROJECT)) == ["run1"]
    assert memory["jobs_of_open_runs"] == {PROJECT: {"run1": "job1"}}
    wire.forget()
    wire.serve(report("run1"))
    run = connect(wire, memory=memory).run(PROJECT, "run1")
    assert isinstance(run, RunRecord)
    assert not run.is_open
    assert memory["jobs_of_open_runs"] == {PROJECT: {}}


@pytest.mark.parametrize(
    ("rows", "missing", "is_open"),
    [
        ([job(status="InProgress")], [], True),
        ([job(status="Failed")], [], False),
        ([], ["job1"], False),
    ],
)
def test_an_open_run_asked_by_id_ends_with_its_job(
    wire: Wire, rows: list[Any], missing: list[str], is_open: bool
) -> None:
    memory = {"jobs_of_open_runs": {PROJECT: {"run1": "job1"}}}
    wire.serve(report("run1", execution(), status="Aborted"))
    wire.serve(jobs(*rows, asked=["job1"], missing=missing))
    testifly = connect(wire, memory=memory)
    run = testifly.run(PROJECT, "run1")
    assert isinstance(run, RunRecord)
    assert run.is_open is is_open
    assert (memory["jobs_of_open_runs"] == {PROJECT: {}}) is not is_open
    assert len(list(testifly.results(PROJECT, run))) == 1


def test_a_report_is_fetched_once_for_a_run_and_its_results(wire: Wire) -> None:
    wire.serve(jobs(job()), report("run1", execution()))
    testifly = connect(wire)
    (run,) = read_runs(testifly, PROJECT)
    assert isinstance(run, RunRecord)
    assert len(list(testifly.results(PROJECT, run))) == 1
    assert wire.paths() == [JOBS, f"/api/testRun/{PROJECT}/run1"]


def test_a_report_that_grows_is_read_fresh_each_time(wire: Wire) -> None:
    second = execution(title="Pays")
    wire.serve(report("run1", execution()), report("run1", execution(), second))
    testifly = connect(wire)
    assert isinstance(testifly.run(PROJECT, "run1"), RunRecord)
    counted = [len(list(testifly.results(PROJECT, RUN))) for _ in range(2)]
    assert counted == [1, 2]


# Tests of a report


def test_a_test_is_read_whole(wire: Wire) -> None:
    assert only_result(wire, execution()) == ResultRecord(
        key="Login works for valid users",
        name="Login works for valid users",
        status=Status.PASSED,
        raw_status="Passed",
        executed_at=datetime(2026, 4, 20, 10, 15, 40, tzinfo=UTC),
        duration_ms=1240,
        vendor_url="https://example.com/videos/run-1",
    )


def keys(wire: Wire, *tests: Any) -> list[str]:
    """The keys of a report's tests, which are their names too."""
    wire.serve(report("run1", *tests))
    results = list(connect(wire).results(PROJECT, RUN))
    read = [r for r in results if isinstance(r, ResultRecord)]
    assert [r.name for r in read] == [r.key for r in read]
    return [r.key for r in read]


@pytest.mark.parametrize("test_id", ["a", None])
def test_the_same_id_twice_gives_two_attempts_in_order(
    wire: Wire, test_id: str | None
) -> None:
    tests = [execution(title="pays", _id=test_id) for _ in range(2)]
    assert keys(wire, *tests) == ["pays", "pays"]


def test_tests_of_one_title_are_told_apart_by_start_then_order(wire: Wire) -> None:
    late, early = "2026-04-20T10:15:41.000Z", "2026-04-20T10:15:40.000Z"
    tests = [
        execution(title="pays", _id="a", startTime=None),
        execution(title="pays", _id="b", startTime=late),
        execution(title="pays", _id="c", startTime=late),
        execution(title="pays", _id="d", startTime=early),
        execution(title="ships", _id="e"),
        execution(title="pays", _id="b", startTime=late),
    ]
    names = ["pays #4", "pays #2", "pays #3", "pays", "ships", "pays #2"]
    assert keys(wire, *tests) == names


def test_a_title_that_is_spelled_like_a_number_is_left_alone(wire: Wire) -> None:
    titles = ["pays", "pays", "pays #2", "pays"]
    tests = [execution(title=t, _id=str(n)) for n, t in enumerate(titles)]
    assert keys(wire, *tests) == ["pays", "pays #3", "pays #2", "pays #4"]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Passed", Status.PASSED),
        ("Failed", Status.FAILED),
        ("Skipped", Status.SKIPPED),
        ("Running", Status.RUNNING),
        ("Scheduled", Status.UNTESTED),
        ("Quarantined", Status.BLOCKED),  # mapped by a person
        ("Melted", Status.UNKNOWN),
    ],
)
def test_each_label_has_its_status(wire: Wire, word: str, status: Status) -> None:
    result = only_result(wire, execution(status=word))
    assert (result.status, result.raw_status) == (status, word)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (None, ""),
        ("", ""),
        ({}, ""),
        (False, ""),
        ("Timed out", "Timed out"),
        ({"message": "No button"}, "No button"),
        ({"message": "No button", "stack": "at login:3"}, "No button\nat login:3"),
        ({"code": "E5"}, '{"code": "E5"}'),
        (["No button", "Nö"], '["No button", "Nö"]'),
        ("a\x00b", "a\u2400b"),
    ],
)
def test_an_error_is_read_whatever_its_shape(
    wire: Wire, error: Any, message: str
) -> None:
    assert only_result(wire, execution(error=error)).message == message


@pytest.mark.parametrize(
    ("unit", "duration_ms"), [("milliseconds", 1241), ("seconds", 1_240_500)]
)
def test_a_duration_is_read_in_the_declared_unit(
    wire: Wire, unit: str, duration_ms: int
) -> None:
    row = execution(duration=1240.5)
    assert only_result(wire, row, duration_unit=unit).duration_ms == duration_ms


def test_a_test_that_has_not_run_yet_has_neither_time_nor_duration(
    wire: Wire,
) -> None:
    nothing = dict.fromkeys(("duration", "startTime", "videoLink"))
    result = only_result(wire, execution(status="Scheduled", **nothing))
    assert (result.executed_at, result.duration_ms) == (None, None)


def test_a_link_that_is_no_web_address_is_left_out(wire: Wire) -> None:
    row = execution(videoLink="javascript:alert(1)")
    assert only_result(wire, row).vendor_url == ""


def test_a_malformed_test_is_kept_whole_and_the_others_come_out(wire: Wire) -> None:
    broken = execution(status=["Passed"])
    wire.serve(report("run1", broken, execution()))
    bad, good = connect(wire).results(PROJECT, RUN)
    assert isinstance(good, ResultRecord)
    assert isinstance(bad, Reject)
    assert bad.reason == "status is a list, not a text"
    assert (bad.where, bad.payload) == ("testRun/run1/tests", broken)


def test_side_fields_of_a_test_cost_themselves(wire: Wire) -> None:
    odd = {
        "duration": "fast",
        "startTime": "2099-01-01T00:00:00.000Z",
        "videoLink": ["https://testifly.dev/v"],
    }
    wire.serve(report("run1", execution(status="Failed", error={"a": 1}, **odd)))
    (found,) = connect(wire).results(PROJECT, RUN)
    assert isinstance(found, ResultRecord)
    assert found.status is Status.FAILED
    assert (found.duration_ms, found.executed_at, found.vendor_url) == (None, None, "")
    assert found.message == '{"a": 1}'
    assert {note.split()[0] for note in found.oddity.split("; ")} == {*odd}


def test_side_fields_of_a_report_cost_themselves(wire: Wire) -> None:
    odd = {"title": None, "startTime": True, "statuses": [{"label": "Passed"}]}
    wire.serve(report("run1", execution(), **odd))
    run = connect(wire).run(PROJECT, "run1")
    assert isinstance(run, RunRecord)
    assert (run.name, run.started_at, run.vendor_counts) == ("Run run1", None, None)
    assert len(run.oddity.split("; ")) == len(odd)


def test_an_unknown_unit_is_refused_with_its_choices(wire: Wire) -> None:
    with pytest.raises(ConfigError, match="milliseconds, seconds"):
        connect(wire, duration_unit="minutes")
