"""What passed on retry, wherever a reader meets it: a mark and words of its own."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ingest.models import Case, Project, Run
from tests import factories
from tests.dashboard.number_links import html_of, part
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
# The arc over the top that says "on retry", in a glyph, and the cap of a strip's cell.
MARK = "M2.5 4.8a6.3 6.3 0 0 1 11 0"
CAP = (
    r'<rect x="\d+" y="[\d.]+" width="4" height="[\d.]+" rx="1" fill="var\(--fail\)"/>'
)


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project() -> Project:
    return factories.make_project(factories.make_connection("Testmo"), name="Web shop")


def executed(project: Project, *runs: str, case: str = "Pay") -> list[Run]:
    """A run a day, the last one an hour ago, each with its attempts of the case. They
    take 4 s where they do not pass and 1 s where they do.
    """
    made = []
    for back, attempts in zip(range(len(runs) - 1, -1, -1), runs, strict=True):
        run = factories.make_run(project, started_at=ago(days=back, hours=1))
        for place, letter in enumerate(attempts):
            factories.make_results(
                run,
                letter,
                cases=[case],
                at=run.at + place * 5 * SECOND,
                duration_ms=1000 if letter == "P" else 4000,
                message="" if letter == "P" else "TimeoutError: waited 4000 ms",
            )
        made.append(run)
    return made


def page_of(project: Project, name: str = "Pay") -> str:
    return f"/cases/{Case.objects.get(project=project, name=name).pk}/"


def test_the_strip_of_a_test_marks_it_and_tells_both_attempts(client, project):
    executed(project, "P", "FP", "F")
    html = html_of(client, page_of(project))
    titles = re.findall(r"<title>([^<]*)</title>", part(html, "chart-executions"))
    assert any(t.endswith(", failed, then passed on attempt 2") for t in titles)
    assert "1 of the last 3 results did not pass, 1 passed on retry" in html
    assert "last 3: 1 not passed, 1 passed on retry" in html


def test_every_list_of_tests_and_results_marks_it(client, project):
    (run,) = executed(project, "FP")
    assert re.search(CAP, html_of(client, "/cases/"))
    results = html_of(client, "/results/?final=1")
    assert MARK in results
    assert "attempt 2, before: failed" in results
    assert MARK in html_of(client, f"/runs/{run.pk}/?status=all")


def test_what_passed_at_once_or_again_has_the_plain_mark(client, project):
    executed(project, "P", "PP", "SP")
    assert MARK not in html_of(client, "/results/?final=1")
    assert not re.search(CAP, html_of(client, "/cases/"))


def test_the_api_gives_its_letter(client, project):
    executed(project, "P", "FP", "EFP", "P")
    (row,) = client.get("/api/v1/metrics/slow/").json()["results"]
    assert row["strip"] == "PRRP"


def test_the_api_tells_flake_events_by_what_shows_them(client, project):
    executed(project, "P", "FP", "P", "F", "P", "FP", "P")
    (row,) = client.get("/api/v1/metrics/flaky/").json()["results"]
    assert row["events"] == {"retry": 2, "same_commit": 0, "alternating": 1}
    assert (row["k"], row["passed_on_retry"], row["strip"]) == (3, 2, "PRPFPRP")
    lines = client.get("/api/v1/metrics/flaky/?format=csv").getvalue().decode().split()
    head, told = lines[0].split(","), lines[1].split(",")
    assert told[head.index("events.retry")] == "2"
