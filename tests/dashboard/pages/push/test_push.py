"""Project, token, lines to paste, and what arrived."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from dashboard.models import ApiToken
from dashboard.pages.push.snippets import SECRET, WAYS, Target
from ingest.contract import RunRecord
from ingest.intake.closing import close_run
from ingest.intake.projects import create_project
from ingest.intake.runs import append_results, open_run
from ingest.models import Project, PushedRun
from tests import factories
from tests.clock import now
from tests.dashboard.page_reader import person
from tests.ingest.records import a_result

pytestmark = pytest.mark.django_db
URL = "/connect/push/"


@pytest.fixture
def mara() -> Client:
    client = Client()
    client.force_login(person("mara"))
    return client


def page(answer) -> LexborHTMLParser:
    return LexborHTMLParser(answer.content.decode())


def words(answer, css: str) -> str:
    node = page(answer).css_first(css)
    return " ".join(node.text().split()) if node else ""


def test_it_is_for_the_signed_in(settings):
    settings.PUBLIC_READ = True
    assert Client().get(URL).status_code == 302


def test_without_a_project_there_is_one_step(mara):
    answer = mara.get(URL)
    assert words(answer, ".steps .now") == "1 Project"
    assert page(answer).css_first("#token") is None


def test_a_project_is_made_and_chosen(mara):
    answer = mara.post(URL, {"do": "project", "name": "Shop <b>"})
    project = Project.objects.get()
    assert answer.headers["Location"] == f"{URL}?project={project.pk}"
    again = mara.post(URL, {"do": "project", "name": "Shop <b>"})
    assert again.status_code == 422
    assert "already" in words(again, "[role=alert]")
    assert mara.post(URL, {"do": "project", "name": " \0"}).status_code == 422


def test_the_token_is_shown_once_and_pushes_to_the_project_alone(mara):
    project = create_project("Shop")
    address = f"{URL}?project={project.pk}&how=curl"
    answer = mara.post(address, {"do": "token"})
    text = words(answer, "#token-text")
    assert "no-store" in answer.headers["Cache-Control"]
    token = ApiToken.objects.get()
    assert ApiToken.valid(text) == token
    assert (token.scopes, token.project_ids) == (["intake"], {project.pk})
    assert words(answer, ".steps .now") == "3 Lines to paste"
    assert text not in mara.get(address).content.decode()
    assert mara.post(URL, {"do": "token"}).status_code == 422


@pytest.mark.parametrize("way", WAYS)
def test_the_lines_name_the_project_and_this_site_but_no_token(mara, way, settings):
    settings.INTAKE_TESTMO_HOST = "testmo.passline.example"
    settings.INTAKE_TESTOMATIO_HOST = "testomatio.passline.example"
    project = create_project("Shop")
    answer = mara.get(f"{URL}?project={project.pk}&how={way}")
    lines = page(answer).css_first("#snippet").text()
    assert SECRET in lines
    if way == "testomatio":
        assert "http://testomatio.passline.example" in lines
    elif way == "testmo":
        assert f"--project-id {project.pk} " in lines
        assert "https://testmo.passline.example" in lines
    else:
        assert f"project={project.pk} " in lines
        assert "http://testserver/api/v1/intake/junit/" in lines
    assert page(answer).css_first("#lines .note") is None


@pytest.mark.parametrize("way", ["testmo", "testomatio"])
def test_what_must_be_set_up_first_is_said(mara, way, settings):
    settings.INTAKE_TESTMO_HOST = settings.INTAKE_TESTOMATIO_HOST = ""
    project = create_project("Shop")
    answer = mara.get(f"{URL}?project={project.pk}&how={way}")
    assert f"INTAKE_{way.upper()}_HOST" in words(answer, "#lines .note")


def test_the_page_waits_until_something_arrives(mara):
    project = create_project("Shop")
    address = f"{URL}?project={project.pk}"
    assert "Waiting" in words(mara.get(address), "#arrived h2")
    run = open_run(project, RunRecord(external_id="", name="Nightly 7"), format="junit")
    append_results(run.pk, [a_result("a"), a_result("b", "F")])
    text = words(mara.get(address), "#arrived")
    assert "Nightly 7" in text
    assert "2 results so far, the run is still open," in text
    close_run(run.pk)
    assert "2 results just now" in words(mara.get(address), "#arrived")
    PushedRun.objects.update(last_at=now() - timedelta(hours=2))
    assert "Waiting" in words(mara.get(address), "#arrived h2")


def test_hostile_addresses_choose_nothing(mara):
    create_project("Shop")
    for query in ("project=x", "project=-1", "project=99999999999", "how=<b>"):
        answer = mara.get(f"{URL}?{query}")
        assert answer.status_code == 200
        assert page(answer).css_first("#token") is None


def test_the_number_of_queries_does_not_grow(mara, django_assert_max_num_queries):
    project = create_project("Shop")
    for number in range(12):
        factories.make_project(name=f"Other {number}")
    with django_assert_max_num_queries(21):
        mara.get(f"{URL}?project={project.pk}")


def test_lines_for_another_site_name_it():
    snippet = WAYS["curl"][1](Target(project=5, site="https://qa.example"))
    assert "https://qa.example/api/v1/intake/junit/" in snippet.lines
