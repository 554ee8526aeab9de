"""Testomat.io's reporter API over HTTP: what is stored, and the answer to all else."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st

from dashboard.intake import bodies, rate
from dashboard.models import ApiToken
from ingest.contract import ResultRecord, Status
from ingest.intake.closing import close_abandoned
from ingest.intake.projects import create_project
from ingest.models import (
    Case,
    CaseAlias,
    Project,
    PushedRun,
    ReceivedResult,
    Result,
    ResultText,
    Run,
)
from ingest.rollups import differences
from ingest.tasks import keep_house
from ingest.upsert import ProjectStore
from tests import factories
from tests.clock import now
from tests.dashboard.page_reader import person
from tests.ingest.records import a_batch

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
API = "/intake/testomatio"
MINUTE = timedelta(minutes=1)


def an_item(title: str = "adds item", status: str = "passed", **values: Any) -> Any:
    return {
        "title": title,
        "suite_title": "Cart",
        "status": status,
        "run_time": 5,
        "test_id": None,
        "stack": None,
        "steps": None,
        "example": None,
        **values,
    }


class Reporter:
    """A client with a token in each body, as Testomat.io's own sends."""

    def __init__(self, key: str) -> None:
        self.key = key

    def send(self, method: str, path: str, body: Any, **more: Any) -> Any:
        if isinstance(body, dict):
            body = {"api_key": self.key} | body
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        more.setdefault("content_type", "application/json")
        return Client().generic(method, API + path, content, **more)

    def create(self, **values: Any) -> Any:
        return self.send("POST", "/api/reporter", values)

    def run(self, **values: Any) -> Run:
        answer = self.create(**values)
        assert answer.status_code == 200, answer.content
        return Run.objects.get(external_id=answer.json()["uid"])

    def batch(self, run: Run, *items: Any, index: int = 1) -> Any:
        body = {"tests": list(items), "batch_index": index}
        return self.send("POST", f"/api/reporter/{run.external_id}/testrun", body)

    def single(self, run: Run, item: Any) -> Any:
        return self.send("POST", f"/api/reporter/{run.external_id}/testrun", item)

    def end(self, run: Run, event: str = "finish", **values: Any) -> Any:
        body = {"status_event": event, **values}
        return self.send("PUT", f"/api/reporter/{run.external_id}", body)

    def load(self, *tests: Any, **body: Any) -> Any:
        body = {"tests": list(tests), "framework": "mocha", **body}
        path = f"{API}/api/load?api_key={self.key}"
        return Client().post(path, body, content_type="application/json")


def reporter(*scopes: str, projects: Any = ()) -> Reporter:
    user = person(f"mara{ApiToken.objects.count()}")
    _, text = ApiToken.issue(user.pk, scopes=scopes, projects=projects)
    return Reporter(text)


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


@pytest.fixture
def ci(project: Project) -> Reporter:
    return reporter("intake", projects=[project])


def refused(answer: Any, status: int) -> str:
    """The vendor's body of an error; nothing else may stand in it."""
    assert answer.status_code == status, answer.content
    assert set(answer.json()) == {"message"}
    return str(answer.json()["message"])


def keys(run: Run) -> list[str]:
    rows = Result.objects.filter(run=run).order_by("ordinal")
    return list(rows.values_list("case__key", flat=True))


# Runs


def test_a_run_from_its_creation_to_its_end(ci, project):
    told = {
        "title": "Nightly",
        "env": "chrome, staging",
        "group_title": "Release 1",
        "label": "severity:high",
        "jira_id": "ABC-1",
        "ci_build_url": "https://ci.example/9",
        "kind": "automated",
        "access_event": "publish",
    }
    answer = ci.create(**told)
    assert answer.status_code == 200
    body = answer.json()
    run = Run.objects.get(external_id=body["uid"])
    assert len(bytes.fromhex(body["uid"])) == 4
    assert body["url"] == f"http://testserver/runs/{run.pk}/"
    assert (run.name, run.project, run.is_open) == ("Nightly", project, True)
    assert run.configuration.name == "chrome, staging"
    assert run.source.name == "Release 1"
    attached = run.attached.values
    assert attached["tags"] == ["severity:high"]
    assert attached["links"][0]["url"] == "https://ci.example/9"
    assert attached["fields"][0]["value"] == "ABC-1"
    assert ci.batch(run, an_item(), an_item("pays", "failed")).status_code == 200
    assert ci.end(run, "fail", duration=3.75).status_code == 200
    run.refresh_from_db()
    assert (run.is_open, run.status, run.passed, run.failed) == (False, "failed", 1, 1)
    assert run.duration_ms == 3750
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("event", "status"),
    [("pass", "passed"), ("fail", "failed"), ("finish", "passed")],
)
def test_the_end_says_how_it_went(ci, event, status):
    run = ci.run()
    assert run.name == f"Run {run.external_id}"
    ci.batch(run, an_item())
    assert ci.end(run, event).json()["uid"] == run.external_id
    run.refresh_from_db()
    assert (run.is_open, run.status) == (False, status)
    # Told again, as a client does whose connection broke, it stays.
    assert ci.end(run, "fail").status_code == 200
    run.refresh_from_db()
    assert run.status == status


def test_a_run_is_gone_on_with_by_its_id(ci):
    run = ci.run(status="scheduled")
    path = f"/api/reporter/{run.external_id}"
    for _ in range(2):
        answer = ci.send("PUT", path, {"label": "smoke", "ci_build_url": "https://b"})
        assert answer.json()["uid"] == run.external_id
    run.attached.refresh_from_db()
    assert run.attached.values["tags"] == ["smoke"]
    assert len(run.attached.values["links"]) == 1
    ci.end(run)
    silent_for(run, 21 * MINUTE)
    assert run.external_id in refused(ci.send("PUT", path, {}), 400)
    assert "finished" in refused(ci.batch(run, an_item()), 400)
    assert not Result.objects.exists()


def silent_for(run: Run, time: timedelta) -> None:
    PushedRun.objects.filter(run=run).update(last_at=now() - time)


@pytest.mark.parametrize(
    ("event", "first", "late", "status"),
    [
        ("finish", "passed", "failed", "failed"),
        ("pass", "passed", "failed", "failed"),
        ("pass", "failed", "passed", "passed"),
        # It knew of the test whose files it was still uploading.
        ("fail", "passed", "passed", "failed"),
        ("terminate", "passed", "failed", "cancelled"),
    ],
)
def test_what_comes_a_moment_after_the_end_is_counted_in_the_run_that_has_ended(
    ci, event, first, late, status
):
    run = ci.run()
    ci.batch(run, an_item("adds", first))
    ci.end(run, event, duration=3)
    run.refresh_from_db()
    ended_at = run.finished_at
    silent_for(run, 19 * MINUTE)
    for _ in range(2):
        assert ci.single(run, an_item("pays", late, rid="r1")).status_code == 200
    # It came before the end, and comes again.
    assert ci.batch(run, an_item("adds", first)).status_code == 200
    run.refresh_from_db()
    assert (run.is_open, run.status, run.counts.total) == (False, status, 2)
    assert (run.finished_at, run.duration_ms) == (ended_at, 3000)
    assert list(differences()) == []
    case = Case.objects.get(name="pays")
    assert case.last_seen_at == Result.objects.get(case=case).at


def test_labels_come_a_moment_after_the_end_as_well(ci):
    run = ci.run()
    ci.end(run)
    path = f"/api/reporter/{run.external_id}"
    assert ci.send("PUT", path, {"label": "smoke"}).status_code == 200
    run.refresh_from_db()
    assert (run.is_open, run.attached.values["tags"]) == (False, ["smoke"])


def test_what_came_in_is_forgotten_a_day_after_the_end(ci):
    run, other = ci.run(), ci.run()
    for one in (run, other):
        ci.batch(one, an_item())
    ci.end(run)
    for silence, left in ((timedelta(hours=23), 2), (timedelta(hours=25), 1)):
        silent_for(run, silence)
        keep_house()
        assert ReceivedResult.objects.count() == left
    assert ReceivedResult.objects.get().run == other


def test_the_page_of_a_run_below_the_address_of_the_reporter(ci):
    run = ci.run()
    answer = Client().get(f"{API}/runs/{run.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run.pk}/")


# Results


def test_all_that_a_test_says(ci):
    run = ci.run()
    item = an_item(
        "pays with card @smoke @T1a2b3c4d",
        "failed",
        suite_title="Checkout @S1a2b3c4d",
        message="boom",
        stack="Error: boom\n at a.ts:5",
        run_time=1234,
        timestamp=int((now() - MINUTE).timestamp()),
        file="t/a.spec.ts",
        tags=["smoke"],
        meta={"browser": "chromium"},
        links=[{"label": "severity:high"}, {"jira": "ABC-1"}],
        artifacts=["https://files.example/shot.png"],
        files=["out/trace.zip", {"path": "out/video.webm", "type": "video/webm"}],
        steps=[
            {
                "category": "user",
                "title": "open",
                "duration": 12,
                "steps": [{"title": "click", "error": {"message": "x"}}],
            }
        ],
    )
    assert ci.batch(run, item).status_code == 200
    result = Result.objects.get(run=run)
    assert (result.case.key, result.case.folder) == ("1a2b3c4d", "Checkout")
    assert result.case.name == "pays with card @smoke"
    assert (result.duration_ms, result.has_own_time) == (1234, True)
    text = ResultText.objects.get(run=run)
    assert text.message == "Error: boom\n at a.ts:5"
    details = text.details
    assert details["file"] == "t/a.spec.ts"
    assert details["meta"] == {"browser": "chromium"}
    assert details["tags"] == ["smoke"]
    assert [one["name"] for one in details["links"]] == ["severity:high", "ABC-1"]
    names = ["shot.png", "trace.zip", "video.webm"]
    assert [one["name"] for one in details["artifacts"]] == names
    (step,) = details["steps"]
    assert (step["title"], step["duration_ms"]) == ("open", 12)
    assert step["steps"][0]["error"] == "x"


def test_each_example_is_a_test_of_its_own(ci):
    run = ci.run()
    ci.batch(run, *(an_item(example={"a": n}, test_id="T1a2b3c4d") for n in (1, 2)))
    assert keys(run) == ["1a2b3c4d [1]", "1a2b3c4d [2]"]


@pytest.mark.parametrize("way", ["batch", "single"])
def test_what_is_sent_again_is_the_same_result(ci, way):
    run = ci.run()
    prefix = f"{run.external_id}-"
    items = [an_item(rid=f"{prefix}{prefix}r-1"), an_item("pays")]
    for _ in range(2):
        if way == "batch":
            assert ci.batch(run, *items).status_code == 200
        for item in items if way == "single" else ():
            assert ci.single(run, item).status_code == 200
    # The batch puts the prefix once.
    assert ci.single(run, items[0] | {"rid": f"{prefix}r-1"}).status_code == 200
    assert keys(run) == ["Cart / adds item", "Cart / pays"]


def test_the_same_id_with_another_outcome_is_a_retry(ci):
    run = ci.run()
    ci.batch(run, an_item(status="failed", rid="r-1"))
    ci.batch(run, an_item(rid="r-1"), index=2)
    ci.end(run)
    run.refresh_from_db()
    assert (run.status, run.counts.total, run.passed) == ("passed", 1, 1)
    rows = Result.objects.filter(run=run).order_by("ordinal")
    assert [row.is_marked_retry for row in rows] == [False, True]


def test_the_same_test_twice_in_one_batch_is_two_attempts(ci):
    run = ci.run()
    ci.batch(run, an_item(), an_item(), an_item(retry=True))
    assert keys(run) == ["Cart / adds item"] * 3
    last = Result.objects.get(run=run, ordinal=2)
    assert (last.attempt, last.is_final, last.is_marked_retry) == (3, True, True)


def test_a_later_sync_doubles_no_test(ci, project):
    run = ci.run()
    ci.batch(run, an_item(), an_item("pays @T11112222"))
    records = [
        ResultRecord(
            key=key,
            name=name,
            name_key=f"Cart / {name}",
            folder="Cart",
            status=Status.PASSED,
            raw_status="passed",
        )
        for key, name in (("99998888", "adds item"), ("11112222", "pays"))
    ]
    with transaction.atomic():
        ProjectStore(project).store(a_batch(rows=records))
    assert set(Case.objects.values_list("key", flat=True)) == {"99998888", "11112222"}
    assert CaseAlias.objects.get().key == "Cart / adds item"


def test_a_word_that_a_person_mapped(ci, project):
    type(project.connection).objects.update(status_map={"muted": "skipped"})
    run = ci.run()
    ci.batch(run, an_item(status="muted"), an_item("b", "odd"))
    run.refresh_from_db()
    assert (run.skipped, run.unknown, run.unknown_words) == (1, 1, {"odd": 1})


# Several processes


def test_processes_that_share_a_run(ci):
    told = {"title": "Nightly", "shared_run": True, "shared_run_shards": 2}
    run = ci.run(**told, ci_build_url="https://ci.example/9")
    assert ci.run(**told, ci_build_url="https://ci.example/9") == run
    assert ci.run(title="Nightly") != run
    assert len(run.attached.values["links"]) == 1
    ci.batch(run, an_item())
    ci.end(run, duration=1)
    run.refresh_from_db()
    assert run.is_open
    ci.batch(run, an_item("pays", "failed"))
    ci.end(run)
    run.refresh_from_db()
    assert (run.is_open, run.status, run.counts.total) == (False, "failed", 2)
    assert ci.run(**told) != run


def test_a_shared_run_waits_for_others_for_its_time(ci):
    told = {"title": "Nightly", "shared_run": "1", "shared_run_timeout": "30"}
    run = ci.run(**told)
    ci.batch(run, an_item())
    ci.end(run)
    assert close_abandoned(now() + 29 * MINUTE) == 0
    assert close_abandoned(now() + 31 * MINUTE) == 1
    run.refresh_from_db()
    assert (run.is_open, run.status) == (False, "passed")
    assert not run.pushed.is_abandoned
    # One that comes late is not lost.
    assert ci.batch(run, an_item("pays", "failed")).status_code == 200
    assert ci.end(run, force_finish_shared_run=True).status_code == 200
    run.refresh_from_db()
    assert (run.is_open, run.status) == (False, "failed")
    silent_for(run, 21 * MINUTE)
    refused(ci.batch(run, an_item("more")), 400)


def test_one_of_several_processes_does_not_end_the_run(ci):
    run = ci.run()
    ci.batch(run, an_item())
    assert ci.end(run, "fail_parallel").status_code == 200
    assert ci.batch(run, an_item("pays")).status_code == 200
    assert close_abandoned(now() + 21 * MINUTE) == 1
    run.refresh_from_db()
    assert run.status == "passed"


def at_once(count: int, act: Any) -> list[Any]:
    found: list[Any] = []

    def ask(number: int) -> None:
        try:
            found.append(act(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_processes_that_begin_at_once_share_one_run(ci):
    told = {"title": "Nightly", "shared_run": True}
    answers = at_once(6, lambda _: ci.create(**told))
    assert {answer.status_code for answer in answers} == {200}
    assert Run.objects.count() == 1


def test_the_same_request_at_once_is_stored_once(ci):
    run = ci.run()
    items = [an_item(f"t{n}", rid=f"r-{n}") for n in range(20)]
    answers = at_once(6, lambda n: ci.batch(run, *items, index=n))
    assert {answer.status_code for answer in answers} == {200}
    assert len(keys(run)) == 20
    ci.end(run)
    run.refresh_from_db()
    assert run.passed == 20
    assert list(differences()) == []


def test_ten_thousand_tests_in_one_batch(ci):
    run = ci.run()
    items = [an_item(f"t{n}", rid=f"r{n}", code="x" * 50) for n in range(10_000)]
    assert ci.batch(run, *items).status_code == 200
    assert ci.batch(run, *items).status_code == 200
    run.refresh_from_db()
    assert run.passed == 10_000


# Who may


def test_keys_that_may_not(ci, project):
    assert "api_key" in refused(Reporter("").create(), 401)
    refused(Reporter("tstmt_nobody").create(), 401)
    # Half of a letter, and no letter, in a body of somebody unknown.
    for odd in ("\ud800", "\x00", "x" * 100_000):
        refused(Reporter("").create(api_key=odd), 401)
    assert "scope intake" in refused(reporter("read").create(), 403)
    assert "bound to one project" in refused(reporter("intake").create(), 403)
    both = [project, create_project("Other")]
    refused(reporter("intake", projects=both).create(), 403)
    run = ci.run()
    other = reporter("intake", projects=both[1:])
    refused(other.batch(run, an_item()), 404)
    refused(other.end(run), 404)
    refused(ci.send("PUT", "/api/reporter/zzz", {"status_event": "finish"}), 404)
    # Of a run that was read from a vendor nothing is known here.
    refused(ci.batch(factories.make_run(project), an_item()), 404)
    assert not Result.objects.exists()


def test_the_same_routes_are_answered_on_their_own_host(ci, settings):
    settings.ALLOWED_HOSTS = ["testomat.example", "passline.example"]
    settings.INTAKE_TESTOMATIO_HOST = "testomat.example:8000"

    def post(path: str, host: str) -> Any:
        client = Client(headers={"Host": host})
        body = {"api_key": ci.key, "tests": []}
        return client.post(path, body, content_type="application/json")

    answer = post("/api/reporter", "testomat.example:8000")
    assert answer.status_code == 200
    run = Run.objects.get()
    assert answer.json()["url"] == f"http://testomat.example:8000/runs/{run.pk}/"
    path = f"/api/load?api_key={ci.key}"
    assert post(path, "testomat.example:8000").status_code == 200
    for host in ("passline.example", "testomat.example"):
        assert post("/api/reporter", host).status_code == 404


# Bad input


@pytest.mark.parametrize(
    "body", ["{", '{"tests": [', "[]", "3", "null", '"text"', "NaN", "[" * 100_000]
)
def test_what_is_no_object_of_json(ci, body):
    for method, path in (("POST", "/api/reporter"), ("PUT", "/api/reporter/1")):
        answer = ci.send(method, path, body)
        assert answer.status_code in (400, 401), answer.content
        assert set(answer.json()) == {"message"}


def test_items_that_are_none(ci):
    run = ci.run()
    for item in (
        3,
        None,
        {},
        {"title": "a"},
        {"status": "passed"},
        an_item(status=["passed"]),
        an_item(status=None),
        an_item(title={"a": 1}),
    ):
        message = refused(ci.batch(run, an_item("good"), item), 400)
        assert "tests.1" in message
    assert "tests is" in refused(
        ci.send("POST", f"/api/reporter/{run.external_id}/testrun", {"tests": {}}), 400
    )
    assert "status_event" in refused(ci.end(run, "explode"), 400)
    # Nothing of a request that is refused was stored.
    assert not Result.objects.exists()


def test_bodies_that_are_too_large(ci, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_BYTES", 1000)
    run = ci.run()
    refused(ci.batch(run, an_item("x" * 2000)), 413)
    bomb = gzip.compress(b" " * 100_000_000)
    path = f"/api/reporter/{run.external_id}/testrun"
    packed = {"headers": {"Content-Encoding": "gzip"}}
    monkeypatch.setattr(bodies, "MOST_BYTES", 1_000_000)
    refused(ci.send("POST", path, bomb, **packed), 413)
    good = json.dumps({"api_key": ci.key, "tests": [an_item()]}).encode()
    assert ci.send("POST", path, gzip.compress(good), **packed).status_code == 200
    refused(ci.send("POST", path, good, content_type="text/plain"), 415)


def test_too_many_requests(ci, monkeypatch):
    monkeypatch.setattr(rate, "MOST_A_MINUTE", 1)
    cache.clear()
    answers = [ci.create() for _ in range(3)]
    assert 429 in {answer.status_code for answer in answers}
    limited = next(one for one in answers if one.status_code == 429)
    refused(limited, 429)
    assert int(limited["Retry-After"]) > 0


def test_other_methods_and_addresses(ci):
    answer = ci.send("GET", "/api/reporter", "")
    refused(answer, 405)
    assert answer["Allow"] == "POST"
    refused(ci.send("POST", "/api/elsewhere", {}), 404)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["passed", "finish", "2026-11-20", "\x00", "\ud800", "1e999"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
ITEM_KEYS = [
    *(
        [
            "rid",
            "title",
            "suite_title",
            "test_id",
            "status",
            "message",
            "stack",
            "steps",
            "run_time",
        ]
    ),
    *(
        [
            "timestamp",
            "file",
            "example",
            "files",
            "artifacts",
            "meta",
            "links",
            "tags",
            "retry",
        ]
    ),
]
RUN_KEYS = [
    *(
        [
            "title",
            "env",
            "group_title",
            "label",
            "jira_id",
            "ci_build_url",
            "kind",
            "description",
        ]
    ),
    *(["shared_run", "shared_run_timeout", "shared_run_shards"]),
]


@search(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    item=st.fixed_dictionaries({}, optional=dict.fromkeys(ITEM_KEYS, VALUES)),
    head=st.fixed_dictionaries({}, optional=dict.fromkeys(RUN_KEYS, VALUES)),
    end=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["duration", "status_event"], VALUES)
    ),
)
def test_values_of_any_kind(ci, item, head, end):
    answer = ci.create(**head)
    assert answer.status_code in (200, 400), answer.content
    if answer.status_code == 200:
        run = Run.objects.get(external_id=answer.json()["uid"])
        for one in (an_item() | item, item):
            answer = ci.batch(run, one)
            assert answer.status_code in (200, 400), answer.content
        answer = ci.send("PUT", f"/api/reporter/{run.external_id}", end)
        assert answer.status_code in (200, 400), answer.content
    test = {"name": item.get("title"), "suites": item.get("tags")}
    assert ci.load(test).status_code in (200, 400)
