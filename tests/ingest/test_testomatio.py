"""Testomat.io's quirks: log-ins, two APIs, suites, run groups, spellings of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.connectors.testomatio import TestomatioConnector
from ingest.contract import (
    ConfigError,
    ConnectionConfig,
    Counts,
    MilestoneState,
    PayloadError,
    ProjectRecord,
    Reject,
    ResultRecord,
    RetryableError,
    RunKind,
    RunRecord,
    RunStatus,
    Status,
)
from tests.ingest.recordings.testomatio import (
    CLASSIC,
    JWT,
    PROJECT,
    RUN,
    TEST,
    TOKEN,
    TREE,
    V2,
    classic_one,
    classic_page,
    classic_run,
    classic_runs,
    classic_testrun,
    classic_testruns,
    log_in,
    milestone_row,
    project_page,
    project_row,
    resource,
    suite_node,
    v2_one,
    v2_page,
    v2_run,
    v2_testrun,
)
from tests.ingest.wire import Answer, Clock, Wire

PASSWORD = {"email": "qa@example.com", "password": "pa55-w0rd"}
DENIED = {"status": 403, "body": {"error": "read only"}}
LISTED = RunRecord(external_id=RUN, name="Nightly", vendor_url="https://there/runs/1")


def connect(
    wire: Wire,
    *,
    secrets: dict[str, str] | None = None,
    memory: dict[str, Any] | None = None,
    prefix: str = "",
    **settings: str,
) -> TestomatioConnector:
    config = ConnectionConfig(
        base_url=wire.url + prefix,
        settings=settings,
        secrets={"token": TOKEN} if secrets is None else secrets,
        memory={} if memory is None else memory,
        allow_private_urls=True,
    )
    return TestomatioConnector.connect(config)


def classic(wire: Wire, **settings: str) -> TestomatioConnector:
    """A connector of the classic API; its log-in is recorded."""
    wire.serve(log_in())
    return connect(wire, api="classic", **settings)


def one_classic_run(wire: Wire, *more: Answer, **attributes: Any) -> Any:
    wire.serve(classic_runs([classic_run(**attributes)]), *more)
    (run,) = classic(wire).runs(PROJECT)
    return run


def one_v2_run(wire: Wire, row: dict[str, Any], **settings: str) -> Any:
    wire.serve(v2_page("runs", [row]))
    (run,) = connect(wire, api="v2", **settings).runs(PROJECT)
    return run


def v2_results(wire: Wire, *rows: Any, tree: Any = TREE) -> list[Any]:
    wire.serve(v2_page("testruns", list(rows), run_id=RUN), v2_page("suites", tree))
    return list(connect(wire, api="v2").results(PROJECT, LISTED))


def one_v2_result(wire: Wire, **more: Any) -> Any:
    (result,) = v2_results(wire, v2_testrun(**more))
    return result


def classic_suites(*rows: Any) -> Answer:
    return classic_page("suites", list(rows))


def probe(**answer: Any) -> Answer:
    """The request that finds out whether v2 reads the project."""
    body = {"data": [], "meta": {"total": 0, "page": 1, "per_page": 1}}
    query = {"page": "1", "per_page": "1"}
    return Answer(path=f"{V2}/runs", query=query, body=body).but(**answer)


# Getting in


@pytest.mark.parametrize(
    ("secrets", "body"),
    [({"token": TOKEN}, {"api_token": TOKEN}), (PASSWORD, PASSWORD)],
)
def test_each_way_to_log_in_gives_the_jwt_that_every_call_carries(
    wire: Wire, secrets: dict[str, str], body: dict[str, str]
):
    wire.serve(log_in(**body), project_page(project_row()))
    (project,) = connect(wire, secrets=secrets).projects()
    assert isinstance(project, ProjectRecord)
    assert (project.external_id, project.name) == ("shop", "Shop")
    assert project.url == f"{wire.url}/projects/shop"
    assert wire.requests[1].headers["Authorization"] == f"Bearer {JWT}"


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_jwt_is_renewed_once_and_the_call_goes_on(wire: Wire, status: int):
    expired = project_page().but(status=status, body={"error": "expired"})
    wire.serve(log_in(), log_in("second-jwt"), expired, project_page(project_row()))
    (project,) = connect(wire).projects()
    assert isinstance(project, ProjectRecord)
    assert wire.paths().count("/api/login") == 2
    assert wire.requests[-1].headers["Authorization"] == "Bearer second-jwt"


def test_a_second_refusal_after_the_renewal_stops_the_connection(wire: Wire):
    wire.serve(log_in(), log_in("second-jwt"))
    wire.serve(project_page().but(status=403, body={"error": "no second-jwt"}))
    with pytest.raises(ConfigError) as raised:
        list(connect(wire).projects())
    assert wire.paths().count("/api/login") == 2
    assert "second-jwt" not in raised.value.answer


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refused_log_in_is_a_config_error(wire: Wire, status: int):
    wire.serve(log_in(**PASSWORD).but(status=status, body={"error": "pa55-w0rd?"}))
    with pytest.raises(ConfigError) as raised:
        connect(wire, secrets=PASSWORD).check()
    assert "pa55-w0rd" not in raised.value.answer


def test_a_log_in_without_a_jwt_is_a_payload_error(wire: Wire):
    wire.serve(log_in().but(body={"token": "elsewhere"}))
    with pytest.raises(PayloadError, match="without a jwt"):
        list(connect(wire).projects())


@pytest.mark.parametrize("secrets", [{}, {"email": "qa@example.com"}])
def test_half_a_credential_is_refused_before_any_request(
    wire: Wire, secrets: dict[str, str]
):
    with pytest.raises(ConfigError, match="e-mail and a password"):
        connect(wire, secrets=secrets)


def test_v2_wants_a_token(wire: Wire):
    with pytest.raises(ConfigError, match="API token"):
        connect(wire, secrets=PASSWORD, api="v2")


@pytest.mark.parametrize("prefix", ["", "/", "/api", "/api/v2/"])
def test_the_address_may_be_the_origin_or_either_prefix(wire: Wire, prefix: str):
    wire.serve(v2_page("runs", [v2_run()]))
    (run,) = connect(wire, api="v2", prefix=prefix).runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert run.vendor_url == f"{wire.url}/projects/shop/runs/{RUN}"


def test_the_api_key_of_a_project_is_in_no_record_reject_or_error(
    wire: Wire, clock: Clock
):
    nameless = project_row() | {"id": None}
    wire.serve(log_in(), project_page(project_row(), nameless))
    found = list(connect(wire).projects())
    assert isinstance(found[1], Reject)
    assert found[1].payload["attributes"]["title"] == "Shop"
    assert "pr0ject-k3y" not in repr(found)
    wire.forget()
    cut = b'{"data": [{"id": "shop", "attributes": {"api-key": "tstmt_pr0ject-k3y'
    wire.serve(log_in(), project_page().but(raw=cut))
    with pytest.raises(PayloadError) as raised:
        list(connect(wire).projects())
    assert "shop" in raised.value.answer
    assert "pr0ject-k3y" not in raised.value.answer


# The check


def test_the_check_lists_what_v2_gives(wire: Wire):
    wire.serve(
        log_in(), project_page(project_row()), probe(), probe(path=f"{V2}/milestones")
    )
    report = connect(wire).check()
    assert [(i.label, i.value, i.state) for i in report.items] == [
        ("Address", wire.url, "ok"),
        ("API token", "accepted", "ok"),
        ("Projects", "1", "ok"),
        ("API", "v2", "ok"),
        ("Milestones", "readable", "ok"),
    ]


def test_the_check_shows_the_classic_api_as_one_without_milestones(wire: Wire):
    wire.serve(log_in(**PASSWORD), project_page(project_row()))
    items = connect(wire, secrets=PASSWORD).check().items
    assert [(i.label, i.state) for i in items[-2:]] == [
        ("API", "ok"),
        ("Milestones", "gap"),
    ]


def test_a_project_token_names_its_projects_because_it_cannot_list_them(wire: Wire):
    wire.serve(probe(), probe(path=f"{V2}/milestones", status=404))
    connector = connect(wire, api="v2", projects="shop, ")
    items = {item.label: item for item in connector.check().items}
    assert (items["Projects"].value, items["API"].value) == ("1", "v2")
    assert items["Milestones"].state == "gap"


def test_a_check_of_v2_where_it_is_denied_is_bad(wire: Wire):
    wire.serve(probe(**DENIED))
    items = connect(wire, api="v2", projects="shop").check().items
    assert items[-1].state == "bad"


# Which API


def test_auto_remembers_for_a_week_that_v2_reads_a_project(wire: Wire):
    memory: dict[str, Any] = {}
    wire.serve(probe(), v2_page("runs", [v2_run()]))
    assert len(list(connect(wire, memory=memory).runs(PROJECT))) == 1
    wire.forget()
    wire.serve(v2_page("runs", [v2_run()]))
    assert len(list(connect(wire, memory=memory).runs(PROJECT))) == 1
    memory["apis"][PROJECT]["probed_at"] = days_ago(8)
    wire.forget()
    wire.serve(probe(), v2_page("runs", []))
    assert list(connect(wire, memory=memory).runs(PROJECT)) == []
    assert memory["apis"][PROJECT]["probed_at"] > days_ago(1)


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 401, "body": {"error": "Invalid or paused token"}},
        DENIED,
        {"status": 404, "body": {"error": "not found"}},
        {"body": {"data": []}},
        {"raw": b"<html>"},
    ],
)
def test_auto_takes_the_classic_api_where_v2_cannot_be_read(
    wire: Wire, refusal: dict[str, Any]
):
    memory: dict[str, Any] = {}
    wire.serve(probe(**refusal), log_in(), classic_runs([classic_run()]))
    connector = connect(wire, memory=memory)
    (run,) = connector.runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert memory["apis"][PROJECT]["api"] == "classic"
    assert "classic API" in connector.notes()[0]


@pytest.mark.parametrize("memory", [{"apis": 7}, {"apis": {PROJECT: {"api": "v2"}}}])
def test_a_memory_that_says_nothing_is_asked_for_anew(
    wire: Wire, memory: dict[str, Any]
):
    wire.serve(probe(), v2_page("runs", []))
    assert list(connect(wire, memory=memory).runs(PROJECT)) == []


def test_trouble_that_may_pass_decides_nothing_about_the_api(wire: Wire, clock: Clock):
    memory: dict[str, Any] = {}
    wire.serve(probe(status=503))
    with pytest.raises(RetryableError):
        list(connect(wire, memory=memory).runs(PROJECT))
    assert not memory.get("apis")


def test_a_403_of_v2_stops_this_project_only_and_is_doubted_next_time(wire: Wire):
    memory = {"apis": {PROJECT: {"api": "v2", "probed_at": days_ago(1)}}}
    wire.serve(v2_page("runs", []).but(**DENIED))
    with pytest.raises(PayloadError, match="archived"):
        list(connect(wire, memory=memory).runs(PROJECT))
    assert memory == {"apis": {}}


def test_a_401_of_v2_stops_the_connection(wire: Wire):
    wire.serve(v2_page("runs", []).but(status=401, body={"error": "paused token"}))
    with pytest.raises(ConfigError):
        list(connect(wire, api="v2").runs(PROJECT))


def test_both_apis_tell_the_same_run_and_the_same_case(wire: Wire):
    found = one_classic_run(wire, title="Nightly")
    wire.serve(classic_testruns([classic_testrun()]))
    wire.serve(classic_suites(resource("suite", "5u17e0a0", title="Shop")))
    children = {"children": [{"id": "5u17e0c0", "type": "suite"}]}
    shop = resource("suite", "5u17e0a0", related=children, title="Shop")
    login = resource("suite", "5u17e0c0", title="Login")
    wire.serve(classic_one("suites/5u17e0a0", shop))
    wire.serve(classic_one("suites/5u17e0c0", login))
    (by_classic,) = classic(wire).results(PROJECT, found)
    wire.forget()
    row = v2_run(finished_at="2026-03-26T10:10:05Z", total_tests=3, branch=None)
    assert one_v2_run(wire, row) == found
    wire.forget()
    wire.serve(v2_page("testruns", [v2_testrun()], run_id=RUN), v2_page("suites", TREE))
    assert list(connect(wire, api="v2").results(PROJECT, found)) == [by_classic]


# Pages


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            {"page": 1, "per_page": 50, "num": 2, "total_pages": 2},
            {"page": 2, "per_page": 50, "num": 2, "total_pages": 2},
        ),
        (
            {"page": 1, "perPage": 30, "totalCount": 2, "totalPages": 2},
            {"page": 2, "perPage": 30, "totalCount": 2, "totalPages": 2},
        ),
        (
            {"page": 1, "per_page": 1, "total": 2},
            {"page": 2, "per_page": 1, "total": 2},
        ),
        (
            {"page": 1, "per_page": 1, "total": 2, "total_pages": 2, "has_more": True},
            {"page": 2, "per_page": 1, "total": 2, "total_pages": 2, "has_more": False},
        ),
    ],
)
def test_every_paging_dialect_is_read_to_its_end(
    wire: Wire, first: dict[str, Any], second: dict[str, Any]
):
    pages = [
        classic_runs([classic_run(f"{number:08}")], number=number).but(
            body={"data": [classic_run(f"{number:08}")], "meta": meta}
        )
        for number, meta in ((1, first), (2, second))
    ]
    wire.serve(*pages)
    found = [run.external_id for run in classic(wire).runs(PROJECT)]
    assert found == ["00000001", "00000002"]


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"num": 1}, "neither total_pages nor totalPages nor total"),
        (None, "meta is missing"),
        ({"total": 9, "per_page": 0}, "per_page is 0"),
        ({"total_pages": 3, "page": 2}, "page 2 came when page 1"),
    ],
)
def test_a_list_that_does_not_say_how_it_goes_on_is_a_payload_error(
    wire: Wire, meta: Any, reason: str
):
    wire.serve(classic_runs([]).but(body={"data": [classic_run()], "meta": meta}))
    with pytest.raises(PayloadError, match=reason):
        list(classic(wire).runs(PROJECT))


def test_an_empty_page_before_the_last_is_a_payload_error(wire: Wire):
    wire.serve(classic_runs([], last=3))
    with pytest.raises(PayloadError, match="page 1 of 3 is empty"):
        list(classic(wire).runs(PROJECT))


def test_the_classic_list_ends_at_the_first_page_that_is_wholly_older(wire: Wire):
    old = {"created_at": "2026-01-01T00:00:00Z"}
    wire.serve(
        classic_runs([classic_run("0000000a"), classic_run("0000000b", **old)], last=3),
        classic_runs([classic_run("0000000c", **old)], number=2, last=3),
    )
    since = datetime(2026, 2, 1, tzinfo=UTC)
    found = [run.external_id for run in classic(wire).runs(PROJECT, since=since)]
    assert found == ["0000000a"]


# Runs


def test_the_plural_run_path_answers_first(wire: Wire):
    wire.serve(classic_one(f"runs/{RUN}", classic_run()))
    run = classic(wire).run(PROJECT, RUN)
    assert isinstance(run, RunRecord)
    assert run.status == RunStatus.FAILED


def test_the_singular_run_path_is_tried_after_a_404_and_remembered(wire: Wire):
    wire.serve(Answer(path=f"{CLASSIC}/runs/{RUN}", status=404))
    wire.serve(classic_one(f"run/{RUN}", classic_run()))
    connector = classic(wire)
    for _ in range(2):
        assert isinstance(connector.run(PROJECT, RUN), RunRecord)
    assert wire.paths().count(f"{CLASSIC}/runs/{RUN}") == 1


def test_a_run_that_neither_path_knows_is_gone(wire: Wire):
    wire.serve(Answer(path=f"{CLASSIC}/runs/{RUN}", status=404))
    wire.serve(Answer(path=f"{CLASSIC}/run/{RUN}", status=404))
    assert classic(wire).run(PROJECT, RUN) is None


def test_a_run_that_v2_does_not_know_is_gone(wire: Wire):
    wire.serve(Answer(path=f"{V2}/runs/{RUN}", status=404, body={"error": "none"}))
    assert connect(wire, api="v2").run(PROJECT, RUN) is None


@pytest.mark.parametrize(
    ("word", "status", "is_open", "from_results"),
    [
        ("passed", RunStatus.PASSED, False, False),
        ("failed", RunStatus.FAILED, False, False),
        ("terminated", RunStatus.CANCELLED, False, False),
        ("scheduled", RunStatus.RUNNING, True, False),
        ("launching", RunStatus.RUNNING, True, False),
        ("running", RunStatus.RUNNING, True, False),
        ("finished", RunStatus.UNKNOWN, False, True),
        ("hibernating", RunStatus.UNKNOWN, False, False),
    ],
)
def test_the_word_for_a_run_is_read_as_documented(
    wire: Wire, word: str, status: RunStatus, is_open: bool, from_results: bool
):
    run = one_classic_run(wire, status=word)
    assert (run.status, run.raw_status) == (status, word)
    assert (run.is_open, run.status_from_results) == (is_open, from_results)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"kind": "manual"}, RunKind.MANUAL),
        ({"kind": "mixed", "automated": False}, RunKind.AUTOMATED),
        ({"kind": None, "automated": False}, RunKind.MANUAL),
        ({"kind": None, "automated": None}, RunKind.AUTOMATED),
    ],
)
def test_a_run_is_automated_unless_the_vendor_says_manual(
    wire: Wire, row: dict[str, Any], kind: RunKind
):
    assert one_classic_run(wire, **row).kind == kind


@pytest.mark.parametrize(
    ("env", "configuration"),
    [
        (["Windows", "Chrome"], "Windows, Chrome"),
        ("Windows,Chrome , ,Windows", "Windows, Chrome"),
        ([], ""),
        (None, ""),
    ],
)
def test_env_as_list_or_text_is_the_configuration_in_the_vendors_order(
    wire: Wire, env: Any, configuration: str
):
    assert one_classic_run(wire, env=env).configuration == configuration


def test_duration_is_in_seconds_and_zero_means_that_the_times_tell(wire: Wire):
    assert one_classic_run(wire).duration_ms == 600_250
    wire.forget()
    assert one_classic_run(wire, duration=0).duration_ms == 600_000
    wire.forget()
    running = one_classic_run(wire, duration=0, finished_at=None, status="running")
    assert running.duration_ms is None


def test_a_run_starts_when_it_is_launched_else_when_it_was_created(wire: Wire):
    assert one_classic_run(wire).started_at == datetime(
        2026, 3, 26, 10, 0, 5, tzinfo=UTC
    )
    wire.forget()
    created_at = "2026-03-26T12:00:00+02:00"
    run = one_classic_run(wire, launched_at=None, created_at=created_at)
    assert run.started_at == datetime(2026, 3, 26, 10, tzinfo=UTC)


def test_counters_of_either_spelling_are_the_vendors_totals(wire: Wire):
    counts = Counts(passed=1, failed=1, untested=1)
    assert one_classic_run(wire).vendor_counts == counts
    wire.forget()
    assert (
        one_v2_run(wire, v2_run(total_tests=3, tests_count=2)).vendor_counts == counts
    )


def test_a_run_without_counters_states_no_totals(wire: Wire):
    row = {n: v for n, v in v2_run().items() if "count" not in n and "total" not in n}
    assert one_v2_run(wire, row).vendor_counts is None


def test_settings_name_the_fields_of_branch_commit_and_source(wire: Wire):
    wire.serve(
        classic_runs([classic_run(build_ref="9f1c2ab", branch="main", label="web")])
    )
    connector = classic(wire, commit_field="build-ref", source_field="label")
    (run,) = connector.runs(PROJECT)
    assert isinstance(run, RunRecord)
    assert (run.branch, run.commit, run.source) == ("main", "9f1c2ab", "web")


def test_a_run_without_a_title_is_called_by_its_id(wire: Wire):
    assert one_classic_run(wire, title=None).name == f"Run {RUN}"


def test_run_groups_that_come_among_runs_are_left_out_with_a_note(wire: Wire):
    wire.serve(
        classic_runs([resource("rungroup", "g1r2o3u4", title="Web"), classic_run()])
    )
    connector = classic(wire)
    assert [run.external_id for run in connector.runs(PROJECT)] == [RUN]
    assert connector.notes() == ["Run groups in the list of runs were left out."]


# Run groups


def test_the_source_of_a_classic_run_is_the_path_of_its_group(wire: Wire):
    path = [{"id": "g0000001"}]
    inner = resource("rungroup", "g0000002", title="Login", path=path)
    outer = resource("rungroup", "g0000001", title="Web", path=[])
    wire.serve(
        classic_runs(
            [
                classic_run(rungroup_id="g0000002"),
                classic_run("b", rungroup_id="g0000002"),
            ]
        ),
        classic_one("rungroups/g0000002", inner),
        classic_one("rungroups/g0000001", outer),
    )
    assert [run.source for run in classic(wire).runs(PROJECT)] == ["Web / Login"] * 2
    assert len(wire.requests) == 4


def test_the_source_of_a_v2_run_is_the_path_of_its_group(wire: Wire):
    wire.serve(
        v2_one("rungroups/g2", {"id": "g2", "cleanTitle": "Login", "parentId": "g1"}),
        v2_one("rungroups/g1", {"id": "g1", "title": "Web", "parent_id": "g2"}),
    )
    assert one_v2_run(wire, v2_run(rungroup_id="g2")).source == "Web / Login"


def test_a_group_that_is_gone_or_unwanted_names_no_source(wire: Wire):
    wire.serve(Answer(path=f"{V2}/rungroups/g2", status=404))
    assert one_v2_run(wire, v2_run(rungroup_id="g2")).source == ""
    wire.forget()
    row = v2_run(rungroup_id="g2")
    assert one_v2_run(wire, row, source_field="none").source == ""


# What v2 leaves out


OLD_RUN = {
    "id": RUN,
    "type": "run",
    "cleanTitle": "Nightly",
    "kind": "automated",
    "rungroupId": None,
    "env": "Chrome, Windows",
}


def test_a_v2_run_of_the_old_naming_is_completed_by_the_classic_api(wire: Wire):
    wire.serve(log_in(), classic_one(f"runs/{RUN}", classic_run()))
    run = one_v2_run(wire, OLD_RUN)
    assert (run.name, run.status, run.duration_ms) == (
        "Nightly",
        RunStatus.FAILED,
        600_250,
    )
    assert run.vendor_counts == Counts(passed=1, failed=1, untested=1)


def test_a_settled_run_is_left_out_rather_than_asked_for_again(wire: Wire):
    wire.serve(v2_page("runs", [OLD_RUN, v2_run("cabd4223")]))
    connector = connect(wire, api="v2")
    found = connector.runs(PROJECT, settled={RUN, "cabd4223"})
    assert [run.external_id for run in found] == ["cabd4223"]


def test_a_project_token_leaves_the_gap_and_a_note(wire: Wire):
    wire.serve(log_in().but(status=401, body={"error": "no"}))
    wire.serve(v2_page("runs", [OLD_RUN, OLD_RUN | {"id": "cabd4223"}]))
    connector = connect(wire, api="v2")
    for run in connector.runs(PROJECT):
        assert isinstance(run, RunRecord)
        assert (run.status, run.started_at) == (RunStatus.UNKNOWN, None)
        assert run.status_from_results
    assert len(connector.notes()) == 1
    assert wire.paths().count("/api/login") == 1


def test_the_old_and_the_new_names_of_a_testrun_read_the_same(wire: Wire):
    old = {
        "id": 11,
        "type": "testrun",
        "testTitle": "Log in",
        "message": "boom",
        "status": "failed",
        "substatus": None,
        "runTime": 1234,
        "runId": RUN,
        "testId": f"@T{TEST}",
    }
    tests = [{"id": f"@T{TEST}", "suiteId": "@S5u17e0c0"}]
    wire.serve(v2_page("tests", tests))
    (by_old,) = v2_results(wire, old)
    wire.forget()
    assert by_old == one_v2_result(wire, status="failed", message="boom")
    assert by_old.folder == "Shop / Login"


def test_examples_that_v2_hides_are_taken_from_the_classic_api(wire: Wire):
    wire.serve(
        log_in(),
        classic_testruns(
            [
                classic_testrun(11, example=["chrome"]),
                classic_testrun(12, example=["edge"]),
            ]
        ),
    )
    rows = v2_results(wire, v2_testrun(11), v2_testrun(12))
    assert [row.key for row in rows] == [f"{TEST} [chrome]", f"{TEST} [edge]"]


def test_a_test_that_merely_ran_twice_is_asked_about_once(wire: Wire):
    wire.serve(log_in(), classic_testruns([classic_testrun(11), classic_testrun(12)]))
    wire.serve(v2_page("testruns", [v2_testrun(11), v2_testrun(12)], run_id=RUN))
    wire.serve(v2_page("suites", TREE))
    connector = connect(wire, api="v2")
    for _ in range(2):
        rows = list(connector.results(PROJECT, LISTED))
        assert [row.key for row in rows if isinstance(row, ResultRecord)] == [TEST] * 2
    assert wire.paths().count(f"{CLASSIC}/testruns") == 1


# Suites


def test_nested_suites_become_full_paths_and_are_walked_once(wire: Wire):
    def suite(suite_id: str, title: str, *below: str) -> Any:
        children = [{"id": child, "type": "suite"} for child in below]
        return resource("suite", suite_id, related={"children": children}, title=title)

    # "Deep" claims the root as its child: the walk must end and the path stay whole.
    nodes = [suite("a", "A", "b"), suite("b", "B", "c"), suite("c", "Deep", "a")]
    wire.serve(classic_page("suites", [nodes[0]], last=2))
    wire.serve(classic_page("suites", [suite("z", "Z")], number=2, last=2))
    wire.serve(*(classic_one(f"suites/{node['id']}", node) for node in nodes))
    wire.serve(classic_one("suites/z", suite("z", "Z")))
    row = classic_testrun(test={"id": TEST, "title": "Log in", "suite_id": "c"})
    wire.serve(classic_testruns([row]))
    connector = classic(wire)
    for _ in range(2):
        (result,) = connector.results(PROJECT, LISTED)
        assert isinstance(result, ResultRecord)
        assert result.folder == "A / B / Deep"
        assert result.name_key == "A / B / Deep / Log in"
    assert wire.paths().count(f"{CLASSIC}/suites/a") == 1


def test_a_suite_without_suites_is_opened_only_to_see_its_tests(wire: Wire):
    leaf = resource("suite", "c", title="Login", file_type="file")
    wire.serve(
        classic_suites(leaf),
        classic_testruns(
            [
                classic_testrun(
                    test={"id": TEST, "title": "Log in", "suite-title": "Login"}
                )
            ]
        ),
    )
    (result,) = classic(wire).results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == "Login"
    wire.forget()
    tests = {"tests": [{"id": TEST, "type": "test"}]}
    whole = resource("suite", "c", related=tests, title="Login", file_type="file")
    wire.serve(classic_suites(leaf), classic_one("suites/c", whole))
    wire.serve(
        classic_testruns([classic_testrun(test={"id": TEST, "title": "Log in"})])
    )
    (result,) = classic(wire).results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == "Login"


def test_a_suite_title_that_two_suites_share_is_settled_by_the_test(wire: Wire):
    tree = [
        suite_node("a", "Web", suite_node("a1", "Login")),
        suite_node("b", "App", suite_node("b1", "Login")),
    ]
    wire.serve(v2_page("tests", [{"id": TEST, "suite_id": "b1"}]))
    known, unknown = v2_results(
        wire, v2_testrun(11), v2_testrun(12, test_id="unknown1"), tree=tree
    )
    assert known.folder == "App / Login"
    assert unknown.folder == "Login"


def test_suites_that_cannot_be_read_leave_the_last_title_and_a_note(wire: Wire):
    wire.serve(v2_page("testruns", [v2_testrun()], run_id=RUN))
    wire.serve(v2_page("suites", []).but(status=404))
    wire.serve(v2_page("tests", []).but(status=404))
    connector = connect(wire, api="v2")
    (result,) = connector.results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert result.folder == "Login"
    assert len(connector.notes()) == 2


# Results


def test_a_case_is_its_test_id_or_its_path_and_title_which_the_id_takes_over(
    wire: Wire,
):
    by_id, by_name = v2_results(wire, v2_testrun(11), v2_testrun(12, test_id=None))
    assert (by_id.key, by_id.folder) == (TEST, "Shop / Login")
    assert by_name.key == by_id.name_key == "Shop / Login / Log in"
    assert by_name.name_key == ""


@pytest.mark.parametrize(
    ("example", "ending"),
    [
        (["chrome", 2, True], " [chrome, 2, true]"),
        ({"size": 2, "browser": "chrome"}, " [chrome, 2]"),
        (["a, b", "c"], ' ["a, b", c]'),
        (["a", "b, c"], ' [a, "b, c"]'),
        (["", None], ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_example_of_a_parametrised_test_is_a_part_of_its_key(
    wire: Wire, example: Any, ending: str
):
    test = {"id": TEST, "title": "Log in", "params": ["browser", "size"]}
    wire.serve(classic_testruns([classic_testrun(example=example, test=test)]))
    wire.serve(classic_suites())
    (result,) = classic(wire).results(PROJECT, LISTED)
    assert isinstance(result, ResultRecord)
    assert (result.key, result.name) == (f"{TEST}{ending}", f"Log in{ending}")
    assert result.name_key == f"Log in{ending}"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("passed", Status.PASSED),
        ("failed", Status.FAILED),
        ("skipped", Status.SKIPPED),
        ("pending", Status.UNTESTED),
        (None, Status.UNTESTED),
        ("known issue", Status.UNKNOWN),
    ],
)
def test_the_word_of_a_testrun_is_read_as_documented(
    wire: Wire, word: str | None, status: Status
):
    result = one_v2_result(wire, status=word, substatus="flaky infrastructure")
    assert (result.status, result.raw_status) == (status, word or "")


def test_testruns_come_out_in_the_order_of_execution(wire: Wire):
    wire.serve(log_in(), classic_testruns([]))
    rows = [v2_testrun(n, status=w) for n, w in ((9, "failed"), (10, "passed"))]
    results = v2_results(wire, *reversed(rows))
    assert [result.status for result in results] == [Status.FAILED, Status.PASSED]


def test_run_time_is_in_milliseconds_and_a_testrun_has_no_time_of_its_own(wire: Wire):
    result = one_v2_result(wire, run_time=0.5)
    assert (result.duration_ms, result.executed_at) == (1, None)
    assert result.vendor_url == "https://there/runs/1/test/11"
    assert not result.is_marked_retry


def test_an_impossible_run_time_costs_the_duration_only(wire: Wire):
    result = one_v2_result(wire, run_time=-41)
    assert (result.status, result.duration_ms) == (Status.PASSED, None)
    assert "below zero" in result.oddity


@pytest.mark.parametrize(
    ("message", "stack", "text"),
    [
        ("boom", "at login.js:3", "boom\n\nat login.js:3"),
        ("boom", "Error: boom\n at login.js:3", "Error: boom\n at login.js:3"),
        (None, "at login.js:3", "at login.js:3"),
        ("boom", None, "boom"),
        (None, None, ""),
    ],
)
def test_message_and_stack_become_one_message(
    wire: Wire, message: Any, stack: Any, text: str
):
    assert one_v2_result(wire, message=message, stack=stack).message == text


def test_a_message_of_a_megabyte_is_cut_and_says_so(wire: Wire):
    message = one_v2_result(wire, message="x" * 2**20).message
    assert len(message) < 2**16 + 50
    assert message.endswith("[cut: 1048576 characters in all]")


def test_odd_names_are_kept_whole(wire: Wire):
    title = "🦉" * 300
    result = one_v2_result(wire, test_title=title, message="a\x00b")
    assert (result.name, result.message) == (title, "a\u2400b")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (None, "the row is missing"),
        (v2_testrun(12, test_title=None, test_id=None), "test_title is missing"),
        (v2_testrun(12, test_id="b2", status=["passed"]), "status is a list"),
        (v2_testrun(12, test_id="b2", run_time="1.5 s"), "run_time is a text"),
        ({"id": 12, "test_title": "Log in"}, "status is missing"),
    ],
)
def test_a_malformed_testrun_is_kept_as_a_reject_beside_the_others(
    wire: Wire, row: Any, reason: str
):
    found = v2_results(wire, v2_testrun(11), row)
    (reject,) = [one for one in found if isinstance(one, Reject)]
    assert reason in reject.reason
    assert reject.payload == row
    assert len(found) == 2


def test_a_malformed_run_is_kept_as_a_reject_beside_the_others(wire: Wire):
    broken = classic_run("b", env={"os": "Windows"})
    wire.serve(classic_runs([broken, classic_run(), classic_run("c", passed="many")]))
    first, second, third = classic(wire).runs(PROJECT)
    assert isinstance(first, Reject)
    assert "env is an object" in first.reason
    assert isinstance(second, RunRecord)
    assert isinstance(third, Reject)
    assert "passed is a text" in third.reason


# Milestones


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("created", MilestoneState.OPEN),
        ("active", MilestoneState.OPEN),
        ("closed", MilestoneState.COMPLETED),
    ],
)
def test_milestones_come_from_v2_with_their_state(
    wire: Wire, word: str, state: MilestoneState
):
    wire.serve(v2_page("milestones", [milestone_row(status=word), {"id": "x"}]))
    milestone, reject = connect(wire, api="v2").milestones(PROJECT)
    assert not isinstance(milestone, Reject)
    assert (milestone.external_id, milestone.name) == ("sprint-12", "Sprint 12")
    assert (milestone.state, milestone.due_at) == (
        state,
        datetime(2026, 3, 29, tzinfo=UTC),
    )
    assert isinstance(reject, Reject)


def test_a_run_names_its_milestones_where_v2_does(wire: Wire):
    row = v2_run(milestones=[{"id": "sprint-12"}, "sprint-13", None])
    assert one_v2_run(wire, row).milestones == ("sprint-12", "sprint-13")


def test_an_instance_without_milestones_is_noted(wire: Wire):
    wire.serve(v2_page("milestones", []).but(status=404))
    connector = connect(wire, api="v2")
    assert list(connector.milestones(PROJECT)) == []
    assert "no list of milestones" in connector.notes()[0]


def test_the_classic_api_is_asked_for_no_milestones(wire: Wire):
    assert list(connect(wire, api="classic").milestones(PROJECT)) == []
    assert wire.requests == []
