"""The two routes that take whole files, as a build calls them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.models import ApiToken, Scope
from ingest.intake import upload as uploads
from ingest.intake.projects import create_project
from ingest.models import Project, Result, Run
from tests.dashboard.page_reader import logged_in, person
from tests.ingest.intake.reports import case, ctrf_report, ctrf_test, suite

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_redis"),
]
JUNIT, CTRF = "/api/v1/intake/junit/", "/api/v1/intake/ctrf/"
TEXT = suite(case("pays"), case("ships", "<failure>no stamp</failure>"))


@pytest.fixture
def project() -> Project:
    return create_project("Shop")


def client_of(*scopes: Scope, projects: Any = ()) -> Client:
    scopes = scopes or (Scope.INTAKE,)
    user = person(f"sender {ApiToken.objects.count()}")
    _, text = ApiToken.issue(user.pk, scopes=scopes, projects=projects)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def client() -> Client:
    return client_of()


def sent(
    client: Client,
    content: str | bytes = TEXT,
    path: str = JUNIT,
    kind: str = "application/xml",
    headers: dict[str, str] | None = None,
    **query: str,
) -> Any:
    query = {"project": "Shop", "run": "Nightly", **query}
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        path, data, content_type=kind, query_params=query, headers=headers or {}
    )


def test_a_body_becomes_a_run(project: Project, client: Client):
    answer = sent(client, configuration="Linux", branch="main", commit="abc")
    run = Run.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "run": run.pk,
        "url": f"http://testserver/runs/{run.pk}/",
        "name": "Nightly",
        "status": "failed",
        "results": 2,
        **{"passed": 1, "failed": 1, "error": 0, "skipped": 0, "blocked": 0},
        **{"untested": 0, "running": 0, "unknown": 0},
    }
    assert (run.branch, run.commit, run.configuration.name) == ("main", "abc", "Linux")
    again = sent(client, configuration="Linux", branch="main", commit="abc")
    assert again.status_code == 200
    assert again.json() == answer.json()
    assert Result.objects.count() == 2


def test_a_form_becomes_a_run(project: Project, client: Client):
    file = SimpleUploadedFile("out.xml", TEXT.encode())
    fields = {"project": str(project.pk), "run": "Form", "branch": "main"}
    answer = client.post(JUNIT, {"file": file, **fields})
    assert answer.status_code == 201, answer.content
    run = Run.objects.get()
    assert (run.name, run.branch) == ("Form", "main")
    assert run.threads.get().name == "out.xml"


def test_a_large_part_of_a_form_is_read_from_the_disk(project: Project, client: Client):
    padded = TEXT + " " * 3_000_000
    file = SimpleUploadedFile("out.xml", padded.encode())
    answer = client.post(JUNIT, {"file": file, "project": "Shop"})
    assert answer.status_code == 201, answer.content


def test_a_ctrf_report_becomes_a_run(project: Project, client: Client):
    report = json.dumps(ctrf_report(ctrf_test("pays", flaky=True)))
    answer = sent(client, report, CTRF, "application/json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["passed"] == 1
    assert Result.objects.filter(is_marked_retry=True).count() == 2


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {}])
def test_a_body_may_be_gzipped(
    project: Project, client: Client, headers: dict[str, str]
):
    answer = sent(client, gzip.compress(TEXT.encode()), headers=headers)
    assert answer.status_code == 201, answer.content


def test_parts_of_a_build_are_threads(project: Project, client: Client):
    first = sent(client, commit="abc")
    second = sent(client, suite(case("returns")), commit="abc")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["run"] == second.json()["run"]
    assert second.json()["results"] == 3
    assert Run.objects.get().thread_count == 2


@pytest.mark.parametrize(
    ("content", "query", "field"),
    [
        (TEXT[:-30], {}, "file"),
        (" ", {}, "file"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>', {}, "file"),
        (TEXT, {"project": "Nowhere"}, "project"),
        (TEXT, {"project": "999999"}, "project"),
        (TEXT, {"project": ""}, "project"),
        (TEXT, {"commit": "x" * 201}, "commit"),
        (TEXT, {"run": "a\x00b"}, "run"),
        (TEXT, {"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    project: Project, client: Client, content: str, query: dict[str, str], field: str
):
    answer = sent(client, content, **query)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == [field]
    assert not Run.objects.exists()


def test_an_unknown_project_is_told_by_its_name(project: Project, client: Client):
    said = sent(client, project="Nowhere").json()["project"]
    assert said == ["There is no project “Nowhere”."]


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("application/x-www-form-urlencoded", {}),
        ("application/json", {}),
        ("", {}),
        ("application/xml", {"Content-Encoding": "br"}),
    ],
)
def test_another_type_is_415(
    project: Project, client: Client, kind: str, headers: dict[str, str]
):
    answer = sent(client, kind=kind, headers=headers)
    assert answer.status_code == 415, answer.content
    assert not Run.objects.exists()


def test_a_form_without_its_file_or_with_two_is_refused(
    project: Project, client: Client
):
    two = [SimpleUploadedFile(f"{n}.xml", TEXT.encode()) for n in range(2)]
    for fields in ({}, {"file": two}):
        answer = client.post(JUNIT, {"project": "Shop", **fields})
        assert answer.status_code == 400
        assert list(answer.json()) == ["file"]


def test_a_gzip_that_is_none_or_a_bomb_is_refused(project: Project, client: Client):
    answer = sent(client, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    bomb = gzip.compress(b"<testsuite>" + b" " * 20_000_000)
    answer = sent(client, bomb)
    assert answer.status_code == 400
    assert "250 times" in answer.json()["file"][0]


def test_more_than_is_read_is_413(
    project: Project, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    answer = sent(client, gzip.compress(TEXT.encode() + b" " * 2000))
    assert answer.status_code == 413
    assert "Send it in parts" in answer.json()["detail"]
    monkeypatch.setattr("dashboard.intake.files.MOST_BYTES", 100)
    monkeypatch.setattr("dashboard.intake.files.FORM_BYTES", 0)
    assert sent(client).status_code == 413
    assert not Run.objects.exists()


def test_who_may_send(project: Project):
    assert sent(Client()).status_code == 401
    assert sent(client_of(Scope.READ)).status_code == 403
    other = create_project("Other")
    bound = client_of(projects=[other])
    assert sent(bound).status_code == 403
    assert not Run.objects.exists()
    assert sent(bound, project="Other").status_code == 201
    assert sent(logged_in(person())).status_code == 201


def test_a_token_of_one_project_need_not_name_it(project: Project):
    answer = sent(client_of(projects=[project]), project="")
    assert answer.status_code == 201, answer.content
    assert Run.objects.get().project == project


def test_a_form_may_not_be_forged_in_somebody_s_session(project: Project):
    client = Client(enforce_csrf_checks=True)
    client.cookies = logged_in(person()).cookies
    file = SimpleUploadedFile("out.xml", TEXT.encode())
    assert client.post(JUNIT, {"file": file, "project": "Shop"}).status_code == 403


def test_get_is_405(project: Project, client: Client):
    assert client_of(Scope.READ).get(JUNIT).status_code == 405


MARKDOWN = {"Accept": "text/markdown"}


def test_the_comment_of_a_first_run_lists_what_fails(project: Project, client: Client):
    answer = sent(client, headers=MARKDOWN)
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    run = Run.objects.get()
    assert answer.content.decode() == (
        f"### [Nightly](http://testserver/runs/{run.pk}/): failed\n\n"
        "1 passed, 1 failed\n\n"
        "There is no earlier run to hold it against.\n\n"
        "**Failing (1)**\n\n- ships\n"
    )


def test_the_comment_holds_a_run_against_the_one_before(
    project: Project, client: Client
):
    names = [f"t{n:02}" for n in range(12)]
    sent(client, suite(case("pays", "<failure/>"), *map(case, names)))
    failing = [case(name, "<failure/>") for name in names]
    flaky = case("re_turns*", "<flakyFailure/>")
    text = suite(case("pays"), *failing, flaky, timestamp="2026-11-20T13:00:00Z")
    said = sent(client, text, headers=MARKDOWN).content.decode()
    base, run = Run.objects.order_by("pk").values_list("pk", flat=True)
    assert f"[Nightly](http://testserver/runs/{base}/), the run before." in said
    assert "**Newly failing (12)**\n\n- t00\n" in said
    assert f"- [and 2 more](http://testserver/runs/{run}/)" in said
    assert "**Fixed (1)**\n\n- pays\n" in said
    assert "**Flaky: passed on retry (1)**\n\n- re_turns\\*\n" in said
