"""Milestones as pages: the list, one of them, and what people join and split."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.charts import FutureDay, Growth, PastDay, burn_up_figure
from dashboard.charts.burn_up import ticks_to
from dashboard.filters import Filters
from dashboard.metrics.milestones import at_risk_milestones, progress
from dashboard.models import CaseGroup, GroupedCase
from dashboard.words.milestones import (
    Outlook,
    days_between,
    due_in,
    risk_verdict,
    what_it_takes,
)
from ingest.contract import Counts
from ingest.models import Milestone, MilestoneMember
from tests import factories
from tests.dashboard.doors import count_of, doors, html_of, rows_of
from tests.dashboard.locks import locked
from tests.dashboard.pages import logged_in, person, text_of
from tests.dashboard.releases import DAY, TODAY, executed, growing, noon

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True
    cache.clear()


@pytest.fixture
def project():
    return factories.make_project(
        factories.make_connection("Testmo", vendor="testmo"), name="Web shop"
    )


@pytest.fixture
def other():
    return factories.make_project(
        factories.make_connection("QA.tech", vendor="qatech"), name="Portal"
    )


@pytest.fixture
def milestone(project):
    milestone = factories.make_milestone(project, "v26.12", due_at=noon(-1))
    MilestoneMember.objects.update(due_at=noon(-1))
    return milestone


@pytest.fixture
def release(project, other, milestone):
    """Late: in two tools, with growth, failures and every outcome."""
    factories.make_milestone(other, "v26.12")
    growing(project, milestone, passed_a_day=3)
    executed(
        other,
        milestone,
        "PFEBSU?R",
        days_ago=4,
        cases=[f"portal {n}" for n in "abcdefgh"],
    )
    executed(project, milestone, "FFP", days_ago=2, cases=["new 1", "new 2", "case 0"])
    return milestone


def page_of(milestone, query=""):
    return f"/milestones/{milestone.pk}/{query}"


def plain(html):
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def due_on(milestone, day):
    at = datetime.combine(day, datetime.min.time(), TODAY.tzinfo)
    Milestone.objects.filter(pk=milestone.pk).update(due_at=at)


# --- numbers and their doors -------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?tool=testmo", "?window=7d"])
def test_behind_each_number_of_a_milestone_are_exactly_its_rows(client, release, query):
    found = doors(html_of(client, page_of(release, query)))
    assert len(found) > 6
    for door in found:
        html = html_of(client, door.href)
        behind = rows_of(html) if "/runs/" in door.href else count_of(html)
        if door.href.startswith("/runs/?"):
            behind = count_of(html)
        assert door.value == behind, door


def test_the_numbers_are_those_of_the_metric(client, release):
    found = progress(release.pk, Filters())
    shown: dict[str, float] = {}
    for door in doors(html_of(client, page_of(release))):
        shown.setdefault(door.metric, door.value)
    counts = found.counts
    assert shown["scope"] == counts.total == 70
    assert shown["passed"] == counts.passed
    assert shown["failed"] == counts.failed == 3
    assert shown["not_run"] == counts.untested + counts.running + counts.unknown
    assert shown["left"] == found.left


def test_tests_that_are_the_same_in_two_tools_are_listed_once(
    client, project, other, release
):
    group = CaseGroup.objects.create()
    for where, name in ((project, "case 50"), (other, "portal a")):
        case = factories.make_case(where, name)
        GroupedCase.objects.create(group=group, case=case, by="mara")
    for door in doors(html_of(client, page_of(release))):
        if door.href.startswith("/cases/"):
            assert door.value == count_of(html_of(client, door.href)), door
    listed = html_of(client, f"/cases/?milestone={release.pk}&view=scope&q=portal+a")
    assert count_of(listed) == 1


def test_the_list_of_tests_shows_what_counts_and_not_what_came_last(
    client, project, milestone
):
    executed(project, milestone, "F", days_ago=3)
    executed(project, milestone, "S", days_ago=1)
    html = html_of(client, f"/cases/?milestone={milestone.pk}&view=scope")
    assert 'aria-label="failed"' in html
    assert "Tests of v26.12" in html
    failed = html_of(
        client, f"/cases/?milestone={milestone.pk}&view=scope&status=failed"
    )
    assert count_of(failed) == 1


def test_a_view_of_tests_in_scope_without_a_milestone_is_the_plain_list(
    client, release
):
    assert count_of(html_of(client, "/cases/?view=scope")) == count_of(
        html_of(client, "/cases/")
    )


def test_runs_tell_how_many_tests_count_with_their_result(client, project, milestone):
    executed(project, milestone, "PPP", days_ago=3, name="first")
    executed(project, milestone, "PP", days_ago=1, name="second")
    found = doors(html_of(client, page_of(milestone)))
    here = [door.value for door in found if door.metric == "counts_here"]
    assert here == [2, 1]


# --- words -------------------------------------------------------------------------


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
        r"2 tests in Web shop are failing\. That is \d+% of what is left", said
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


def verdict(**values):
    today = date(2026, 11, 19)
    outlook = Outlook(**{"today": today, "left": 5, "due": date(2026, 12, 4)} | values)
    said = risk_verdict(outlook)
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
    late = verdict(reason="Too few.", due=date(2026, 11, 16))
    assert late == ("3 days past its due date. Too few.", "Overdue")
    assert verdict(is_done=True) == ("All tests passed. It is due 4 Dec.", "Done")
    over = verdict(is_done=True, due=date(2026, 11, 16))
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


# --- states ------------------------------------------------------------------------


def test_a_milestone_without_runs_says_so_everywhere(client, milestone):
    said = plain(html_of(client, page_of(milestone)))
    assert "Nothing in scope yet" in said
    assert "No burn-up yet" in said
    assert "No tool has sent a run of this milestone so far." in said


def test_runs_with_totals_only_are_told_and_count_nowhere(client, project, milestone):
    factories.make_run(
        project, milestones=[milestone], counts=Counts(passed=1239, failed=1)
    )
    said = plain(html_of(client, page_of(milestone)))
    assert "1,240 results in 1 run without rows count nowhere here." in said
    assert "do not tell tests apart" in said


@pytest.mark.django_db(transaction=True)
def test_a_part_that_the_database_does_not_answer_says_so_and_the_rest_stays(
    client, release
):
    with locked("dashboard_groupedcase"), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        html, listed = (
            html_of(client, page_of(release)),
            html_of(client, "/milestones/"),
        )
        cursor.execute("RESET lock_timeout")
    assert "This milestone did not load" in html
    assert "Showing 6 of" in html
    assert ">v26.12<" in listed
    assert "milestone did not load" not in html_of(client, page_of(release))


def test_a_milestone_of_another_tool_alone_says_what_its_filters_leave(client, release):
    html = html_of(client, page_of(release, "?tool=testably"))
    assert "No run of this milestone matches the filters." in plain(html)


def test_readers_log_in_unless_pages_are_public(client, settings, milestone):
    settings.PUBLIC_READ = False
    person()
    for path in ("/milestones/", page_of(milestone)):
        assert client.get(path).status_code == 302


def test_a_milestone_that_is_not_there_is_a_404(client):
    assert client.get("/milestones/999999/").status_code == 404


def test_what_the_address_cannot_say_is_told(client, release):
    html = html_of(client, page_of(release, "?status=failed"))
    assert "It applies to lists only" in html


def test_the_chart_has_a_table_with_the_same_days(client, release):
    html = html_of(client, page_of(release))
    found = progress(release.pk, Filters())
    table = html[html.index('class="as-table"') :]
    table = table[: table.index("</table>")]
    assert table.count("<tr>") == 1 + len(found.burn_up) + len(found.forecast.band)
    label = re.search(r'id="plot-burn-up"[^>]*aria-label="([^"]*)"', html)[1]
    passed = found.counts.passed
    assert label.startswith(f"Burn-up: {passed} of 70 tests passed on ")


# --- chart -------------------------------------------------------------------------


def burn_up_of(*, due=None, future=(), growth=None):
    past = [
        PastDay(
            day=date(2026, 11, 2) + n * DAY, scope=100, finished=5 * n, passed=4 * n
        )
        for n in range(15)
    ]
    return burn_up_figure(past, future, due=due, growth=growth)


def future_days(n, *, low=60, high=80):
    return [
        FutureDay(
            day=date(2026, 11, 17) + d * DAY, low=low, middle=70, high=high, scope=100
        )
        for d in range(n)
    ]


@pytest.mark.parametrize(
    ("due", "said"), [(17, []), (19, ["wide"]), (25, [None])], ids=str
)
def test_today_is_not_written_over_the_due_day(due, said):
    figure = burn_up_of(future=future_days(10), due=date(2026, 11, due))
    labels = figure["layout"]["annotations"]
    assert [lab.get("name") for lab in labels if lab["text"] == "today"] == said


def test_the_burn_up_draws_scope_in_steps_and_the_forecast_as_a_band():
    figure = burn_up_of(future=future_days(10), due=date(2026, 11, 24))
    by_name = {trace.get("name"): trace for trace in figure["data"]}
    assert by_name["In scope"]["line"]["shape"] == "hv"
    assert len(by_name["In scope"]["x"]) == len(figure["days"]) == 25
    assert by_name["Passed"]["fill"] == "tozeroy"
    assert by_name["90 %"]["fill"] == "tonexty"
    # The band begins where the line of what passed ends.
    assert by_name["10 %"]["y"][0] == by_name["Passed"]["y"][-1] == 56
    texts = [label["text"] for label in figure["layout"]["annotations"]]
    assert "today" in texts
    assert any("due 24 Nov" in text for text in texts)
    assert any("On the due date: 60 to 80" in text for text in texts)
    assert figure["days"][-1]["forecast"] == "60 to 80"


def test_a_due_date_far_away_leaves_room_for_the_lines():
    figure = burn_up_of(due=date(2027, 11, 24))
    assert not any("due" in label["text"] for label in figure["layout"]["annotations"])
    assert figure["layout"]["xaxis"]["range"][1] < "2026-12-01"


def test_growth_is_named_where_it_happened():
    figure = burn_up_of(growth=Growth(day=date(2026, 11, 12), tests=180))
    texts = [label["text"] for label in figure["layout"]["annotations"]]
    assert "<b>+180</b> on 12 Nov" in texts


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(2140, [0, 500, 1000, 1500, 2000]), (7, [0, 2, 4, 6]), (1, [0, 1]), (0, [0])],
)
def test_ticks_are_round(top, ticks):
    assert ticks_to(top) == ticks


# --- the list ----------------------------------------------------------------------


def test_open_milestones_stand_first_soonest_due_before_the_others(client, project):
    for name, state, due in (
        ("done lately", "completed", 3),
        ("done long ago", "completed", 90),
        ("later", "open", -30),
        ("sooner", "open", -5),
        ("no date", "open", None),
    ):
        at = None if due is None else noon(due)
        factories.make_milestone(project, name, state=state, due_at=at)
    html = html_of(client, "/milestones/")
    names = re.findall(r'class="nm trunc"[^>]*>([^<]*)<', html)
    assert names == ["sooner", "later", "no date", "done lately", "done long ago"]


def test_the_list_says_how_far_each_is_and_whether_at_risk(client, release):
    due_on(release, (TODAY + 2 * DAY).date())
    html = html_of(client, "/milestones/")
    said = plain(html)
    assert "At risk" in said
    assert re.search(r"Likely \d+ (to \d+ )?days? late\.", said)
    found = progress(release.pk, Filters())
    passed, scope = doors(html)
    for door, value in ((passed, found.counts.passed), (scope, found.scope)):
        assert door.value == value == count_of(html_of(client, door.href))
    assert f"{100 * found.passed_share:.1f}%" in said


def test_pages_of_milestones_follow_each_other(client, project):
    for number in range(60):
        due = noon(-number // 2)
        factories.make_milestone(project, f"m{number:02}", due_at=due)
    first = html_of(client, "/milestones/")
    following = unescape(re.search(r'href="([^"]*)" rel="next"', first)[1])
    assert rows_of(first) + rows_of(html_of(client, following)) == 60


def test_without_any_milestone_the_list_says_so(client, project):
    factories.make_run(project)
    html = html_of(client, "/milestones/?q=nothing")
    assert "No milestone matches" in html


def test_queries_do_not_grow_with_milestones_tests_or_runs(client, project, release):
    def asked(path, *, is_first):
        if is_first:
            cache.clear()
        with CaptureQueriesContext(connection) as queries:
            html_of(client, path)
        return len(queries)

    def all_asked():
        paths = ("/milestones/", page_of(release))
        return [asked(p, is_first=first) for p in paths for first in (True, False)]

    few = all_asked()
    for number in range(12):
        more = factories.make_milestone(project, f"m{number}", due_at=noon(-9))
        executed(project, more, "PF" * 8, days_ago=3)
        executed(project, release, "PF" * 8, days_ago=3)
    assert all_asked() == few
    assert max(few[1::2]) < 25


# --- what people do ----------------------------------------------------------------


def test_a_reader_sees_no_form(client, release):
    factories.make_milestone(factories.make_project(), "Sprint 12")
    html = html_of(client, page_of(release))
    assert "Made of" in html
    assert 'method="post" action="/milestones/' not in html


def test_a_person_joins_another_milestone_to_this_one(release):
    sprint = factories.make_milestone(factories.make_project(), "Sprint 12")
    mara = logged_in(person())
    html = html_of(mara, page_of(release))
    assert f'<option value="{sprint.pk}">Sprint 12</option>' in html
    answer = mara.post(f"/milestones/{release.pk}/join/", {"other": sprint.pk})
    assert answer.url == f"/milestones/{release.pk}/"
    html = html_of(mara, answer.url)
    assert "Sprint 12 is part of v26.12 now." in html
    assert "3 milestones of 2 tools, 1 of them placed by a person" in plain(html)
    assert "placed by mara," in html
    assert not Milestone.objects.filter(pk=sprint.pk).exists()


def test_a_person_splits_a_part_off(release, other):
    member = MilestoneMember.objects.get(project=other)
    mara = logged_in(person())
    assert f'name="member" value="{member.pk}"' in html_of(mara, page_of(release))
    answer = mara.post(f"/milestones/{release.pk}/split/", {"member": member.pk})
    member.refresh_from_db()
    assert answer.url == f"/milestones/{member.milestone_id}/"
    assert member.milestone_id != release.pk
    said = plain(html_of(mara, answer.url))
    assert "v26.12 is a milestone of its own now." in said
    assert progress(member.milestone_id, Filters()).scope == 8


def test_what_cannot_be_done_is_said(release):
    mara = logged_in(person())
    mara.post(f"/milestones/{release.pk}/join/", {"other": release.pk})
    assert "A milestone cannot be joined to itself." in html_of(mara, page_of(release))
    for action, fields in (("join", {}), ("split", {"member": "x"})):
        answer = mara.post(f"/milestones/{release.pk}/{action}/", fields)
        assert answer.status_code == 404


def test_only_people_who_are_logged_in_join_and_split(client, release):
    person()
    sprint = factories.make_milestone(factories.make_project(), "Sprint 12")
    member = MilestoneMember.objects.filter(milestone=release).first()
    for action, fields in (
        ("join", {"other": sprint.pk}),
        ("split", {"member": member.pk}),
    ):
        answer = client.post(f"/milestones/{release.pk}/{action}/", fields)
        assert answer.url.startswith("/login/")
        assert client.get(f"/milestones/{release.pk}/{action}/").status_code == 405
    assert Milestone.objects.filter(pk=sprint.pk).exists()
    assert "Sprint 12" not in text_of(client.get(page_of(release)))
