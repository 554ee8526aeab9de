"""The page of one test, as its readers get it over HTTP."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from math import ceil, floor

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from dashboard.annotations import same_tests
from dashboard.filters import Filters
from dashboard.metrics.executions import executions, first_run
from dashboard.metrics.flaky import flakiness_by_case
from dashboard.metrics.other_flaky_rules import RULES
from dashboard.pages.cases.text import how_often, kind_of
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.slow import slow_cases
from dashboard.ui.charts.scatter import (
    Point,
    duration_ticks,
    running_median,
    sampled,
    scatter,
)
from ingest.models import Case, Result, ResultText
from ingest.models.results import ORDINALS
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of
from tests.dashboard.page_reader import logged_in, person, text_of
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TIMEOUT = "TimeoutError: frame 'pay' did not attach within {} ms\n at pay.ts:41"
# So often that a hundred runs lie in the window.
THREE_HOURS = timedelta(hours=3)
COUNTS = ("results", "failed", "error", "pass_rate")


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True
    cache.clear()


@pytest.fixture
def project():
    connection_ = factories.make_connection("Testmo", vendor="testmo")
    return factories.make_project(connection_, name="Web shop")


def told(project, letters, *, case="Pay by card", message=TIMEOUT, **values):
    """A run for each letter; failures say the same with another number in it."""
    runs = factories.make_history(project, letters, case=case, **values)
    for number, run in enumerate(runs):
        if letters[number] in "FE" and message:
            factories.make_texts(run.results.all(), message.format(30_000 + number))
    return Case.objects.get(name=case, project=project)


def page(client, case, query="") -> str:
    return text_of(client.get(f"/cases/{case.pk}/{query}"))


def value(html: str, metric: str) -> float | None:
    """The unrounded value of a tile."""
    found = re.search(rf'data-metric="{metric}" data-value="([^"]*)"', html)
    assert found, metric
    return float(found[1]) if found[1] else None


def test_each_count_leads_to_exactly_its_rows(client, project):
    case = told(project, "PPFPEPPFPSPPPFPBPPPPFPPP")
    html = html_of(client, f"/cases/{case.pk}/")
    counted = [door for door in doors(html) if door.metric in COUNTS]
    assert {door.metric for door in counted} == {*COUNTS}
    for door in counted:
        rows = door.value
        if door.metric == "pass_rate":
            rows = int(re.search(r"of ([\d,]+) ", door.title)[1])
        assert count_of(html_of(client, door.href)) == rows, door


def test_the_tiles_are_the_metrics_of_this_test_alone(client, project):
    case = told(project, "PFPPFPPFPPPFPP")
    told(project, "FFFFF", case="another")
    filters = Filters(project=(project.pk,), case=(case.pk,), now=NOW)
    flaky = flakiness_by_case(filters, [case.pk])[case.pk]
    (slow,) = slow_cases(filters)
    html = page(client, case)
    assert value(html, "pass_rate") == 10 / 14
    assert value(html, "results") == 14
    assert value(html, "rate") == flaky.rate
    assert value(html, "p50_ms") == slow.p50_ms
    assert value(html, "time_lost_ms") == flaky.time_lost_ms
    assert f"{floor(100 * flaky.low)}–{ceil(100 * flaky.high)}" in html


def test_the_pass_rate_is_compared_with_the_window_before(client, project):
    before = NOW - timedelta(days=31)
    told(project, "FFPP", until=before)
    case = told(project, "PPPP")
    html = page(client, case)
    assert "from 50.0%" in html
    deltas = [node.text().split() for node in LexborHTMLParser(html).css(".delta.good")]
    assert ["50.0", "pts"] in deltas


def test_the_first_run_is_told_with_its_commit_whatever_the_window(client, project):
    run = factories.make_run(
        project, started_at=NOW - timedelta(days=200), commit="1be90f2aaa"
    )
    factories.make_results(run, "P", cases=["Pay by card"])
    case = told(project, "PP")
    html = page(client, case, "?window=7d")
    assert first_run(case).run == run.pk
    assert f'href="/runs/{run.pk}/"' in html
    assert "commit 1be90f2" in html


def test_a_flaky_test_fails_about_every_third_time_on_the_same_timeout(client, project):
    case = told(project, "PPFPPFPPFPPFPPFPPFPP")
    html = page(client, case)
    assert "Fails about every third time, mostly on the same timeout." not in html
    assert "Fails about every third time, always on the same timeout." in html
    assert re.search(r'<span class="pill flaky">.*?Flaky, score \d+</span>', html)


def test_a_failing_test_says_for_how_many_runs_and_since_when(client, project):
    case = told(project, "PPPPPFFF")
    (streak,) = failing_cases(Filters(case=(case.pk,), now=NOW))
    html = page(client, case)
    assert "Failing for 3 runs, always on the same timeout." in html
    assert f'href="/runs/{streak.since_run}/"' in html
    assert '<span class="pill fail">' in html


def test_a_test_that_never_failed_is_never_called_stable(client, project):
    case = told(project, "P" * 20)
    html = page(client, case)
    assert "Passed every time in 20 decided results." in html
    assert "its flake rate is below 14.0% (95 %)" in html
    assert value(html, "flaky_upper_bound") == pytest.approx(1 - 0.05 ** (1 / 20))
    assert "stable" not in html.lower()
    assert "No failure in this time" in html


def test_a_test_with_one_result_says_how_little_that_is(client, project):
    case = told(project, "P")
    html = page(client, case)
    assert "Passed every time in 1 decided result." in html
    assert "below 95.0% (95 %)" in html


def test_failures_stand_together_by_what_they_say(client, project):
    case = told(project, "PFPFPFPPEP")
    ResultText.objects.filter(message__contains="30008").update(
        message="net::ERR_CONNECTION_RESET"
    )
    html = html_of(client, f"/cases/{case.pk}/")
    card = html.partition('id="failures"')[2].partition("</section>")[0]
    groups = card.split("<details")[1:]
    assert "4 failures, 2 signatures" in card
    assert "30005 ms" in groups[0]
    assert " open>" in groups[0]
    assert "75%" in groups[0]
    assert "25%" in groups[1]
    assert "net::ERR_CONNECTION_RESET" in groups[1]
    assert " open>" not in groups[1]
    found = [d for d in doors(card) if d.metric == "results"]
    assert [door.value for door in found] == [3, 1]
    for door in found:
        assert count_of(html_of(client, door.href)) == door.value


def test_failures_without_a_message_are_a_group_too(client, project):
    case = told(project, "PFPF", message="")
    html = html_of(client, f"/cases/{case.pk}/")
    card = html.partition('id="failures"')[2].partition("</section>")[0]
    assert "Testmo sends no message" in card
    (door,) = [d for d in doors(card) if d.metric == "results"]
    assert (door.value, count_of(html_of(client, door.href))) == (2, 2)


def test_every_rule_has_its_say_and_its_figure(client, project):
    case = told(project, "PFPPFPPFPPPFPPPF")
    html = page(client, case)
    card = html.partition('id="second-opinions"')[2].partition("</section>")[0]
    for rule in RULES.values():
        assert rule.label in card
    assert card.count("<tr") == len(RULES) + 2
    assert "re-implementations of public descriptions" in card


def test_the_proof_of_a_fix_tells_the_passes_needed(client, project):
    case = told(project, "PFPPFPPFPPPFPPPF" + "P" * 5)
    html = page(client, case)
    assert re.search(r"5 of \d+ passes needed\.", html)
    assert "Proof of a fix" not in page(client, told(project, "PPPP", case="fine"))


def test_the_page_obeys_each_filter(client, project):
    case = told(project, "PPPP", configuration="Chrome", branch="main", source="web")
    told(project, "FFF", configuration="Firefox", branch="dev", source="api")
    for query, rate in [
        ("configuration=Chrome", 1.0),
        ("configuration=Firefox", 0.0),
        ("source=web", 1.0),
        ("branch=dev", 0.0),
        ("tool=testmo", 4 / 7),
    ]:
        html = page(client, case, f"?{query}")
        assert value(html, "pass_rate") == rate, query
    assert "No result matches these filters" in page(client, case, "?tool=qatech")


def test_a_milestone_and_a_time_narrow_the_page(client, project):
    release = factories.make_milestone(project, "v26.11")
    case = told(project, "PP", milestones=[release])
    told(project, "FF")
    html = page(client, case, f"?milestone={release.pk}")
    assert value(html, "results") == 2
    old = NOW - timedelta(days=60)
    told(project, "FFFFF", until=old)
    html = page(
        client,
        case,
        f"?since={(old - timedelta(days=9)).date()}&until={old.date() + timedelta(days=1)}",
    )
    assert value(html, "results") == 5


def test_another_project_in_the_chip_leads_to_its_tests(client, project):
    case = told(project, "P")
    answer = client.get(f"/cases/{case.pk}/?project=999998&project=999999")
    assert (answer.status_code, answer.url) == (
        302,
        "/cases/?project=999998&project=999999",
    )


def test_a_test_that_did_not_run_says_when_it_last_did(client, project):
    case = told(project, "PF", until=NOW - timedelta(days=50))
    Case.objects.update(last_seen_at=NOW - timedelta(days=50))
    html = page(client, case)
    assert "Nothing ran in this time" in html
    assert f'href="/cases/{case.pk}/?window=90d"' in html
    assert "plot-executions" not in html
    assert 'id="remarks"' in html


def test_skipped_results_alone_decide_nothing(client, project):
    html = page(client, told(project, "SSU"))
    assert "No result of this test was decided in this time." in html
    assert "no automated result decided" in html
    assert "Nothing to judge" in html


def test_a_linked_test_stands_beside_with_its_own_figures(client, project):
    case = told(project, "PFPFPFPFPF")
    tool = factories.make_connection("Testomat.io", vendor="testomatio")
    app = factories.make_project(tool, name="iOS app")
    other = told(app, "FPPP", case="Card payment")
    html = page(client, case)
    assert "The same test passes in" not in html
    same_tests.link(case, other, by="mara")
    html = html_of(client, f"/cases/{case.pk}/")
    assert "The same test passes in" in html
    assert "by mara" not in html
    known = logged_in(person())
    html = html_of(known, f"/cases/{case.pk}/")
    card = html.partition('id="same-tests"')[2].partition("</section>")[0]
    rates = [door for door in doors(card) if door.metric == "pass_rate"]
    assert [door.value for door in rates] == [0.5, 0.75]
    assert [count_of(html_of(client, door.href)) for door in rates] == [10, 4]
    assert "by mara" in card
    assert re.search(r"\d+% match", card)


def drawn(html: str) -> dict:
    found = re.search(
        r'id="rows-executions" type="application/json">(.*?)</script>', html
    )
    return json.loads(found[1])


def test_the_chart_draws_every_execution_and_opens_its_run(client, project):
    case = told(project, "PPFPESPPPPPPB")
    html = client.get(f"/cases/{case.pk}/").content.decode()
    chart = drawn(html)
    points = {
        trace["name"]: trace["customdata"]
        for trace in chart["data"]
        if "customdata" in trace
    }
    counts = {name: len(ids) for name, ids in points.items()}
    assert counts == {"Passed": 9, "Skipped": 1, "Blocked": 1, "Error": 1, "Failed": 1}
    (failed,) = Result.objects.filter(status=2)
    assert points["Failed"] == [failed.run_id * ORDINALS + failed.ordinal]
    assert chart["path"] == "/results/"
    rows = LexborHTMLParser(html).css("#table-executions tbody tr")
    assert len(rows) == 13


def point(minute: int, outcome: str = "passed", ms: int | None = 1000) -> Point:
    return Point(
        at=NOW + timedelta(minutes=minute),
        outcome=outcome,
        duration_ms=ms,
        result=minute,
    )


def test_above_two_thousand_points_only_passed_ones_are_sampled():
    points = [point(n, "failed" if n % 50 == 0 else "passed") for n in range(5000)]
    kept = sampled(points)
    assert len(kept) == 2000
    assert sum(one.outcome == "failed" for one in kept) == 100
    assert kept == sorted(kept, key=lambda one: one.at)
    assert kept[-1] == points[-1]
    gaps = [b.result - a.result for a, b in zip(kept, kept[1:], strict=False)]
    assert max(gaps) <= 3
    assert sampled(points[:2000]) == points[:2000]


def test_when_most_failed_all_failures_and_a_pass_are_drawn():
    points = [point(n, "failed") for n in range(3000)] + [point(3000), point(3001)]
    kept = sampled(points)
    assert [one.result for one in kept] == [*range(3000), 3001]


def test_the_page_says_when_points_are_a_sample(client, project, monkeypatch):
    case = told(project, "PPFPPPPPPP")
    monkeypatch.setattr(
        "dashboard.pages.cases.executions.sampled", lambda p: sampled(p, 5)
    )
    words = " ".join(page(client, case).split())
    assert "10, by outcome and duration; 5 drawn: all that did not pass" in words


def test_the_running_median_needs_ten_durations_and_follows_them():
    assert running_median([point(n) for n in range(9)]) == []
    assert running_median([point(n, ms=None) for n in range(50)]) == []
    line = running_median([point(n, ms=1000 if n < 60 else 3000) for n in range(120)])
    assert line[0] == (NOW, 1000)
    assert line[-1] == (NOW + timedelta(minutes=119), 3000)
    assert [ms for _, ms in line] == sorted(ms for _, ms in line)


@pytest.mark.parametrize(
    ("longest", "ticks"),
    [
        (0, [0, 100]),
        (90_000, [0, 30_000, 60_000, 90_000]),
        (48_000, [0, 15_000, 30_000, 45_000, 60_000]),
        (350, [0, 100, 200, 300, 400]),
        (5 * 86_400_000, [0, 108_000_000, 216_000_000, 324_000_000, 432_000_000]),
    ],
)
def test_ticks_are_round_durations(longest, ticks):
    assert duration_ticks(longest) == ticks


@pytest.mark.parametrize("longest", [0, 99, 101, 8_400, 61_000, 5 * 86_400_000 + 1])
def test_no_point_lies_above_the_last_tick(longest):
    *_, last = duration_ticks(longest)
    axis = scatter([point(0, ms=longest)], since=NOW, until=NOW)["layout"]["yaxis"]
    assert axis["tickvals"][-1] == last >= longest
    assert axis["range"][1] > last


def test_an_unknown_duration_lies_at_zero_and_says_so():
    chart = scatter([point(1, ms=None)], since=NOW, until=NOW + timedelta(days=1))
    assert chart["data"][0]["y"] == [0]
    assert chart["data"][0]["text"] == ["duration unknown"]


def test_executions_are_in_the_order_of_series(project):
    at = NOW - timedelta(hours=2)
    for external_id, letter in (("b", "F"), ("a", "P"), ("c", "S")):
        run = factories.make_run(project, external_id=external_id, started_at=at)
        factories.make_results(run, letter, cases=["x"])
    case = Case.objects.get()
    found = executions(Filters(now=NOW), case, Filters(now=NOW).window())
    assert [one.run_external_id for one in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("bad", "decided", "said"),
    [
        (10, 10, "every time"),
        (9, 10, "nearly every time"),
        (7, 10, "two times out of three"),
        (5, 10, "about every second time"),
        (33, 100, "about every third time"),
        (1, 10, "about every tenth time"),
        (1, 25, "about once in 25 results"),
    ],
)
def test_how_often_a_test_fails_reads_as_a_person_says_it(bad, decided, said):
    assert how_often(bad, decided) == said


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("TimeoutError: waited 3 s", "timeout"),
        ("Timed out after 3 s", "timeout"),
        ("AssertionError: 1 != 2\nTimeout", "assertion"),
        ("net::ERR_CONNECTION_RESET", "connection error"),
        ("strict mode violation: locator('x')", "missing element"),
        ("Boom", "message"),
    ],
)
def test_a_message_is_named_by_what_it_is_about(message, kind):
    assert kind_of(message) == kind


def test_one_signature_above_60_per_cent_is_what_it_mostly_fails_on(client, project):
    for case, others, end in (
        ("mostly", 3, ", mostly on the same timeout."),
        ("partly", 4, "."),
    ):
        test = told(project, "PPF" * (6 + others), case=case)
        failed = ResultText.objects.filter(run__results__case=test)
        for number, text in enumerate(failed.order_by("pk")[:others]):
            ResultText.objects.filter(pk=text.pk).update(message="Boom " + "x" * number)
        assert sentence(client, test) == f"Fails about every third time{end}"


def sentence(client, case) -> str:
    """What opens the page."""
    verdict = LexborHTMLParser(page(client, case)).css_first(".verdict")
    return " ".join(verdict.text().split())


def test_few_events_are_too_few_to_call_a_test_flaky(client, project):
    case = told(project, "P" * 60 + "FP" + "P" * 38, every=THREE_HOURS)
    assert sentence(client, case) == (
        "Passes now, failed 1 time in 100 decided results. 1 flake event, too few to "
        "call it flaky."
    )
    case = told(project, "FFFF" + "P" * 96, case="mended", every=THREE_HOURS)
    assert re.fullmatch(
        r"Passes now, failed 4 times in 100 decided results\. No flake seen: its flake "
        r"rate is below \d\.\d% \(95 %\)\.",
        sentence(client, case),
    )


def test_the_number_of_queries_does_not_grow_with_the_results(client, project):
    case = told(project, "PFPPFPPF")
    other = told(factories.make_project(name="iOS"), "PF")
    same_tests.link(case, other, by="mara")
    page(client, case)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        page(client, case)
    told(project, "PFPPFP" * 8, every=timedelta(hours=3))
    for number in range(5):
        told(factories.make_project(name=f"p{number}"), "P")
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        page(client, case)
    # A dozen of them are for the frame, whose counts are not in the cache.
    assert len(many) <= len(few) <= 50


@pytest.mark.django_db(transaction=True)
def test_one_part_that_fails_leaves_the_others_whole(client, project):
    case = told(project, "PFPFPF")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE dashboard_othercase RENAME TO gone")
    try:
        html = page(client, case)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO dashboard_othercase")
    assert "The matches did not load." in html
    assert value(html, "results") == 6


def test_a_name_of_200_characters_is_whole_on_its_page(client, project):
    name = ("A test with a name of <b>many</b> words " * 6)[:200].strip()
    case = told(project, "P", case=name)
    assert f"<h1>{name}</h1>" in page(client, case)
    assert "<b>many</b>" not in client.get(f"/cases/{case.pk}/").content.decode()
