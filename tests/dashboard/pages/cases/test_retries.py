"""What passed on retry, wherever a reader meets it: a mark and words of its own."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest

from ingest.models import Case, Project, Result, Run
from ingest.models.results import ORDINALS
from tests import factories
from tests.dashboard.number_links import count_of, door_of, html_of, part, words_of
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
    sent = client.get("/api/v1/metrics/flaky/?format=csv").getvalue()
    (told,) = csv.DictReader(io.StringIO(sent.decode("utf-8-sig")))
    assert told["events.retry"] == "2"


def verdict(html: str) -> str:
    return words_of(re.findall(r'<p class="verdict.*?</p>', html, re.DOTALL)[0])


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (
            "P FP P FP P FP",
            "Needs a retry about every second run, and passes then: 3 of 6 runs, "
            "always on the same timeout.",
        ),
        (
            "FP FP",
            "Needs a retry every run, and passes then: 2 of 2 runs, "
            "always on the same timeout.",
        ),
        (
            "P FP P F P FP P P",
            "Needs a retry about every fourth run, and passes then: 2 of 8 runs, "
            "always on the same timeout. It failed for good in 1 run.",
        ),
        ("P F P F P FP", "Fails about every third time, always on the same timeout."),
        ("P FPS P FPS P", "Passed and failed within 2 runs, and failed in no other."),
        (
            "P P FP P",
            "Passed every time in 4 decided results, 1 of them on retry. "
            "1 flake event, too few to call it flaky.",
        ),
    ],
)
def test_the_sentence_says_what_the_numbers_beside_it_say(
    client, project, runs, sentence
):
    executed(project, *runs.split())
    html = html_of(client, page_of(project))
    assert verdict(html) == sentence
    assert "none failed or error" not in html


def test_retries_stand_beside_what_failed_and_lead_to_their_attempts(client, project):
    executed(project, "P", "FP", "P", "FP", "P", "FP")
    html = html_of(client, page_of(project))
    assert "0 failed, 0 error, 3 on retry" in words_of(html)
    door = door_of(html, "passed_on_retry")
    assert door.value == count_of(html_of(client, door.href)) == 3
    assert "6 results, but in 3 runs an attempt before did not pass" in html


def test_flake_events_tell_run_commit_attempts_durations_and_message(client, project):
    executed(project, "P", "FP", "P")
    run = factories.make_run(
        project,
        started_at=ago(minutes=30),
        name="nightly",
        branch="main",
        commit="0123456789abcdef",
        configuration="Chrome 126",
    )
    for place, letter in enumerate("FP"):
        made = factories.make_results(
            run,
            letter,
            cases=["Pay"],
            at=run.at + place * 5 * SECOND,
            duration_ms=1000 if letter == "P" else 4000,
        )
        if letter == "F":
            factories.make_texts(made, "AssertionError: no receipt\n at pay.ts:1")
    html = part(html_of(client, page_of(project)), "flake-events")
    rows = [words_of(row, " ") for row in re.findall(r"<li>.*?</li>", html, re.DOTALL)]
    assert len(rows) == 2
    for said in ("retry", "nightly", "main, 0123456, Chrome 126", "4s → 1s"):
        assert said in rows[0]
    assert "AssertionError: no receipt" in rows[0]
    assert "at pay.ts" not in rows[0]
    assert "TimeoutError" in rows[1]
    assert f"/runs/{run.pk}/?case=" in html
    assert 'class="sub">2 retry<' in html


def test_a_failure_between_passes_is_an_event_of_its_run(client, project):
    executed(project, "P", "F", "F", "P")
    html = part(html_of(client, page_of(project)), "flake-events")
    assert 'class="sub">1 alternates<' in html
    assert "and 1 more run" in words_of(html)
    assert "4s · 4s" in words_of(html, " ")


def test_many_events_are_ten_and_the_rest_is_one_click_away(client, project):
    executed(project, *["FP"] * 12)
    html = part(html_of(client, page_of(project)), "flake-events")
    assert html.count("<li>") == 10
    assert "All 12" in html
    href = re.findall(r'class="lnk" href="([^"]*view=lost[^"]*)"', html)[0]
    # Each event cost the attempt that failed and the one that ran again.
    assert count_of(html_of(client, href.replace("&amp;", "&"))) == 24


def test_a_test_that_never_flaked_has_no_such_card(client, project):
    executed(project, "P", "P")
    assert 'id="flake-events"' not in html_of(client, page_of(project))


def test_the_chart_has_a_hollow_cross_for_each_attempt_that_needed_a_retry(
    client, project
):
    runs = executed(project, "P", "FEP", "F")
    html = part(html_of(client, page_of(project)), "chart-executions")
    chart = json.loads(re.findall(r'id="rows-executions"[^>]*>(.*?)<', html)[0])
    crosses = [t for t in chart["data"] if t["marker"]["symbol"] == "x-open"]
    early = Result.objects.filter(run=runs[1], is_final=False).order_by("ordinal")
    ids = [runs[1].pk * ORDINALS + one.ordinal for one in early]
    assert [trace["customdata"] for trace in crosses] == [ids]
    assert crosses[0]["y"] == [4000, 4000]
    assert "3, by outcome and duration" in words_of(html)


def test_failures_without_a_message_say_whether_the_tool_sends_any(client, project):
    run = factories.make_run(project, started_at=ago(hours=1))
    factories.make_results(run, "F", cases=["Pay"])
    other = factories.make_project(factories.make_connection("qa", vendor="qatech"))
    factories.make_results(factories.make_run(other), "F", cases=["Ship"])
    testmo = part(html_of(client, page_of(project)), "failures")
    assert "Testmo sends no message" in testmo
    qatech = part(html_of(client, page_of(other, "Ship")), "failures")
    assert "No message" in qatech
