"""Vendors asked to do things: what is sent, what is never sent twice, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.connectors import STARTERS
from ingest.contract import ConnectionConfig, RetryableError
from ingest.http import ApiClient, MissingError, UnreachedError
from ingest.starting import (
    FieldsError,
    RefusedError,
    Started,
    Starter,
    StartField,
    UnclearError,
    checked,
    kept,
)
from tests.ingest.sockets import Listener, listen, resets, stays_silent
from tests.ingest.wire import Answer, Wire

__all__ = ["listen"]
DONE = Answer(method="POST", path="/a", body={"fine": True})
RUN = {"id": "u-1", "shortId": "UkxK", "url": "https://app.qa.tech/r/UkxK"}
EXECUTE = Answer(
    method="POST",
    path="/api/testExecution/p1",
    body={"success": True, "scheduleStatus": "Success", "jobId": "j1"},
)
JOBS = Answer(method="POST", path="/api/jobs/p1", request_body={"jobIds": ["j1"]})


def client_of(url: str) -> ApiClient:
    return ApiClient(url, label="Testtool", allow_private_urls=True)


def starter(vendor: str, wire: Wire, **settings: str) -> Any:
    config = ConnectionConfig(
        base_url=wire.url,
        settings=settings,
        secrets={"token": "k3y"},
        allow_private_urls=True,
    )
    return STARTERS[vendor].connect(config)


def sent(wire: Wire) -> list[Any]:
    return [request.body for request in wire.requests]


# What is sent once


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_may_have_been_done_is_not_sent_again(wire, clock, status):
    wire.serve(DONE.but(status=status, body={"message": "busy"}))
    with pytest.raises(UnclearError, match="Look there before you try again"):
        client_of(wire.url).request_once("POST", "/a", {"x": 1})
    assert len(wire.requests) == 1


@pytest.mark.parametrize("raw", [b'{"half', b"<html>Logged in</html>"])
def test_an_answer_that_cannot_be_read_is_not_asked_for_again(wire, clock, raw):
    wire.serve(DONE.but(raw=raw))
    with pytest.raises(UnclearError):
        client_of(wire.url).request_once("POST", "/a")
    assert len(wire.requests) == 1


def test_a_connection_that_breaks_off_is_unclear_and_not_made_again(listen, clock):
    listener: Listener = listen(resets)
    with pytest.raises(UnclearError):
        client_of(f"http://127.0.0.1:{listener.port}").request_once("POST", "/a")
    assert listener.accepted == 1


def test_a_pause_that_the_vendor_asks_for_is_kept_and_then_it_is_sent(wire, clock):
    wire.serve(DONE.but(status=429, headers={"Retry-After": "2"}), DONE)
    assert client_of(wire.url).request_once("POST", "/a") == {"fine": True}
    assert clock.naps == [2.0]


def test_a_pause_longer_than_anybody_waits_is_told_as_it_is(wire, clock):
    wire.serve(DONE.but(status=429, headers={"Retry-After": "90"}))
    with pytest.raises(RetryableError, match="asked for a pause"):
        client_of(wire.url).request_once("POST", "/a")
    assert clock.naps == []


def test_where_nobody_listens_nothing_was_sent(listen, clock):
    listener: Listener = listen(stays_silent)
    port = listener.port
    listener.close()
    with pytest.raises(UnreachedError):
        client_of(f"http://127.0.0.1:{port}").request_once("POST", "/a")


def test_a_refusal_stays_the_refusal_that_it_is(wire, clock):
    wire.serve(DONE.but(status=404, body={"message": "no such plan"}))
    with pytest.raises(MissingError):
        client_of(wire.url).request_once("POST", "/a")


def test_reads_are_tried_again_as_before(wire, clock):
    wire.serve(DONE.but(status=503), DONE)
    assert client_of(wire.url).post("/a", {}) == {"fine": True}


# Fields


FIELDS = STARTERS["qatech"].start_fields
NESTED: list[Any] = []
for _ in range(5000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("values", "at_fault"),
    [
        ({"plan": "x"}, {"plan"}),
        ({"testPlanShortId": 7}, {"testPlanShortId"}),
        ({"testPlanShortId": "x" * 2001}, {"testPlanShortId"}),
        ({"testPlanShortId": "a\0"}, {"testPlanShortId"}),
        ({"testPlanShortId": "\ud800"}, {"testPlanShortId"}),
        ({"testCaseIds": "one"}, {"testCaseIds"}),
        ({"testCaseIds": [1]}, {"testCaseIds"}),
        ({"testCaseIds": ["x"] * 1001}, {"testCaseIds"}),
        ({"testCaseIds": ["x" * 1000] * 51}, {"testCaseIds"}),
        ({"configs": {"a": "\0"}}, {"configs"}),
        ({"configs": ["x" * 60_000]}, {"configs"}),
        ({"configs": {"a": float("inf")}}, {"configs"}),
        ({"configs": [float("nan")]}, {"configs"}),
        ({"configs": NESTED}, {"configs"}),
    ],
)
def test_values_that_no_vendor_takes_are_told_by_field(values, at_fault):
    with pytest.raises(FieldsError) as raised:
        checked(FIELDS, values)
    assert set(raised.value.errors) == at_fault


def test_what_was_left_empty_was_not_given():
    assert checked(FIELDS, {"testPlanShortId": "", "configs": None}) == {}
    needed = (StartField(name="name", label="Name", is_required=True),)
    with pytest.raises(FieldsError, match="required"):
        checked(needed, {"name": ""})


def test_passwords_among_the_values_are_not_kept():
    values = {
        "configs": {"password": "s3cret"},
        "configsByEnvironment": ["s3cret"],
        "environment": {"url": "https://mara:s3cret@x.example/a@b", "name": "x"},
        "applicationShortId": "app_1",
    }
    shown = kept(FIELDS, checked(FIELDS, values))
    assert "s3cret" not in str(shown)
    assert shown["environment"] == {"url": "https://x.example/a@b", "name": "x"}
    assert shown["applicationShortId"] == "app_1"


def test_what_a_vendor_does_not_offer_is_refused_in_words():
    class StarterOfNothing(Starter):
        vendor, label = "none", "Nothing"

        @classmethod
        def connect(cls, config):
            return cls()

    nothing = StarterOfNothing()
    for act in (
        lambda: nothing.start("p", {}),
        lambda: nothing.rerun("p", "1", only="all"),
        lambda: nothing.change_run("p", "1", {"name": "n"}),
        lambda: nothing.close_run("p", "1"),
        lambda: nothing.create_case("p", {}),
    ):
        with pytest.raises(RefusedError, match="Nothing does not offer") as raised:
            act()
        assert raised.value.status == 409


# QA.tech


def test_qatech_is_sent_flat_names_in_its_own_nesting(wire):
    wire.serve(
        Answer(method="POST", path="/v1/run", body={"success": True, "run": RUN})
    )
    values = {
        "testPlanShortId": "pln_1",
        "applicationShortId": "app_1",
        "environment": "https://staging.example",
        "devicePresetShortId": "preset_1",
        "configs": {"cfg_1": {"user": "mara"}},
    }
    qatech = starter("qatech", wire)
    qatech.check_start(values)
    started = qatech.start("proj_abc", values)
    assert started == Started(run_external_id="UkxK", url=RUN["url"])
    assert sent(wire) == [
        {
            "testPlanShortId": "pln_1",
            "applications": [
                {
                    "applicationShortId": "app_1",
                    "devicePresetShortId": "preset_1",
                    "environment": {"url": "https://staging.example"},
                }
            ],
            "parameters": {"configs": {"cfg_1": {"user": "mara"}}},
            "projectShortId": "proj_abc",
        }
    ]


def test_qatech_takes_an_environment_by_short_id_and_its_own_objects(wire):
    wire.serve(Answer(method="POST", path="/v1/run", body={"run": RUN}))
    qatech = starter("qatech", wire, key="project")
    flat = {"applicationShortId": "app_1", "environment": "env_1"}
    qatech.start("proj_abc", flat)
    own = [{"applicationShortId": "app_2", "environment": {"url": "https://x.example"}}]
    qatech.start("proj_abc", {"applications": own, "testCaseIds": ["c1", "c2"]})
    named = {"applicationShortId": "app_1", "environment": {"shortId": "env_1"}}
    assert sent(wire) == [
        {"applications": [named]},
        {"applications": own, "testCaseIds": ["c1", "c2"]},
    ]


def test_qatech_sends_an_object_also_where_nothing_is_said(wire):
    wire.serve(Answer(method="POST", path="/v1/run", body={"run": RUN}))
    starter("qatech", wire).start("Shop", {})
    assert sent(wire) == [{}]


@pytest.mark.parametrize(
    ("values", "at_fault"),
    [
        ({"testPlanShortId": "pln_1", "testCaseIds": ["c"]}, "testCaseIds"),
        ({"environment": "env_1"}, "environment"),
        ({"devicePresetShortId": "preset_1"}, "devicePresetShortId"),
        ({"applications": [], "applicationShortId": "app_1"}, "applications"),
    ],
)
def test_qatech_is_not_asked_what_contradicts_itself(wire, values, at_fault):
    with pytest.raises(FieldsError) as raised:
        starter("qatech", wire).check_start(values)
    assert set(raised.value.errors) == {at_fault}


@pytest.mark.parametrize(
    ("only", "body"), [("failed", {"failedOnly": True}), ("all", {})]
)
def test_qatech_runs_a_run_again(wire, only, body):
    wire.serve(Answer(method="POST", path="/v1/run/UkxK", body={"run": RUN}))
    started = starter("qatech", wire).rerun("Shop", "UkxK", only=only)
    assert (started.run_external_id, sent(wire)) == ("UkxK", [body])


@pytest.mark.parametrize(
    ("status", "answers"),
    [(400, 422), (404, 422), (422, 422), (401, 409), (402, 409), (403, 409)]
    + [(409, 409), (405, 409), (501, 409)],
)
def test_a_refusal_comes_in_the_vendors_words(wire, status, answers):
    said = {"message": "Nothing to rerun."}
    wire.serve(Answer(method="POST", path="/v1/run/x", status=status, body=said))
    with pytest.raises(RefusedError, match="QA.tech refused it .*: Nothing") as raised:
        starter("qatech", wire).rerun("Shop", "x", only="failed")
    assert raised.value.status == answers
    assert len(wire.requests) == 1


def test_a_refusal_never_shows_the_key(wire):
    said = {"message": "The key k3y is unknown."}
    wire.serve(Answer(method="POST", path="/v1/run", status=401, body=said))
    with pytest.raises(RefusedError) as raised:
        starter("qatech", wire).start("Shop", {})
    assert "k3y" not in raised.value.sentence + raised.value.answer


def test_success_that_is_false_is_a_refusal(wire):
    said = {"success": False, "message": "The plan is empty."}
    wire.serve(Answer(method="POST", path="/v1/run", body=said))
    with pytest.raises(RefusedError, match="The plan is empty"):
        starter("qatech", wire).start("Shop", {})


@pytest.mark.parametrize("body", [None, [], {}, {"run": {}}, {"run": {"shortId": 1.5}}])
def test_an_answer_without_a_run_is_unclear(wire, body):
    wire.serve(Answer(method="POST", path="/v1/run", body=body))
    with pytest.raises(UnclearError):
        starter("qatech", wire).start("Shop", {})


@pytest.mark.parametrize("url", [{}, 7, "javascript:alert(1)", "x" * 3000, None])
def test_a_run_is_known_whatever_address_comes_with_it(wire, url):
    wire.serve(Answer(method="POST", path="/v1/run", body={"run": {**RUN, "url": url}}))
    started = starter("qatech", wire).start("Shop", {})
    assert (started.run_external_id, started.url) == ("UkxK", "")


def test_qatech_makes_a_test_case(wire):
    made = {"id": "c-1", "name": "Pay", "url": "https://app.qa.tech/c/c-1"}
    body = {"success": True, "testCase": made}
    wire.serve(Answer(method="POST", path="/v1/test-cases", body=body))
    values = {"name": "Pay", "goal": "Pay by card", "applicationShortId": "app_1"}
    case = starter("qatech", wire).create_case("proj_abc", values)
    assert (case.external_id, case.name, case.url) == ("c-1", "Pay", made["url"])
    assert sent(wire) == [{**values, "projectShortId": "proj_abc"}]


def test_qatech_tells_whence_it_comes(wire):
    body = {"ipAddresses": ["192.0.2.1", "192.0.2.2"]}
    wire.serve(Answer(path="/v1/outbound-ips", body=body))
    assert starter("qatech", wire).outbound_ips() == ["192.0.2.1", "192.0.2.2"]


# Testifly


@pytest.mark.parametrize(
    "values",
    [{"featureId": "f"}, {"testSuiteId": "s"}, {"testId": "t"}, {"tests": ["t", "u"]}],
)
def test_testifly_gives_a_job(wire, values):
    wire.serve(EXECUTE)
    testifly = starter("testifly", wire)
    asked = {**values, "agentName": "lab 1"}
    testifly.check_start(asked)
    assert testifly.start("p1", asked) == Started(job="j1")
    assert sent(wire) == [{"action": "executeTests", **asked}]


@pytest.mark.parametrize(
    "values", [{}, {"agentName": "a"}, {"testId": "t", "featureId": "f"}]
)
def test_testifly_is_asked_for_one_thing(wire, values):
    with pytest.raises(FieldsError, match="exactly one"):
        starter("testifly", wire).check_start(values)


@pytest.mark.parametrize("status", [200, 409])
@pytest.mark.parametrize("success", [True, False])
def test_tests_that_run_already_are_followed_under_their_job(wire, status, success):
    body = {"success": success, "scheduleStatus": "AlreadyExists", "jobId": "j0"}
    wire.serve(EXECUTE.but(status=status, body=body))
    started = starter("testifly", wire).start("p1", {"testId": "t"})
    assert started.job == "j0"
    assert "already" in started.note


def test_tests_that_run_already_under_no_name_are_a_refusal(wire):
    wire.serve(EXECUTE.but(body={"success": False, "scheduleStatus": "AlreadyExists"}))
    with pytest.raises(RefusedError, match="runs these tests already"):
        starter("testifly", wire).start("p1", {"testId": "t"})


def jobs(status: str, **more: Any) -> dict[str, Any]:
    return {"success": True, "jobs": [{"jobId": "j1", "status": status, **more}]}


@pytest.mark.parametrize(
    ("body", "ended", "run", "said"),
    [
        (jobs("Pending"), False, "", "no run yet"),
        (jobs("PendingAgentConnection"), False, "", "agent to connect"),
        (jobs("InProgress", testRunId="r1"), False, "r1", ""),
        (jobs("Success", testRunId="r1"), True, "r1", ""),
        (jobs("Failed", testRunId=None), True, "", "without a run"),
        ({"success": True, "jobs": [], "missingJobIds": ["j1"]}, True, "", "no longer"),
    ],
)
def test_a_job_of_testifly_tells_what_became_of_it(wire, body, ended, run, said):
    wire.serve(JOBS.but(body=body))
    state = starter("testifly", wire).job("p1", "j1")
    assert (state.is_ended, state.run_external_id) == (ended, run)
    assert said in state.sentence


# Testmo


def test_testmo_opens_an_automation_run_and_completes_it(wire):
    opens = "/api/v1/projects/5/automation/runs"
    closes = "/api/v1/automation/runs/17/complete"
    wire.serve(Answer(method="POST", path=opens, status=201, body={"id": 17}))
    wire.serve(Answer(method="POST", path=closes, status=204))
    testmo = starter("testmo", wire)
    values = {"name": "Nightly", "source": "backend", "milestone_id": 3, "tags": ["a"]}
    assert checked(testmo.start_fields, values) == values
    assert testmo.start("5", values).run_external_id == "17"
    testmo.close_run("5", "17")
    assert sent(wire) == [values, {}]


def test_testmo_says_what_it_does_not_offer(wire):
    testmo = starter("testmo", wire)
    for act in (
        lambda: testmo.close_run("5", "manual-3"),
        lambda: testmo.change_run("5", "17", {"name": "x"}),
        lambda: testmo.rerun("5", "17", only="all"),
        lambda: testmo.create_case("5", {}),
    ):
        with pytest.raises(RefusedError, match="Testmo does not offer"):
            act()


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, 2**63])
def test_a_number_is_a_whole_one(value):
    with pytest.raises(FieldsError) as raised:
        checked(
            STARTERS["testmo"].start_fields,
            {"name": "n", "source": "s", "config_id": value},
        )
    assert set(raised.value.errors) == {"config_id"}


# Testomat.io

V2 = "/api/v2/shop"


def test_testomatio_makes_a_run(wire):
    made = {"data": {"id": "1a2b3c4d", "type": "run", "cleanTitle": "Nightly"}}
    wire.serve(Answer(method="POST", path=f"{V2}/runs", status=201, body=made))
    testomatio = starter("testomatio", wire)
    values = {"title": "Nightly", "kind": "automated", "test_ids": ["a1", "a2"]}
    assert checked(testomatio.start_fields, values) == values
    assert testomatio.start("shop", values).run_external_id == "1a2b3c4d"
    assert sent(wire) == [{"run": values}]
    with pytest.raises(FieldsError):
        checked(testomatio.start_fields, {"title": "x", "kind": "other"})


@pytest.mark.parametrize(
    ("kind", "event"), [("automated", "finish"), ("manual", "finish_manual")]
)
def test_testomatio_changes_restarts_and_finishes_a_run(wire, kind, event):
    run = {"data": {"id": "r1", "kind": kind}}
    path = f"{V2}/runs/r1"
    wire.serve(Answer(path=path, body=run), Answer(method="PUT", path=path, body=run))
    testomatio = starter("testomatio", wire)
    testomatio.change_run("shop", "r1", {"name": "Better"})
    assert testomatio.rerun("shop", "r1", only="all").run_external_id == "r1"
    testomatio.close_run("shop", "r1")
    puts = [request.body for request in wire.requests if request.method == "PUT"]
    assert puts == [
        {"run": {"title": "Better"}},
        {"run": {"status_event": "rerun"}},
        {"run": {"status_event": event}},
    ]


def test_testomatio_says_what_it_does_not_offer(wire):
    testomatio = starter("testomatio", wire)
    with pytest.raises(RefusedError, match="not what failed in it alone"):
        testomatio.rerun("shop", "r1", only="failed")
    with pytest.raises(RefusedError, match="milestone"):
        testomatio.change_run("shop", "r1", {"milestone": "3"})


def test_testomatio_makes_a_test(wire):
    made = {"data": {"id": "@T1a2b3c4d", "title": "Pays"}}
    wire.serve(Answer(method="POST", path=f"{V2}/tests", status=201, body=made))
    values = {"title": "Pays", "suite_id": "s1"}
    case = starter("testomatio", wire).create_case("shop", values)
    assert (case.external_id, case.name) == ("1a2b3c4d", "Pays")
    assert sent(wire) == [{"test": values}]


@pytest.mark.parametrize(
    ("vendor", "key", "values"),
    [
        ("qatech", "c-1", {"testCaseIds": "c-1"}),
        ("qatech", "pays", {}),
        ("testomatio", "1a2b3c4d", {"title": "pays", "test_ids": "1a2b3c4d"}),
        ("testomatio", "1a2b3c4d USD", {"title": "pays", "test_ids": "1a2b3c4d"}),
        ("testomatio", "checkout / pays", {}),
        ("testably", "6f9", {"name": "pays", "test_case_ids": "6f9"}),
        ("testably", "pays", {}),
        ("testifly", "pays", {}),
        ("testmo", "pays", {}),
    ],
)
def test_one_test_is_named_as_its_vendor_names_it(vendor, key, values):
    starter_class = STARTERS[vendor]
    assert starter_class.values_of_test(key, "checkout", "pays") == values
    assert set(values) <= {field.name for field in starter_class.start_fields}
    long = starter_class.values_of_test("1a2b3c4d", "", "x" * 3000)
    assert all(len(value) <= 2000 for value in long.values())


def test_a_test_is_known_whatever_name_comes_with_it(wire):
    made = {"data": {"id": "1a2b3c4d", "title": {}}}
    wire.serve(Answer(method="POST", path=f"{V2}/tests", status=201, body=made))
    case = starter("testomatio", wire).create_case("shop", {"title": "Pays"})
    assert (case.external_id, case.name) == ("1a2b3c4d", "")


def test_testomatio_refuses_in_its_words(wire):
    said = {"error": "Title can't be blank"}
    wire.serve(Answer(method="POST", path=f"{V2}/runs", status=422, body=said))
    with pytest.raises(RefusedError, match="Title can't be blank") as raised:
        starter("testomatio", wire).start("shop", {"title": "x"})
    assert raised.value.status == 422


# Testably

RUNS = "/v1/projects/p1/runs"


@pytest.mark.parametrize("wrapped", [True, False])
def test_testably_makes_changes_and_closes_a_run(wire, wrapped):
    run: Any = {"id": "r1", "name": "Sprint 7"}
    body = {"data": run} if wrapped else run
    wire.serve(
        Answer(method="POST", path=RUNS, status=201, body=body),
        Answer(method="PATCH", path=f"{RUNS}/r1", body=body),
        Answer(method="POST", path=f"{RUNS}/r1/close", body=body),
    )
    testably = starter("testably", wire)
    values = {"name": "Sprint 7", "test_case_ids": ["c1"], "milestone_id": "m1"}
    assert testably.start("p1", values).run_external_id == "r1"
    testably.change_run("p1", "r1", {"name": "Sprint 8", "milestone": None})
    testably.close_run("p1", "r1")
    assert sent(wire) == [values, {"name": "Sprint 8", "milestone_id": None}, {}]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_what_a_testably_does_not_have_yet_is_told_so(wire, status):
    soon = {"status": status, "body": {"error": "Not found"}}
    wire.serve(
        Answer(method="POST", path=RUNS, **soon),
        Answer(method="PATCH", path=f"{RUNS}/r1", **soon),
        Answer(method="POST", path=f"{RUNS}/r1/close", **soon),
        Answer(method="POST", path="/v1/projects/p1/test-cases", **soon),
    )
    testably = starter("testably", wire)
    for act in (
        lambda: testably.start("p1", {"name": "n", "test_case_ids": ["c"]}),
        lambda: testably.change_run("p1", "r1", {"name": "n"}),
        lambda: testably.close_run("p1", "r1"),
        lambda: testably.create_case("p1", {"title": "t"}),
    ):
        with pytest.raises(RefusedError, match="This Testably does not offer") as said:
            act()
        assert said.value.status == 409
