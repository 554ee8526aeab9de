"""Testmo's write API over HTTP: what is stored, and the answer to everything else."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st

from dashboard.intake import bodies, rate
from dashboard.models import ApiToken
from ingest.intake.projects import create_project
from ingest.models import (
    Configuration,
    MilestoneMember,
    Project,
    Result,
    ResultText,
    Run,
    RunMilestone,
    Source,
    Thread,
)
from ingest.rollups import differences
from tests import clock, factories
from tests.dashboard.page_reader import person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
API = "/intake/testmo/api/v1"
RUN = {"name": "Nightly", "source": "frontend"}
KEY = "ab" * 32


def a_test(key: str = KEY, status: str = "passed", **values: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "status": status, "folder": "cart", **values}


class Sender:
    """A client with a token, as Testmo's own sends."""

    def __init__(self, text: str) -> None:
        self.headers = {"Authorization": f"Bearer {text}"} if text else {}

    def post(self, path: str, body: Any, **more: Any) -> Any:
        more.setdefault("content_type", "application/json")
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = self.headers | more.pop("headers", {})
        return Client(headers=headers).post(API + path, content, **more)

    def create(self, project: Project, **values: Any) -> Any:
        return self.post(f"/projects/{project.pk}/automation/runs", RUN | values)

    def run(self, project: Project, **values: Any) -> Run:
        answer = self.create(project, **values)
        assert answer.status_code == 201, answer.content
        return Run.objects.get(pk=answer.json()["id"])

    def thread(self, run: Run, **body: Any) -> int:
        answer = self.post(f"/automation/runs/{run.pk}/threads", body)
        assert answer.status_code == 201, answer.content
        return int(answer.json()["id"])

    def append(self, thread: int, *tests: Any, **body: Any) -> Any:
        path = f"/automation/runs/threads/{thread}/append"
        return self.post(path, {"tests": list(tests), **body})


def sender(*scopes: str, projects: Any = ()) -> Sender:
    user = person(f"mara{ApiToken.objects.count()}")
    _, text = ApiToken.issue(user.pk, scopes=scopes, projects=projects)
    return Sender(text)


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


@pytest.fixture
def ci() -> Sender:
    return sender("intake")


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The vendor's body of an error; nothing else may stand in it."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert set(body) in ({"message"}, {"message", "errors"})
    assert body["message"]
    return dict(body)


def test_a_run_from_its_creation_to_its_end(ci, project):
    answer = ci.create(project, config="Chrome", tags=["nightly"])
    assert answer.status_code == 201
    assert set(answer.json()) == {"id"}
    run = Run.objects.get(pk=answer.json()["id"])
    assert (run.is_open, run.status, run.source.name) == (True, "running", "frontend")
    assert run.configuration.name == "Chrome"
    thread = ci.thread(run, elapsed_computed=1_500_000)
    tests = [
        a_test("a", elapsed=500_000),
        a_test("b", "failure", fields=[{"type": 4, "name": "Failure", "value": "no"}]),
    ]
    answer = ci.append(thread, *tests, elapsed_computed=500_000)
    assert (answer.status_code, answer.content) == (204, b"")
    extra = {"links": [{"name": "Build", "url": "https://ci.example/1"}]}
    assert ci.post(f"/automation/runs/{run.pk}/append", extra).status_code == 204
    path = f"/automation/runs/threads/{thread}/complete"
    answer = ci.post(path, {"elapsed_computed": 1_000_000})
    assert (answer.status_code, answer.content) == (204, b"")
    answer = ci.post(f"/automation/runs/{run.pk}/complete", {"measure_elapsed": False})
    assert (answer.status_code, answer.content) == (204, b"")
    run.refresh_from_db()
    assert (run.is_open, run.status, run.passed, run.failed) == (False, "failed", 1, 1)
    assert run.duration_ms == 3000
    assert run.attached.values["tags"] == ["nightly"]
    assert run.attached.values["links"][0]["url"] == "https://ci.example/1"
    rows = Result.objects.filter(run=run).order_by("ordinal").select_related("case")
    assert [(row.case.key, row.duration_ms, row.vendor_word) for row in rows] == [
        ("frontend:a", 500, "passed"),
        ("frontend:b", None, "failure"),
    ]
    assert ResultText.objects.get(run=run).message == "no"
    assert list(differences()) == []


def test_a_run_is_measured_from_its_creation(ci, project):
    run = ci.run(project)
    ci.thread(run, elapsed_observed=7_000_000)
    opened = clock.now() - timedelta(minutes=5)
    Run.objects.filter(pk=run.pk).update(started_at=opened)
    ci.post(f"/automation/runs/{run.pk}/complete", {"measure_elapsed": True})
    run.refresh_from_db()
    assert 300_000 <= run.duration_ms < 400_000


def test_completing_a_run_completes_its_threads(ci, project):
    run = ci.run(project)
    thread = ci.thread(run)
    ci.append(thread, a_test())
    ci.post(f"/automation/runs/{run.pk}/complete", {})
    assert Thread.objects.get(pk=thread).status == "passed"
    for answer in (
        ci.append(thread, a_test()),
        ci.post(f"/automation/runs/threads/{thread}/complete", {}),
        ci.post(f"/automation/runs/{run.pk}/threads", {}),
        ci.post(f"/automation/runs/{run.pk}/append", {}),
        ci.post(f"/automation/runs/{run.pk}/complete", {}),
    ):
        assert "completed" in refused(answer, 422)["message"]
    assert Result.objects.filter(run=run).count() == 1


def test_a_completed_thread_takes_nothing_more(ci, project):
    run = ci.run(project)
    thread = ci.thread(run)
    ci.post(f"/automation/runs/threads/{thread}/complete", {})
    refused(ci.append(thread, a_test()), 422)
    assert ci.append(ci.thread(run), a_test()).status_code == 204


def test_ten_thousand_tests_come_in_one_append(ci, project):
    run = ci.run(project)
    tests = [a_test(f"t{number}", elapsed=1000) for number in range(10_000)]
    assert ci.append(ci.thread(run), *tests).status_code == 204
    run.refresh_from_db()
    assert run.passed == Result.objects.filter(run=run).count() == 10_000


def test_the_same_append_again_is_another_attempt(ci, project):
    run = ci.run(project)
    thread = ci.thread(run)
    for _ in range(2):
        assert ci.append(thread, a_test()).status_code == 204
    run.refresh_from_db()
    assert (run.passed, run.attempts_passed) == (1, 2)


def test_nothing_of_a_refused_request_is_stored(ci, project):
    run = ci.run(project)
    thread = ci.thread(run)
    answer = ci.append(
        thread,
        a_test("a"),
        a_test("Bad-Key"),
        elapsed_observed=5,
        fields=[{"type": 1, "name": "a"}],
    )
    body = refused(answer, 422)
    assert set(body["errors"]) == {"tests.1.key"}
    assert not Result.objects.filter(run=run).exists()
    assert Thread.objects.get(pk=thread).attached.values == {}
    assert Thread.objects.get(pk=thread).attached.observed_us is None
    body = refused(ci.create(project, source="", milestone="v7"), 422)
    assert set(body["errors"]) == {"source"}
    assert Run.objects.count() == 1
    assert not MilestoneMember.objects.exists()


# Names and ids


def test_a_configuration_is_known_by_the_vendors_id(ci, project):
    known = Configuration.objects.create(
        project=project, name="Firefox", external_id="3"
    )
    run = ci.run(project, config="Chrome", config_id=3)
    assert run.configuration == known
    errors = refused(ci.create(project, config="Firefox", config_id=4), 422)["errors"]
    assert set(errors) == {"config_id"}
    assert ci.run(project, config="Firefox").configuration == known


def milestones_of(run: Run) -> list[str]:
    links = RunMilestone.objects.filter(run=run, removed_at=None)
    return sorted(links.values_list("member__external_id", flat=True))


def a_member(project: Project, external_id: str, name: str, **values: Any) -> None:
    made = factories.make_milestone(project, name).members.latest("pk")
    MilestoneMember.objects.filter(pk=made.pk).update(external_id=external_id, **values)


def test_milestones_are_found_by_id_by_name_and_by_tags(ci, project):
    a_member(project, "4", "v1", tags=["nightly", "x"])
    a_member(project, "5", "v2", tags=["nightly"])
    a_member(project, "6", "v3", tags=["nightly"], removed_at=clock.now())
    assert milestones_of(ci.run(project, milestone_id=4)) == ["4"]
    assert milestones_of(ci.run(project, milestone="V2")) == ["5"]
    both = {"milestone": "v2", "milestone_id": 4}
    assert milestones_of(ci.run(project, **both)) == ["4"]
    assert milestones_of(ci.run(project, tags=["nightly"])) == ["4", "5"]
    assert milestones_of(ci.run(project, tags=["x", "y"])) == ["4"]
    assert milestones_of(ci.run(project, tags=["none"])) == []
    run = ci.run(project, tags=["nightly"], milestone="v2")
    assert milestones_of(run) == ["5"]
    for unknown in (6, 99):
        errors = refused(ci.create(project, milestone_id=unknown), 422)["errors"]
        assert set(errors) == {"milestone_id"}


def test_a_name_that_nobody_knows_makes_a_milestone(ci, project):
    run = ci.run(project, milestone="v1.2")
    member = MilestoneMember.objects.get()
    assert (member.external_id, member.name) == ("name:1.2", "v1.2")
    assert milestones_of(run) == ["name:1.2"]
    assert milestones_of(ci.run(project, milestone="V1.2 ")) == ["name:1.2"]
    a_member(project, "4", "v1.2")
    assert milestones_of(ci.run(project, milestone="v1.2")) == ["4"]
    assert len({m.milestone_id for m in MilestoneMember.objects.all()}) == 1


def test_branch_and_commit_are_read_from_fields(ci, project):
    fields = [
        {"type": 1, "name": "branch", "value": "main"},
        {"type": 1, "name": "commit", "value": "abc"},
    ]
    run = ci.run(project, fields=fields)
    assert (run.branch, run.commit) == ("main", "abc")
    connected = factories.make_project()
    run = ci.run(connected, fields=fields)
    assert (run.branch, run.commit) == ("", "")
    connected.connection.settings = {"branch_field": "branch"}
    connected.connection.save()
    assert ci.run(connected, fields=fields).branch == "main"


def test_a_word_that_a_person_mapped_is_known(ci, project):
    project.connection.status_map = {"on_hold": "blocked", "odd": "nonsense"}
    project.connection.save()
    run = ci.run(project)
    thread = ci.thread(run)
    ci.append(thread, a_test("a", "on_hold"), a_test("b", "odd"))
    run.refresh_from_db()
    assert (run.blocked, run.unknown, run.unknown_words) == (1, 1, {"odd": 1})


# Who may


def test_who_sends_no_good_token_is_unknown(project):
    for one in (Sender(""), Sender("passline_nonsense")):
        answer = one.create(project)
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    user = person("lea")
    token, text = ApiToken.issue(user.pk, scopes=["intake"])
    token.revoked_at = clock.now()
    token.save()
    refused(Sender(text).create(project), 401)


def test_a_session_may_not_push(project):
    client = Client()
    client.force_login(person("lea", is_superuser=True))
    path = f"{API}/projects/{project.pk}/automation/runs"
    answer = client.post(path, RUN, content_type="application/json")
    refused(answer, 401)


def test_no_form_of_another_site_is_asked_for(ci, project):
    client = Client(enforce_csrf_checks=True, headers=ci.headers)
    path = f"{API}/projects/{project.pk}/automation/runs"
    answer = client.post(path, json.dumps(RUN), content_type="application/json")
    assert answer.status_code == 201


def test_a_token_of_another_scope_or_project_may_not_push(ci, project):
    run = ci.run(project)
    thread = ci.thread(run)
    for scopes in (["read"], ["start"], ["admin"]):
        refused(sender(*scopes).create(project), 403)
        refused(sender(*scopes).append(thread, a_test()), 403)
    other = create_project("Other")
    bound = sender("intake", projects=[other])
    assert bound.create(other).status_code == 201
    unknown = Project(pk=other.pk + 999)
    words = [refused(bound.create(one), 403)["message"] for one in (project, unknown)]
    # Nor does it learn which other projects there are.
    assert words[0].replace(str(project.pk), "N") == words[1].replace(
        str(unknown.pk), "N"
    )


def test_a_run_or_thread_of_another_project_is_not_there(ci, project):
    run = ci.run(project)
    thread = ci.thread(run)
    bound = sender("intake", projects=[create_project("Other")])
    strangers = [
        bound.append(thread, a_test()),
        bound.post(f"/automation/runs/threads/{thread}/complete", {}),
        bound.post(f"/automation/runs/{run.pk}/threads", {}),
        bound.post(f"/automation/runs/{run.pk}/append", {}),
        bound.post(f"/automation/runs/{run.pk}/complete", {}),
    ]
    missing = thread + 999
    nobodys = bound.append(missing, a_test())
    for answer in [*strangers, nobodys]:
        refused(answer, 404)
    said = strangers[0].json()["message"].replace(str(thread), "N")
    assert said == nobodys.json()["message"].replace(str(missing), "N")
    assert not Result.objects.filter(run=run).exists()


@pytest.mark.parametrize("number", [0, 999_999, 2**63, 10**30])
def test_what_does_not_exist_is_a_404(ci, project, number):
    read_by_sync = factories.make_run()
    for path in (
        f"/projects/{number}/automation/runs",
        f"/automation/runs/{number}/append",
        f"/automation/runs/{number}/complete",
        f"/automation/runs/{number}/threads",
        f"/automation/runs/threads/{number}/append",
        f"/automation/runs/threads/{number}/complete",
        f"/automation/runs/{read_by_sync.pk}/complete",
        "/automation/runs",
        "/user",
        "",
    ):
        refused(ci.post(path, RUN), 404)


def test_a_removed_project_takes_nothing(ci, project):
    run = ci.run(project)
    Project.objects.update(removed_at=clock.now())
    refused(ci.create(project), 404)
    refused(ci.post(f"/automation/runs/{run.pk}/threads", {}), 404)


def test_other_methods_are_a_405(ci, project):
    path = f"{API}/projects/{project.pk}/automation/runs"
    for method in ("get", "put", "patch", "delete", "options"):
        answer = getattr(Client(headers=ci.headers), method)(path)
        refused(answer, 405)
        assert answer.headers["Allow"] == "POST"


# Bodies


@pytest.mark.parametrize(
    "body",
    ["{", '{"name": "a", "source"', "[" * 100_000, '{"a": NaN}', b"\xff\xfe\xfa"]
    + [b"\x80", "9" * 5000],
)
def test_what_is_no_json_is_a_400(ci, project, body):
    refused(ci.post(f"/projects/{project.pk}/automation/runs", body), 400)
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", ["[]", "5", "null", '"a"'])
def test_json_that_is_no_object_is_a_422(ci, project, body):
    run = ci.run(project)
    refused(ci.post(f"/automation/runs/{run.pk}/append", body), 422)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_another_content_type_is_a_415(ci, project, kind):
    path = f"/projects/{project.pk}/automation/runs"
    refused(ci.post(path, json.dumps(RUN), content_type=kind), 415)
    kind = "application/json; charset=utf-8"
    assert ci.post(path, RUN, content_type=kind).status_code == 201


def test_a_compressed_body_is_read(ci, project):
    run = ci.run(project)
    packed = gzip.compress(json.dumps({"tests": [a_test()]}).encode())
    path = f"/automation/runs/threads/{ci.thread(run)}/append"
    answer = ci.post(path, packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 204
    run.refresh_from_db()
    assert run.passed == 1
    for broken in (packed[:-9], packed + b"x", b"none"):
        answer = ci.post(path, broken, headers={"Content-Encoding": "gzip"})
        refused(answer, 400)
    for encoding in ("br", "deflate", "gzip, gzip"):
        refused(ci.post(path, packed, headers={"Content-Encoding": encoding}), 415)


@pytest.mark.parametrize("part", [b"[],", b'{"a":1},', b"1,"])
def test_a_body_that_would_fill_the_memory_is_refused_unparsed(ci, project, part):
    """32 MB of empty lists take 840 MB of memory, and are 31 kB on their way here."""
    path = f"/projects/{project.pk}/automation/runs"
    bomb = gzip.compress(b"[" + part * 3_900_000 + b"1]", 1)
    answer = ci.post(path, bomb, headers={"Content-Encoding": "gzip"})
    refused(answer, 413)
    assert "The body has more than" in answer.json()["message"]


def test_a_body_over_the_limit_is_a_413(ci, project):
    path = f"/projects/{project.pk}/automation/runs"
    large = json.dumps(RUN | {"name": "n" * bodies.MOST_BYTES})
    refused(ci.post(path, large), 413)
    bomb = gzip.compress(large.encode() * 4)
    assert len(bomb) < 1_000_000
    refused(ci.post(path, bomb, headers={"Content-Encoding": "gzip"}), 413)
    assert not Run.objects.exists()


def test_who_sends_too_often_is_told_when_to_go_on(ci, project, monkeypatch):
    monkeypatch.setattr(rate, "MOST_A_MINUTE", 3)
    codes = []
    while 429 not in codes and len(codes) < 10:
        answer = ci.create(project)
        codes.append(answer.status_code)
    # At the turn of a minute the count begins anew.
    assert 4 <= len(codes) <= 7
    refused(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert sender("intake").create(project).status_code == 201


def test_without_the_cache_nobody_is_counted(ci, project, settings, monkeypatch):
    monkeypatch.setattr(rate, "MOST_A_MINUTE", 0)
    refused(ci.create(project), 429)
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    }
    assert ci.create(project).status_code == 201


def test_an_append_asks_the_database_a_dozen_times_however_many_tests(ci, project):
    """Without a run's days, which follow each other by the clock in longer ones."""
    tests = [a_test(f"t{number}") for number in range(250)]
    first, second = (ci.thread(ci.run(project)) for _ in range(2))
    assert ci.append(first, *tests).status_code == 204
    for few in (tests[:1], tests[1:]):
        with CaptureQueriesContext(connection) as asked:
            assert ci.append(second, *few).status_code == 204
        told = [one["sql"] for one in asked if "ingest_runday" not in one["sql"]]
        assert len(told) <= 14, told
    assert project.cases.count() == 250


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                sorted({*a_test(), *RUN, "tests", "fields", "meta", "tags"})
            )
            | st.text(max_size=4),
            one,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@search(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=nested)
def test_whatever_is_sent_gets_the_vendors_answer(ci, project, body):
    run = ci.run(project)
    thread = ci.thread(run)
    for path in (
        f"/projects/{project.pk}/automation/runs",
        f"/automation/runs/{run.pk}/append",
        f"/automation/runs/threads/{thread}/append",
        f"/automation/runs/{run.pk}/complete",
    ):
        answer = ci.post(path, body)
        if answer.status_code not in (201, 204):
            refused(answer, 422)


# At once


def test_identical_requests_at_once_are_all_stored(ci, project):
    body = {
        "config": "Chrome",
        "milestone": "v1",
        "tags": ["nightly"],
        "links": [{"name": "a", "url": "b"}],
    }
    barrier, codes = threading.Barrier(6), []

    def send() -> None:
        try:
            barrier.wait()
            answer = ci.create(project, **body)
            codes.append(answer.status_code)
            run = Run.objects.get(pk=answer.json()["id"])
            thread = ci.thread(run)
            codes.extend(
                ci.append(thread, *(a_test(f"t{n}") for n in range(50))).status_code
                for _ in range(2)
            )
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send) for _ in range(6)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert sorted(codes) == [201] * 6 + [204] * 12
    assert Run.objects.count() == 6
    for model in (Source, Configuration, MilestoneMember):
        assert model.objects.count() == 1
    assert project.cases.count() == 50
    assert Result.objects.count() == 600
    assert list(differences()) == []


def test_many_new_tests_in_two_orders_at_once_wait_for_each_other_in_one(ci, project):
    lanes = [ci.thread(ci.run(project)) for _ in range(2)]
    tests = [a_test(f"t{number}") for number in range(6000)]
    barrier, codes = threading.Barrier(2), []

    def send(lane: int, ordered: list[dict[str, Any]]) -> None:
        try:
            barrier.wait()
            codes.append(ci.append(lane, *ordered).status_code)
        finally:
            connections.close_all()

    senders = [
        threading.Thread(target=send, args=[lanes[0], tests]),
        threading.Thread(target=send, args=[lanes[1], tests[::-1]]),
    ]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert codes == [204, 204]
    assert project.cases.count() == 6000
    assert Result.objects.count() == 12_000


def test_threads_that_append_at_once_lose_nothing(ci, project):
    run = ci.run(project)
    lanes = [ci.thread(run) for _ in range(4)]
    codes = []

    def send(lane: int) -> None:
        try:
            for block in range(5):
                tests = [a_test(f"t{lane}_{block}_{n}") for n in range(20)]
                codes.append(ci.append(lane, *tests).status_code)
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send, args=[lane]) for lane in lanes]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert codes == [204] * 20
    run.refresh_from_db()
    assert run.passed == Result.objects.filter(run=run).count() == 400
    passed = [t.passed for t in Thread.objects.filter(run=run)]
    assert passed == [100] * 4


# The host of Testmo's client


def test_the_same_routes_are_answered_on_their_own_host(ci, project, settings):
    path = f"/api/v1/projects/{project.pk}/automation/runs"
    settings.ALLOWED_HOSTS = ["testmo.example", "passline.example"]
    settings.INTAKE_TESTMO_HOST = "testmo.example:8443"
    headers = ci.headers | {"Host": "testmo.example:8443"}
    asks = Client(headers=headers)
    answer = asks.post(path, RUN, content_type="application/json")
    assert answer.status_code == 201
    path = f"/api/v1/automation/runs/{answer.json()['id']}/threads"
    assert asks.post(path, {}, content_type="application/json").status_code == 201
    refused(asks.get(path), 405)
    # Ours stays where it is, and other hosts know nothing of theirs.
    assert Client(headers={"Host": "testmo.example:8443"}).get(
        f"/api/v1/projects/{project.pk}/"
    ).json() == {"detail": "Authentication credentials were not provided."}
    for host in ("passline.example", "testmo.example"):
        other = Client(headers=ci.headers | {"Host": host})
        answer = other.post(f"{path}/", {}, content_type="application/json")
        assert set(answer.json()) == {"detail"}
