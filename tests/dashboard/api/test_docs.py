"""The schema says what the API does, and the pages for people need nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from dashboard.pages.api_docs.markdown import blocks
from tests import factories
from tests.dashboard.api.client import read
from tests.dashboard.page_reader import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
METRICS = Path(django_settings.BASE_DIR) / "docs" / "metrics.md"


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def schema():
    return Client().get("/api/v1/schema/").json()


def properties(schema, name):
    return set(schema["components"]["schemas"][name]["properties"])


def test_the_schema_is_valid_and_complete():
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_every_path_is_described(schema):
    assert set(schema["paths"]) == {
        *(
            f"/api/v1/{name}/{rest}"
            for name in (
                *("connections", "projects", "milestones", "runs", "cases"),
                *("results", "syncs"),
            )
            for rest in ("", "{id}/")
        ),
        "/api/v1/runs/{id}/threads/",
        "/api/v1/runs/{id}/results/",
        "/api/v1/cases/{id}/results/",
        "/api/v1/runs/{id}/rerun/",
        "/api/v1/runs/{id}/close/",
        "/api/v1/connections/{id}/test-cases/",
        "/api/v1/connections/{id}/announce/",
        "/api/v1/connections/{id}/start/",
        "/api/v1/connections/{id}/sync/",
        *(
            f"/api/v1/metrics/{name}/"
            for name in (
                *("summary", "pass-rate", "failing", "reconciliation"),
                *("flaky", "slow", "failures", "compare", "standup"),
            )
        ),
        *(
            f"/api/v1/metrics/{name}/explain/"
            for name in (
                *("summary", "pass-rate", "failing", "reconciliation"),
                *("flaky", "slow", "failures", "compare", "standup"),
            )
        ),
        *(f"/api/v1/exports/{name}.parquet" for name in ("runs", "cases", "results")),
        "/api/v1/milestones/{id}/progress/",
        "/api/v1/milestones/{id}/progress/explain/",
        "/api/v1/intake/junit/",
        "/api/v1/intake/ctrf/",
        "/api/v1/shares/",
        "/api/v1/shares/{id}/",
    }


def test_the_schema_names_the_fields_that_answers_have(schema):
    run = factories.make_run()
    (result,) = factories.make_results(run, "P")
    assert properties(schema, "Run") == set(read(f"runs/{run.pk}/"))
    assert properties(schema, "Case") == set(read(f"cases/{result.case_id}/"))
    assert properties(schema, "Summary") == set(read("metrics/summary/"))
    assert properties(schema, "PassRates") == set(read("metrics/pass-rate/"))
    assert properties(schema, "MeasuredFailingPage") == set(read("metrics/failing/"))


def test_the_schema_names_every_parameter_that_a_list_takes(schema):
    said = schema["paths"]["/api/v1/results/"]["get"]["parameters"]
    names = {parameter["name"] for parameter in said}
    assert names == {
        *("project", "connection", "tool", "source", "configuration", "milestone"),
        *("branch", "case", "status", "q", "since", "until", "window", "latest"),
        *("final", "signature", "default_branch", "counted", "sort", "limit"),
        *("cursor", "format", "as_of", "If-None-Match"),
    }


def test_the_schema_says_what_a_body_needs_and_how_a_file_is_named(schema):
    needed = {
        "NewShare": ["path"],
        "Announcement": ["runs"],
        "NewProject": ["name"],
        "Rerun": ["only"],
        **dict.fromkeys(("StartRequest", "NewTest"), []),
    }
    bodies = schema["components"]["schemas"]
    assert {name: bodies[name].get("required", []) for name in needed} == needed
    export = schema["paths"]["/api/v1/exports/runs.parquet"]["get"]
    assert "Content-Disposition" in export["responses"]["200"]["headers"]


def test_the_schema_comes_as_yaml_too():
    response = Client().get(
        "/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi"}
    )
    assert response.content.startswith(b"openapi:")


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/metrics/"])
def test_the_pages_load_nothing_from_elsewhere(path):
    html = Client().get(path).content.decode()
    # What a reader may follow is not loaded.
    loaded = re.sub(r'<a href="https://[^"]+"', "<a", html)
    for address in re.findall(r'(?:href|src)="([^"#]+)', loaded):
        assert address.startswith("/"), address


def test_no_script_of_the_reference_is_inline():
    html = Client().get("/api/docs/").content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 2
    assert all("src=" in words and not content for words, content in scripts)
    assert "<script" not in Client().get("/api/docs/metrics/").content.decode()


def test_the_reference_says_without_scripts_where_the_schema_is():
    html = Client().get("/api/docs/").content.decode()
    body = html[html.index("<body") :]
    (words,) = re.findall(r"<noscript>(.*?)</noscript>", body, re.DOTALL)
    assert 'href="/api/v1/schema/"' in words
    assert "<h1>REST API v1</h1>" in words


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/metrics/"])
def test_the_pages_have_the_theme_that_was_chosen(path):
    client = Client()
    assert "data-theme" not in client.get(path).content.decode()
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get(path).content.decode()


def test_the_schema_tells_how_to_begin(schema):
    said = schema["info"]["description"]
    for words in ("Authorization: Bearer", "`next`", "format=csv", "Retry-After"):
        assert words in said


def test_the_pages_are_for_readers_only(settings):
    settings.PUBLIC_READ = False
    person()
    response = Client().get("/api/docs/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/login/?next=/api/docs/"


def test_every_metric_has_a_heading_in_the_documentation():
    headings = set(re.findall(r"^## (.+)$", METRICS.read_text(), re.MULTILINE))
    assert headings >= {
        *("Statuses", "Time and windows", "Summary", "Pass rate", "Plan pass rate"),
        *("Completion", "Failing now", "Outage", "Freshness", "Reconciliation"),
    }


def test_what_is_written_in_markdown_cannot_become_markup():
    (html,) = blocks("<script>alert(1)</script> `<b>` **&**")
    assert html == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; <code>&lt;b&gt;</code> "
        "<b>&amp;</b></p>"
    )


def test_a_link_of_the_explanations_is_one():
    (html,) = blocks("As [Trunk](https://docs.example/a?b=1&c=2) says <b>.")
    assert html == (
        '<p>As <a href="https://docs.example/a?b=1&amp;c=2">Trunk</a> says &lt;b&gt;.</p>'
    )
