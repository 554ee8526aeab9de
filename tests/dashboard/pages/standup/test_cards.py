"""The stand-up's cards and verdict, and the tests behind its numbers."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from dashboard.ui.svg.glyphs import glyph as glyph_svg
from ingest.contract import Counts
from ingest.models import Connection, Milestone
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of, rows_of, words_of
from tests.dashboard.pages.standup.parts import (
    DAY,
    HOUR,
    broken,
    busy,
    card,
    drawn,
    markdown_of,
    second,
    sentence,
)
from tests.dashboard.releases import TODAY, executed
from tests.factories import NOW

pytestmark = pytest.mark.django_db


SOME = ("newly_failing", "fixed", "newly_flaky", "milestones_at_risk", "stale")


def behind(client, door) -> int:
    html = html_of(client, door.href)
    if door.metric == "stale":
        return html.count('id="connection-')
    assert rows_of(html) == min(count_of(html), 50)
    return count_of(html)


@pytest.mark.parametrize("query", ["", "?window=3d&tool=testmo", "?project={}"])
def test_behind_each_dotted_number_are_exactly_its_rows(client, project, query):
    busy(project)
    html = html_of(client, f"/standup/{query.format(project.pk)}")
    found = [
        door for door in doors(html) if not re.match("/(cases|runs)/\\d", door.href)
    ]
    assert {*SOME, "pass_rate"} - {"stale" if query else ""} <= {
        d.metric for d in found
    }
    for door in found:
        wanted = door.value
        if door.metric == "pass_rate":
            wanted = int(re.search(r"of ([\d,]+) ", door.title)[1]) if door.title else 0
        if wanted:
            assert behind(client, door) == wanted, door


def test_the_door_of_a_cause_holds_its_tests_only(client, project):
    busy(project)
    html = card(html_of(client, "/standup/"), "newly-failing")
    shares = [door for door in doors(html) if "cause=" in door.href]
    assert [door.value for door in shares] == [2, 1, 1, 1]
    listed = html_of(client, shares[0].href)
    assert {"pays by card", "pays later"} == {
        *re.findall(r'class="nm trunc"[^>]*>([^<]+)<', listed)
    }


def test_a_card_shows_the_largest_first_and_leads_to_the_rest(client, project):
    busy(project)
    html = html_of(client, "/standup/")
    failing = card(html, "newly-failing")
    assert failing.count("<li") == 5
    assert '<li class="hot">' in failing
    assert "Error: the frame 18 did not load" in failing
    assert "2 more" in failing
    assert "alone 0" in failing
    assert card(html, "fixed").count("failed 18 h") == 3
    assert "5 more" in card(html, "fixed")
    assert card(html, "newly-flaky").count("score ") == 3
    late = card(html, "at-risk")
    assert "Milestone at risk" in late
    assert "v26.12 Winter release" in late
    assert re.search(r"Likely \d+ (to \d+ )?days? late, due \w{3} \d+ \w{3}", late)
    said = words_of(late)
    assert "70.0% passed" in said
    assert "18 left" in said
    assert "QA.tech 0, 26 h old" in card(html, "stale")
    assert "1 more" in card(html, "stale")


def test_an_overdue_milestone_stands_first_in_all_that_tells_of_it(client, project):
    busy(project)
    overdue = factories.make_milestone(project, "v26.11 Autumn release")
    Milestone.objects.filter(pk=overdue.pk).update(due_at=TODAY - 3 * DAY)
    executed(project, overdue, "PB", days_ago=5, cases=["late 1", "late 2"])
    late = words_of(card(html_of(client, "/standup/"), "at-risk"), " ")
    assert late.startswith("2 Overdue or at risk v26.11 Autumn release")
    assert "3 days overdue. 1 day with results so far; a forecast needs 10." in late
    text = markdown_of(client).partition("### Overdue or at risk (2)")[2]
    assert text.lstrip().startswith(
        "- v26.11 Autumn release, 50.0% passed, 1 left, 3 days"
    )
    answer = client.get("/api/v1/metrics/standup/").json()["milestones_at_risk"]
    told = [(one["name"], one["overdue"], one["p90"] is None) for one in answer]
    assert told == [
        ("v26.11 Autumn release", True, True),
        ("v26.12 Winter release", False, False),
    ]


def test_an_overdue_milestone_of_totals_alone_says_so(client, project):
    milestone = factories.make_milestone(project, "v26.11")
    counts = Counts(passed=1, failed=3)
    factories.make_run(project, milestones=[milestone], counts=counts)
    Milestone.objects.filter(pk=milestone.pk).update(due_at=TODAY - DAY)
    late = words_of(card(html_of(client, "/standup/"), "at-risk"), " ")
    assert late.startswith("1 Milestone overdue v26.11 1 day overdue. Its runs come")
    assert " left" not in late
    assert "passed" not in late


def test_a_stand_up_of_what_mostly_fails_has_no_tick(client, project):
    drawn(project, "PPFFFFFFFF", "broken")
    drawn(project, "FFFFFFFFFF", "never worked")
    html = html_of(client, "/standup/")
    assert sentence(html) == "Steady at 0.0%, no new failures."
    assert glyph_svg("fail", 16) in html
    assert glyph_svg("pass", 16) not in html.partition("</h1>")[0]


@pytest.mark.parametrize(
    ("newly", "fixed", "verdict", "glyph"),
    [
        (2, 1, "Worse than yesterday: 2 started failing, 1 fixed.", "fail"),
        (1, 0, "Worse than yesterday: 1 started failing, none fixed.", "fail"),
        (0, 2, "Better than yesterday: 2 fixed, nothing new.", "pass"),
        (1, 2, "Better than yesterday: 2 fixed, 1 started failing.", "pass"),
        (2, 2, "The same as yesterday: 2 started failing, 2 fixed.", "fail"),
        (0, 0, "Steady at 100.0%, no new failures.", "pass"),
    ],
)
def test_the_verdict_says_whether_it_is_worse(
    client, project, newly, fixed, verdict, glyph
):
    drawn(project, "PPPPPP", "well")
    for number in range(newly):
        broken(project, f"broken {number}")
    for number in range(fixed):
        drawn(project, "PFFFFP", f"mended {number}")
    html = html_of(client, "/standup/")
    if verdict.startswith("Steady"):
        drawn(project, "F", "long ago", until=NOW - 9 * DAY)
    assert sentence(html) == verdict
    mark = html[html.index('class="su-v"') :].partition("</svg>")[0]
    assert f"var(--{glyph})" in mark


def test_the_second_line_tells_the_pass_rate_and_the_largest_cause(client, project):
    cause = uuid4()
    drawn(project, "PPPPPPPP", "well")
    broken(project, "a", "Boom", cause)
    broken(project, "b", "Boom", cause)
    line = second(html_of(client, "/standup/"))
    assert line.startswith("Pass rate 83.3%, down 16.7 points. ")
    assert line.endswith("All 2 share one cause in Web shop.")
    broken(project, "c", "Bang", uuid4())
    line = second(html_of(client, "/standup/"))
    assert line.endswith("2 of the 3 share one cause in Web shop.")


def test_a_time_without_any_decided_result_is_no_good_news(client, project):
    drawn(project, "PPF", "long ago", until=NOW - 5 * DAY)
    drawn(project, "S", "skipped")
    html = html_of(client, "/standup/")
    assert sentence(html).startswith("No test was decided since yesterday ")
    assert second(html) == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "since yesterday"),
        ("?window=1d", "since yesterday"),
        ("?window=7d", "than on"),
    ],
)
def test_another_beginning_is_said(client, project, query, words):
    broken(project, "broken")
    assert words in html_of(client, f"/standup/{query}")


def test_a_tool_that_fails_alone_says_why_and_what_is_missing(client, project):
    drawn(project, "PP", "case")
    Connection.objects.update(
        last_error="The key was refused: 401.", last_success_at=NOW - 26 * HOUR
    )
    html = card(html_of(client, "/standup/"), "stale")
    assert "Testmo, 26 h old" in html
    assert re.search(r"Key refused\. Numbers for Web shop stop at [\w: ]+\.", html)
