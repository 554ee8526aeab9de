"""Testomat.io's lists of runs and milestones: pages, words, units, groups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.contract import (
    Counts,
    IncompleteListError,
    MilestoneRecord,
    MilestoneState,
    PayloadError,
    Reject,
    RunKind,
    RunRecord,
    RunStatus,
)
from ingest.http import UnsupportedError
from tests.ingest.recordings.testomatio import (
    CLASSIC,
    PROJECT,
    RUN,
    V2,
    classic_one,
    classic_run,
    classic_runs,
    milestone_row,
    resource,
    v2_one,
    v2_page,
    v2_run,
)
from tests.ingest.test_testomatio.connected import (
    classic,
    connect,
    one_classic_run,
    one_v2_run,
)
from tests.ingest.wire import Answer, Clock, Wire

# Pages


def run_id(run: Any) -> str:
    assert isinstance(run, RunRecord), run
    return run.external_id


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            {"page": 1, "per_page": 50, "num": 3, "total_pages": 2},
            {"page": 2, "per_page": 50, "num": 3, "total_pages": 2},
        ),
        (
            {"page": 1, "perPage": 30, "totalCount": 3, "totalPages": 2},
            {"page": 2, "perPage": 30, "totalCount": 3, "totalPages": 2},
        ),
        (
            {"page": 1, "per_page": 2, "total": 3},
            {"page": 2, "per_page": 2, "total": 3},
        ),
        (
            {"page": 1, "per_page": 2, "total": 3, "total_pages": 2, "has_more": True},
            {"page": 2, "per_page": 2, "total": 3, "total_pages": 2, "has_more": False},
        ),
    ],
)
def test_every_paging_dialect_is_read_to_its_end(
    wire: Wire, first: dict[str, Any], second: dict[str, Any]
):
    pages = [
        classic_runs([], number=number).but(
            body={"data": [classic_run(run_id) for run_id in ids], "meta": meta}
        )
        for number, ids, meta in ((1, "ab", first), (2, "c", second))
    ]
    wire.serve(*pages)
    found = [run.external_id for run in classic(wire).runs(PROJECT)]
    assert found == ["a", "b", "c"]


@pytest.mark.parametrize(
    "meta",
    [
        {"page": 1, "per_page": 2, "num": 2, "total_pages": 1},
        {"page": 1, "perPage": 2, "totalCount": 2, "totalPages": 1},
        {"page": 1, "per_page": 2, "total": 2},
    ],
)
def test_a_full_page_is_followed_though_it_is_called_the_last(
    wire: Wire, meta: dict[str, Any]
):
    first, second = [classic_run("a"), classic_run("b")], [classic_run("c")]
    wire.serve(
        classic_runs([]).but(body={"data": first, "meta": meta}),
        classic_runs([], number=2).but(
            body={"data": second, "meta": meta | {"page": 2}}
        ),
    )
    found = [run.external_id for run in classic(wire).runs(PROJECT)]
    assert found == ["a", "b", "c"]


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


def test_a_list_that_ends_before_its_total_is_read_again_and_told_behind_its_rows(
    wire: Wire,
):
    found = [classic_run("a")], [], [classic_run("b"), classic_run("a")], []
    wire.serve(
        classic_runs(found[0], last=3, total=3),
        classic_runs(found[1], number=2, last=3, total=3),
        classic_runs(found[2], total=3, size_asked=25),
        classic_runs(found[3], total=3, size_asked=20),
    )
    runs = classic(wire).runs(PROJECT)
    assert [run_id(next(runs)), run_id(next(runs))] == ["a", "b"]
    with pytest.raises(IncompleteListError, match="3 stated, 2 seen"):
        next(runs)


def test_an_empty_page_before_the_last_ends_a_list_without_a_total(wire: Wire):
    meta = {"page": 1, "total_pages": 3}
    wire.serve(classic_runs([]).but(body={"data": [], "meta": meta}))
    assert list(classic(wire).runs(PROJECT)) == []


def test_the_classic_list_ends_at_the_first_page_that_is_wholly_older(wire: Wire):
    old = {"created_at": "2026-01-01T00:00:00Z"}
    rows = [classic_run("0000000a"), classic_run("0000000b", **old)]
    wire.serve(
        classic_runs(rows, last=3, total=5),
        classic_runs([classic_run("0000000c", **old)], number=2, last=3, total=5),
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
    wire.serve(v2_page("milestones", [milestone_row(status=word), {"title": "x"}]))
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


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_instance_without_milestones_does_not_support_them(
    wire: Wire, clock: Clock, status: int
):
    wire.serve(v2_page("milestones", []).but(status=status))
    with pytest.raises(UnsupportedError, match="has no list of milestones"):
        list(connect(wire, api="v2").milestones(PROJECT))


def test_a_milestone_is_read_by_its_id(wire: Wire):
    wire.serve(v2_one("milestones/sprint-12", milestone_row(status="closed")))
    milestone = connect(wire, api="v2").milestone(PROJECT, "sprint-12")
    assert isinstance(milestone, MilestoneRecord)
    assert (milestone.external_id, milestone.name) == ("sprint-12", "Sprint 12")
    assert milestone.state is MilestoneState.COMPLETED


def test_a_deleted_milestone_is_none(wire: Wire):
    wire.serve(Answer(path=f"{V2}/milestones/sprint-12", status=404))
    assert connect(wire, api="v2").milestone(PROJECT, "sprint-12") is None


def test_the_classic_api_is_asked_for_no_milestones(wire: Wire):
    connector = connect(wire, api="classic")
    # An empty list would say that all that were known are gone.
    with pytest.raises(UnsupportedError, match="classic API has no milestones"):
        list(connector.milestones(PROJECT))
    assert connector.milestone(PROJECT, "sprint-12") is None
    assert wire.requests == []
