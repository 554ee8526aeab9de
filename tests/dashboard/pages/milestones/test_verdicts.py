"""What is said of a milestone: how late it will be, and why."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from dashboard.filters import Filters
from dashboard.metrics.milestones import Forecast, Progress
from dashboard.metrics.milestones.progress import TOO_SLOW
from dashboard.pages.milestones.text import (
    days_between,
    due_in,
    risk_verdict,
    what_it_takes,
)
from dashboard.precomputed.milestones import at_risk_milestones
from dashboard.ui.svg.glyphs import glyph as glyph_svg
from ingest.contract import Counts
from tests.dashboard.number_links import count_of, html_of
from tests.dashboard.pages.milestones.parts import due_on, page_of, plain
from tests.dashboard.releases import DAY, TODAY, executed, growing, noon

pytestmark = pytest.mark.django_db


def test_a_late_milestone_says_so_with_its_causes_and_what_it_takes(client, release):
    due_on(release, (TODAY + 2 * DAY).date())
    html = html_of(client, page_of(release))
    said = plain(html)
    assert re.search(r"Likely \d+ (to \d+ )?days? late\.", said)
    assert "Expected to finish" in said
    assert re.search(
        r"\d+ tests were added since \d+ \w+ ?\. At [\d.]+ passed a day", said
    )
    assert re.search(
        r"4 tests are failing, 2 of them in Web shop\s?\. That is \d+% of what", said
    )
    assert re.search(r"the team needs \d+ passed tests a day instead of", said)
    assert ">At risk<" in html
    assert [row.milestone for row in at_risk_milestones(Filters())] == [release.pk]


def test_a_milestone_with_much_time_is_on_track(client, release):
    due_on(release, (TODAY + 300 * DAY).date())
    html = html_of(client, page_of(release))
    assert "On track." in html
    assert "the team needs" not in html


def test_a_young_milestone_is_too_early_to_forecast(client, project, milestone):
    executed(project, milestone, "PF", days_ago=2)
    said = plain(html_of(client, page_of(milestone)))
    assert "Too early to forecast." in said
    assert "1 day with results so far; a forecast needs 10." in said


def test_a_milestone_whose_tests_all_passed_is_done(client, project, milestone):
    executed(project, milestone, "PP", days_ago=2)
    said = plain(html_of(client, page_of(milestone)))
    assert "All tests passed." in said
    assert "Nothing is left" in said


def test_a_silent_tool_is_a_cause_and_no_second_note(client, release, other):
    tool = other.connection
    tool.last_success_at = noon(2)
    tool.last_error = "QA.tech refused the API key."
    tool.save()
    html = html_of(client, page_of(release))
    said = plain(html)
    assert re.search(r"QA.tech sent nothing for .*? 3 tests count as not run\.", said)
    assert f'href="/sync/#connection-{tool.pk}"' in html
    assert "QA.tech is" not in said


def test_the_largest_cause_stands_first_in_the_shape_of_its_tests(
    client, project, milestone
):
    """37 blocked, and not the 22 that came later."""
    growing(project, milestone, passed_a_day=1)
    late = [f"late {number}" for number in range(22)]
    executed(project, milestone, "U" * 22, days_ago=3, cases=late)
    stuck = [f"case {number}" for number in range(23, 60)]
    executed(project, milestone, "B" * 37, days_ago=2, cases=stuck)
    due_on(milestone, (TODAY + 2 * DAY).date())
    tree = LexborHTMLParser(html_of(client, page_of(milestone)))
    causes = tree.css(".why li")
    said = [" ".join(cause.text(separator=" ").split()) for cause in causes]
    assert said[0].startswith("37 tests are blocked in Web shop")
    assert said[1].startswith("22 tests were added")
    glyph = causes[0].css_first("svg path")
    assert glyph
    assert (glyph.attrs["d"] or "no path") in glyph_svg("block")
    left = tree.css_first("#left .left")
    assert left
    assert left.attrs["aria-label"] == "37 blocked, 31 not finished"
    assert [part.attrs["class"] for part in left.css("i")] == ["block", "open"]


def test_a_cause_counts_what_stands_beside_it(client, release):
    main = LexborHTMLParser(html_of(client, page_of(release))).css_first("main")
    assert main
    numbers = {
        number.attrs["data-metric"]: number.attrs["data-value"]
        for number in main.css(".progress-card [data-metric]")
    }
    doors = main.css(".why a.n[data-metric]")
    said = {door.attrs["data-metric"]: door.attrs["data-value"] for door in doors[::-1]}
    bad = int(numbers["failed"] or 0) + int(numbers["error"] or 0)
    assert said["not_passed"] == str(bad)
    for metric in ("blocked", "skipped"):
        assert said[metric] == numbers[metric]
    for door in doors:
        listed = html_of(client, door.attrs["href"] or "")
        assert count_of(listed) == int(door.attrs["data-value"] or 0)


def verdict(p10=None, p90=None, due=date(2026, 12, 4), left=5, **values):
    forecast = p10 and Forecast(
        p10=p10, p50=p10, p85=p90, p90=p90, p95=p90, on_time_probability=None
    )
    said = risk_verdict(
        Progress(
            milestone=1,
            name="v26.12",
            due_at=due and datetime.combine(due, time(), UTC),
            counts=Counts(passed=5, failed=left),
            by_project={},
            by_run={},
            runs=(),
            runs_without_rows=(),
            burn_up=(),
            today=date(2026, 11, 19),
            starts_at=None,
            n_rows=0,
            n_counts=0,
            forecast=forecast,
            **{"is_completed": False} | values,
        )
    )
    return f"{said.fact} {said.rest}", said.word


@pytest.mark.parametrize(
    ("p10", "p90", "words", "pill"),
    [
        (
            date(2026, 12, 7),
            date(2026, 12, 12),
            "Likely 3 to 8 days late. Expected to finish between 7 and 12 Dec.",
            "At risk",
        ),
        (
            date(2026, 12, 5),
            date(2026, 12, 5),
            "Likely 1 day late. Expected to finish on 5 Dec.",
            "At risk",
        ),
        (
            date(2026, 12, 2),
            date(2026, 12, 8),
            "Could go either way. Expected between 2 and 8 Dec, due 4 Dec.",
            "At risk",
        ),
        (
            date(2026, 11, 27),
            date(2026, 12, 1),
            "On track. Expected between 27 Nov and 1 Dec.",
            "On track",
        ),
        (
            date(2026, 11, 27),
            date(2026, 12, 4),
            "On track. Expected between 27 Nov and 4 Dec.",
            "On track",
        ),
    ],
)
def test_the_verdict_goes_by_the_interval_and_the_due_date(p10, p90, words, pill):
    assert verdict(p10=p10, p90=p90) == (words, pill)


def test_other_verdicts_say_why_there_is_no_forecast():
    assert verdict(reason="Too few.") == (
        "Too early to forecast. Too few.",
        "Too early",
    )
    assert verdict(reason=TOO_SLOW) == (f"Too slow to forecast. {TOO_SLOW}", "Too slow")
    late = verdict(reason="Too few.", due=date(2026, 11, 16))
    assert late == ("3 days past its due date. Too few.", "Overdue")
    foreseen = {"p10": date(2026, 11, 27), "p90": date(2026, 12, 1)}
    late = verdict(due=date(2026, 11, 16), **foreseen)
    words = "3 days past its due date. Expected to finish between 27 Nov and 1 Dec."
    assert late == (words, "Overdue")
    assert verdict(left=0) == ("All tests passed. It is due 4 Dec.", "Done")
    over = verdict(left=0, due=date(2026, 11, 16))
    assert over == ("All tests passed. It was due 16 Nov.", "Done")
    assert verdict(is_completed=True) == (
        "Completed. 5 tests had not passed.",
        "Completed",
    )
    undated = verdict(p10=date(2026, 12, 30), p90=date(2027, 1, 2), due=None)
    assert undated[0].startswith("Expected to finish between 30 Dec and 2 Jan 2027.")


def test_days_and_distances_read_as_people_say_them():
    today = date(2026, 11, 19)
    assert days_between(date(2026, 12, 7), date(2026, 12, 12), today) == (
        "between 7 and 12 Dec"
    )
    assert due_in(date(2026, 12, 4), today) == "in 15 days"
    assert due_in(today, today) == "today"
    assert due_in(date(2026, 11, 18), today) == "1 day ago"


def takes(left, pace, days):
    today = date(2026, 11, 19)
    parts = what_it_takes(left, pace, today + timedelta(days=days), today)
    return "".join(text for text, _ in parts)


def test_what_it_takes_is_a_pace_or_a_smaller_scope():
    assert takes(855, 45, 15) == (
        "To finish on 4 Dec the team needs 57 passed tests a day instead of 45, or to "
        "move about 180 tests out."
    )
    assert takes(10, 0, 5) == (
        "To finish on 24 Nov the team needs 2 passed tests a day instead of 0."
    )
    assert "54 passed a day would finish it on 4 Dec" in takes(799, 72, 15)
    assert takes(90, 45, -3) == (
        "At 45 passed a day the 90 tests left take about 2 days."
    )
    assert takes(90, None, -3) == ""
