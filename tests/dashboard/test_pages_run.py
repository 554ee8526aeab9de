"""The page of one run, as its readers get it over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from dashboard.filters import strict
from dashboard.lists import RESULTS
from dashboard.metrics.compare import compared
from dashboard.metrics.flaky import is_left_out
from dashboard.metrics.run_before import next_run, previous_run
from dashboard.models import RunJudgement
from ingest.contract import Counts
from ingest.masking import signature
from ingest.models import Configuration, Project, Reject, Result, Run
from ingest.signatures import sign_messages
from tests.dashboard.pages import form_of, logged_in, person, text_of
from tests.dashboard.printed import Printed, listed, part
from tests.factories import (
    NOW,
    link_milestone,
    make_connection,
    make_history,
    make_milestone,
    make_project,
    make_results,
    make_run,
    make_texts,
    make_thread,
    remove,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _open(settings):
    settings.PUBLIC_READ = True


@pytest.fixture
def project():
    return make_project(make_connection(vendor="testmo"))


@pytest.fixture
def get(client):
    def get(address, status=200):
        answer = client.get(address.partition("#")[0])
        assert answer.status_code == status
        return text_of(answer)

    return get


def page_of(run, query=""):
    return f"/runs/{run.pk}/{query}"


def judged(client, run, **fields):
    return text_of(client.post(page_of(run, "judge/"), fields, follow=True))


def test_an_outage_is_put_back_and_left_out_again_with_who_and_why(project, get):
    run = make_run(project, is_outage=True, status="failed")
    make_results(run, "F" * 20)
    mara = logged_in(person("mara"))
    page = text_of(mara.get(page_of(run)))
    assert "This run counts as an outage." in page
    form = form_of(page, page_of(run, "judge/"))
    assert form.fields == {"verdict": "kept", "reason": "", "seen": "0"}
    said = judged(mara, run, verdict="kept", reason="A real regression")
    assert "mara put this outage back just now." in said
    assert "A real regression. Flakiness goes by it" in said
    assert Run.objects.filter(is_left_out()).count() == 0
    row = get(f"/api/v1/runs/{run.pk}/")
    assert '"outage":true' in row
    assert '"excluded":false' in row
    form = form_of(said, page_of(run, "judge/"))
    assert form.fields.keys() == {"verdict", "seen"}
    assert form.fields["verdict"] == "rule"
    assert "This run counts as an outage." in judged(mara, run, **form.fields)


def test_a_run_is_excluded_with_a_reason_and_taken_back_in(project, get):
    run = make_run(project)
    make_results(run, "PF")
    version = Project.objects.get(pk=project.pk).version
    mara = logged_in(person("mara"))
    refused = judged(mara, run, verdict="excluded", reason="  ")
    assert "Say why, for those who wonder later." in refused
    assert not RunJudgement.objects.exists()
    said = judged(mara, run, verdict="excluded", reason="Disk was full")
    assert "mara excluded this run just now." in said
    assert "Disk was full. It is left out of flakiness" in said
    assert Project.objects.get(pk=project.pk).version == version + 1
    assert '"excluded":true' in get(f"/api/v1/runs/{run.pk}/")
    assert ">excluded</span>" in get("/runs/")
    judged(mara, run, verdict="rule")
    assert not RunJudgement.objects.exists()
    assert Project.objects.get(pk=project.pk).version == version + 2


def test_what_cannot_be_said_of_a_run_is_refused(project):
    run = make_run(project)
    mara = logged_in(person("mara"))
    assert "This run is no outage" in judged(mara, run, verdict="kept")
    assert "Choose what to do" in judged(mara, run, verdict="perhaps")
    assert mara.get(page_of(run, "judge/")).status_code == 405
    assert mara.post("/runs/999999/judge/").status_code == 404
    assert not RunJudgement.objects.exists()


def test_readers_and_manual_runs_have_no_form_to_judge(project, client, get):
    person()
    run, manual = make_run(project, is_outage=True), make_run(project, kind="manual")
    make_results(run, "F" * 20)
    assert "This run counts as an outage." in get(page_of(run))
    assert "judge/" not in get(page_of(run))
    answer = client.post(page_of(run, "judge/"), {"verdict": "kept"})
    assert answer.headers["Location"].startswith("/login/")
    assert not RunJudgement.objects.exists()
    mara = logged_in(person("mara 2"))
    assert "judge/" in text_of(mara.get(page_of(run)))
    assert "judge/" not in text_of(mara.get(page_of(manual)))


def test_a_failure_of_a_flaky_case_is_called_flaky_instead_of_new(project, get):
    values = {"until": NOW - 5 * HOUR, "every": HOUR, "branch": "main"}
    make_history(project, "PPFPPPFPPP", case="at times", **values)
    make_history(project, "PPPPPPPPPP", case="never before", **values)
    for hours, letters in ((4, "PP"), (2, "FF")):
        at = NOW - hours * HOUR
        head = make_run(
            project,
            branch="main",
            started_at=at,
            finished_at=at + HOUR,
            status="failed",
        )
        make_results(head, letters, cases=["at times", "never before"])
    table = part(get(page_of(head)), "results")
    rows = table.split("<tr data-row>")[1:]
    flaky, other = sorted(rows, key=lambda row: "never before" in row)
    assert ">flaky</span>" in re.sub(r"<svg.*?</svg>", "", flaky)
    assert "newly failing; flakes in" in flaky
    assert "newly failing" in other
    assert "flakes in" not in other


def two_runs(project, before, after, **values):
    """Two runs in a row, their results in the order of "case 1", "case 2", …"""
    base = make_run(
        project,
        started_at=NOW - 4 * HOUR,
        finished_at=NOW - 3 * HOUR,
        **values,
    )
    make_results(base, before)
    head = make_run(
        project, started_at=NOW - 2 * HOUR, finished_at=NOW - HOUR, **values
    )
    make_results(head, after, message="TimeoutError: not within 15000 ms")
    return base, head


def results_of(html):
    return part(html, "results")


def total_in(html):
    """The m and n of "m of n" over the table."""
    found = re.search(r"<h2>Results</h2><span[^>]*>([\d,]+) of ([\d,]+)", html)
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


# --- numbers and their doors -------------------------------------------------------


def test_each_count_opens_exactly_its_rows(project, get):
    run = make_run(project, status="failed")
    make_results(run, "PPPFFESSBUR?")
    doors = Printed(part(get(page_of(run)), "outcomes")).doors
    counts = {door.metric: door.value for door in doors}
    assert counts == {
        "failed": 2,
        "error": 1,
        "blocked": 1,
        "skipped": 2,
        "untested": 1,
        "running": 1,
        "unknown": 1,
        "passed": 3,
        "decided": 6,
    }
    for door in doors:
        html = get(door.href)
        assert total_in(html) == (door.value, 12)
        assert Printed(results_of(html)).rows == door.value


def test_a_failed_run_lists_what_did_not_pass_and_all_is_one_click_away(project, get):
    run = make_run(project)
    make_results(run, "PPFE")
    html = get(page_of(run))
    assert Printed(results_of(html)).rows == 2
    assert Printed(results_of(get(page_of(run, "?status=all")))).rows == 4


def test_a_run_without_failures_lists_everything(project, get):
    run = make_run(project)
    make_results(run, "PPS")
    assert total_in(get(page_of(run))) == (3, 3)


def test_status_toggles_add_up_and_take_away(project, get):
    run = make_run(project)
    make_results(run, "PPFEB")
    html = results_of(get(page_of(run, "?status=failed")))
    links = re.findall(r'<a href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?([A-Z]\w+ \d)', html)
    by_text = {text: href for href, text in links}
    added = get(by_text["Blocked 1"])
    assert total_in(added) == (2, 5)
    assert total_in(get(by_text["Failed 1"])) == (5, 5)


def test_a_search_finds_names_folders_and_keys_and_keeps_the_statuses(project, get):
    run = make_run(project)
    make_results(run, "PFF", cases=["pay by card", "pay by cash", "log in"])
    assert total_in(get(page_of(run, "?q=PAY")))[0] == 1
    assert total_in(get(page_of(run, "?q=pay&status=all")))[0] == 2
    assert total_in(get(page_of(run, "?q=checkout&status=all")))[0] == 3


def test_a_page_holds_fifty_rows_and_leads_to_the_next(project, get):
    run = make_run(project)
    make_results(run, "P" * 60)
    html = get(page_of(run))
    assert Printed(results_of(html)).rows == 50
    assert "1–50 of 60" in html
    following = re.search(r'href="([^"]+)" rel="next"', html)[1]
    assert Printed(results_of(get(following))).rows == 10
    assert Printed(results_of(get(page_of(run, "?page=99")))).rows == 10


def test_the_order_is_part_of_the_address(project, get):
    run = make_run(project)
    make_results(run, "P", cases=["quick"], duration_ms=1000)
    make_results(run, "P", cases=["slow"], duration_ms=9000)
    make_results(run, "P", cases=["nobody knows"], duration_ms=None)
    html = results_of(get(page_of(run, "?sort=-duration_ms")))
    assert html.index("slow") < html.index("quick") < html.index("nobody knows")
    html = results_of(get(page_of(run, "?sort=duration_ms")))
    assert html.index("quick") < html.index("slow") < html.index("nobody knows")


def test_attempts_before_the_final_one_are_told_and_listed(project, get):
    run = make_run(project)
    times = [NOW, NOW + SECOND, NOW + 2 * SECOND, NOW]
    make_results(run, "FEPP", cases=["shaky", "shaky", "shaky", "calm"], at=times)
    Run.objects.filter(pk=run.pk).update(attempts_passed=2, attempts_not_passed=2)
    html = get(page_of(run))
    assert total_in(html) == (2, 2)
    assert "attempt 3, before: failed, error" in html
    html = get(page_of(run, "?attempts=all"))
    assert "4 attempts of 2 tests" in html
    assert Printed(results_of(html)).rows == 4
    assert "attempt 1, not final" in html


def test_removed_results_are_nowhere(project, get):
    run = make_run(project)
    results = make_results(run, "PPF")
    remove(results[2:])
    html = get(page_of(run, "?status=all"))
    assert total_in(html) == (2, 2)


# --- against the run before --------------------------------------------------------


def test_the_run_before_has_the_same_source_configuration_and_branch(project):
    same = {"source": "web", "configuration": "Chrome", "branch": "main"}
    times = {"started_at": NOW - 9 * HOUR, "finished_at": NOW - 8 * HOUR}
    early = {"started_at": NOW - 12 * HOUR, "finished_at": NOW - 11 * HOUR}
    wanted = make_run(project, **same, **times)
    make_run(project, **same, **early)
    make_run(project, **(same | {"source": "api"}), **times)
    make_run(project, **(same | {"configuration": "Firefox"}), **times)
    make_run(project, **(same | {"branch": "other"}), **times)
    make_run(project, branch="main", **times)
    make_run(project, **same, **times, removed_at=NOW)
    make_run(make_project(), **same, **times)
    run = make_run(project, **same, started_at=NOW - HOUR, finished_at=NOW)
    assert previous_run(run) == wanted
    assert next_run(wanted) == run
    assert next_run(run) is None


def test_a_run_that_had_not_ended_yet_is_not_the_run_before(project):
    make_run(project, started_at=NOW - 3 * HOUR, finished_at=NOW - HOUR)
    make_run(project, started_at=NOW - 3 * HOUR, finished_at=None)
    run = make_run(project, started_at=NOW - 2 * HOUR, finished_at=NOW)
    assert previous_run(run) is None


def test_an_alias_of_a_configuration_is_the_same_one(project):
    before = make_run(project, configuration="Chrome 126", finished_at=NOW - 2 * HOUR)
    run = make_run(project, configuration="Chrome 127", started_at=NOW - HOUR)
    assert previous_run(run) is None
    old, new = Configuration.objects.order_by("name")
    Configuration.objects.filter(pk=old.pk).update(alias_of=new)
    run = Run.objects.select_related("configuration").get(pk=run.pk)
    assert previous_run(run) == before


def test_cases_fall_into_the_seven_categories(project):
    before = "PFFPUSFU"
    after = "FPFPFPSS"
    base, head = two_runs(project, before, after)
    found = compared(base, head)
    assert found.counts == {
        "regression": 1,
        "fixed": 1,
        "still_failing": 1,
        "still_passing": 1,
        "new_failure": 1,
        "new_pass": 1,
        "gone": 1,
    }
    names = dict(project.cases.values_list("pk", "name"))
    listed = {
        category: [names[case] for case in cases]
        for category, cases in found.cases.items()
    }
    assert listed == {
        "regression": ["case 1"],
        "fixed": ["case 2"],
        "still_failing": ["case 3"],
        "new_failure": ["case 5"],
    }


def test_a_run_with_totals_only_cannot_be_compared(project):
    base = make_run(project, counts=Counts(passed=3))
    with pytest.raises(ValueError, match="totals only"):
        compared(base, make_run(project))


def test_the_tabs_of_the_panel_open_their_rows(project, get):
    _, head = two_runs(project, "PPPFFFFP", "FFFPFFFP")
    html = get(page_of(head))
    tabs = Printed(html[html.index('class="vs-nums"') :][:3000]).doors
    values = {door.metric: door.value for door in tabs}
    assert values["regression"] == 3
    assert values["fixed"] == 1
    assert values["still_failing"] == 3
    for name in ("regression", "fixed", "still_failing"):
        opened = get(next(door.href for door in tabs if door.metric == name))
        assert total_in(opened) == (values[name], 8)


def test_newly_failing_tests_are_grouped_by_message_without_its_numbers(project, get):
    base = make_run(project, started_at=NOW - 3 * HOUR, finished_at=NOW - 2 * HOUR)
    make_results(base, "P" * 6)
    head = make_run(project, started_at=NOW - HOUR, finished_at=NOW)
    for row, result in enumerate(make_results(head, "F" * 5 + "E")):
        text = f"Timeout after {row} ms\nat line {row}" if row < 5 else "Reset by peer"
        make_texts([result], text)
    html = get(page_of(head))
    panel = part(html, "against")
    assert "5 tests" in panel
    assert "Reset by peer" in panel
    more = re.search(r'href="([^"]+)">2 more with this message', panel)[1]
    assert total_in(get(more.replace("&amp;", "&"))) == (5, 6)


def test_a_failure_is_in_the_same_group_as_among_all_failures(project, get):
    base = make_run(project, started_at=NOW - 3 * HOUR, finished_at=NOW - 2 * HOUR)
    make_results(base, "P" * 4)
    head = make_run(project, started_at=NOW - HOUR, finished_at=NOW)
    first, second, third, _ = make_results(head, "FFFF")
    make_texts([first], 'No "cart" at 0x1f\nline 3')
    sign_messages()
    make_texts([second], 'No "till" at 0xa2\nline 8')
    make_texts([third], "No cart")
    html = get(page_of(head))
    groups = {
        parse_qs(urlsplit(door.href).query)["signature"][0]: door
        for door in Printed(part(html, "against")).doors
        if "signature=" in door.href
    }
    both, alone = (str(signature(text)) for text in ('No "" at 0x1\nline 1', "No cart"))
    assert {name: door.value for name, door in groups.items()} == {
        both: 2,
        alone: 1,
        "none": 1,
    }
    among_all = {d.href: d.value for d in Printed(get("/failures/")).doors}
    for name, door in groups.items():
        assert total_in(get(door.href)) == (door.value, 4)
        assert door.value in [n for href, n in among_all.items() if name in href]
    everywhere = re.search(rf'href="(/results/[^"]*{both}[^"]*)"', html)[1]
    assert listed(get(everywhere)) == 2


def test_tests_that_are_new_and_fail_are_not_lost(project, get):
    base, head = two_runs(project, "P", "PFF")
    assert base
    html = get(page_of(head))
    assert "Failing, not in the run before" in html
    assert total_in(get(page_of(head, "?change=new_failure"))) == (2, 3)
    assert "new, failing" in html


def test_a_fixed_test_says_for_how_long_it_failed(project, get):
    make_history(
        project,
        "PFFP",
        every=timedelta(days=3),
        finished_at=None,
    )
    for run in Run.objects.all():
        Run.objects.filter(pk=run.pk).update(finished_at=run.started_at + SECOND)
    html = get(page_of(Run.objects.order_by("-at")[0]))
    assert "failed 6 days" in html


def test_a_streak_leads_to_exactly_its_results(project, get):
    values = {"configuration": "Chrome", "branch": "main"}
    runs = make_history(project, "PFFEF", finished_at=None, **values)
    make_history(project, "F", configuration="Firefox", branch="main")
    for run in runs:
        Run.objects.filter(pk=run.pk).update(finished_at=run.started_at + SECOND)
    door = Printed(get(page_of(runs[-1]))).door("streak")
    assert (door.value, door.text) == (4, "4 runs")
    query = QueryDict(urlsplit(door.href).query)
    assert RESULTS.select(strict(query, RESULTS.accepts)).count() == 4


def test_a_streak_that_no_list_can_show_alone_is_no_door(project, get):
    runs = make_history(project, "PFF", finished_at=None)
    make_history(project, "F", configuration="Firefox", until=NOW - 2 * HOUR)
    for run in runs:
        Run.objects.filter(pk=run.pk).update(finished_at=run.started_at + SECOND)
    printed = Printed(get(page_of(runs[-1])))
    assert printed.plain["streak"] == 2


def test_without_a_run_before_the_panel_says_why(project, get):
    run = make_run(project)
    make_results(run, "F")
    assert "No earlier run has this source" in get(page_of(run))
    before = make_run(
        project, counts=Counts(passed=9), finished_at=run.started_at - SECOND
    )
    html = get(page_of(run))
    assert "has totals only" in html
    assert page_of(before) in html


def test_a_strip_ends_with_this_run(project, get):
    runs = make_history(project, "PPFFF")
    html = results_of(get(page_of(runs[2])))
    strip = html[html.index('class="strip"') :]
    assert "last 3: 1 not passed" in strip
    assert f"/runs/{runs[2].pk}/?case=" in strip
    assert f"/runs/{runs[3].pk}/" not in strip


# --- threads -----------------------------------------------------------------------


def with_threads(project, ends_s, *, letters="P", spacing_s=10, **values):
    """A run whose threads each run tests of `spacing_s`, uploaded as they end."""
    run = make_run(project, started_at=NOW - HOUR, finished_at=NOW, **values)
    for number, ends in enumerate(ends_s):
        thread = make_thread(run, f"Thread {number + 1}")
        count = ends // spacing_s
        make_results(
            run,
            letters * (count // len(letters)),
            cases=[f"t{number} case {row}" for row in range(count)],
            at=[run.at + spacing_s * (row + 1) * SECOND for row in range(count)],
            duration_ms=1000 * spacing_s,
            thread=thread,
        )
    Run.objects.filter(pk=run.pk).update(thread_count=len(ends_s))
    return run


def test_lanes_stand_on_the_clock_of_the_run_and_name_the_slow_one(project, get):
    run = with_threads(project, [60, 60, 300])
    html = part(get(page_of(run)), "threads")
    assert "3 lanes, wall clock 5m 00s" in html
    assert "Thread 3 finished 4m 00s after the next slowest." in html
    assert html.count('class="lane"') == 3


def test_a_threads_number_opens_its_failures(project, get):
    run = with_threads(project, [40, 20], letters="PF")
    html = get(page_of(run))
    doors = Printed(part(html, "threads")).doors
    assert [door.value for door in doors] == [2, 1]
    for door in doors:
        assert total_in(get(door.href)) == (door.value, 6)


def test_times_of_a_batch_upload_are_not_drawn_as_if_tests_ran_then(project, get):
    run = with_threads(project, [60, 60])
    Result.objects.filter(run_id=run.pk).update(at=run.at + 70 * SECOND)
    html = part(get(page_of(run)), "threads")
    assert "Testmo does not tell when each test ran." in html
    assert "time by outcome, longest 1m 00s" in html


def test_more_than_sixteen_threads_fold_to_the_eight_slowest(project, get):
    run = with_threads(project, [10 * n for n in range(1, 19)])
    html = get(page_of(run))
    assert part(html, "threads").count('class="lane"') == 8
    more = re.search(r'href="([^"]+)">10 more', html)[1]
    assert part(get(more), "threads").count('class="lane"') == 18


def test_tests_that_overlap_without_threads_are_put_into_lanes(get):
    project = make_project(make_connection(vendor="qatech"))
    run = make_run(project)
    at = [run.at, run.at + SECOND, run.at + 5 * SECOND]
    make_results(run, "PPF", at=at, duration_ms=3900)
    html = part(get(page_of(run)), "threads")
    assert html.count('class="lane"') == 2
    assert "QA.tech names no threads." in html


def test_times_in_whole_seconds_do_not_make_neighbours_overlap(get):
    project = make_project(make_connection(vendor="testably"))
    run = make_run(project)
    ends = [run.at + 3 * SECOND * (row + 1) - SECOND * (row % 2) for row in range(9)]
    make_results(run, "P" * 9, at=ends, duration_ms=3000)
    assert part(get(page_of(run)), "threads").count('class="lane"') == 1


def test_without_threads_and_times_nothing_is_drawn(get):
    project = make_project(make_connection(vendor="testomatio"))
    run = make_run(project)
    make_results(run, "PP")
    html = part(get(page_of(run)), "threads")
    assert "tells neither threads nor when each test ran" in html
    assert 'class="lane"' not in html


def test_thousands_of_passed_blocks_are_merged_into_few(project, get):
    run = with_threads(project, [1050, 1050], spacing_s=1)
    Run.objects.filter(pk=run.pk).update(attempts_passed=2100)
    html = part(get(page_of(run)), "threads")
    assert len(html) < 5_000
    assert "1,050 tests" in html


# --- kinds of runs -----------------------------------------------------------------


def test_a_run_with_totals_only_has_no_empty_table_and_no_doors(project, get):
    run = make_run(project, counts=Counts(passed=402, failed=6))
    make_thread(run, "Thread 1", duration_ms=5000, passed=3, failed=1)
    Run.objects.filter(pk=run.pk).update(thread_count=1)
    html = get(page_of(run))
    assert Printed(html).plain["passed"] == 402
    assert Printed(part(html, "outcomes")).doors == []
    assert "<table" not in results_of(html)
    assert "Testmo gives totals only for this run" in html
    assert "Testmo gives each thread's totals only." in html


def test_totals_of_the_tool_that_differ_are_told_and_left_alone(project, get):
    stated = {"passed": 3, "failed": 2}
    run = make_run(project, vendor_counts=stated, finished_at=NOW)
    make_results(run, "PPPF")
    html = get(page_of(run))
    assert "Testmo states 5 results, 4 are stored." in html
    assert "Failed 2, here 1." in html
    run.refresh_from_db()
    assert run.vendor_counts == stated
    Run.objects.filter(pk=run.pk).update(vendor_counts={"passed": 3, "failed": 1})
    html = get(page_of(run))
    assert "Both numbers stay" not in html
    assert "agree" in html


def test_an_open_run_asks_again_and_an_ended_one_does_not(project, get):
    run = make_run(project, status="running", is_open=True)
    make_results(run, "PR")
    live = f'hx-get="/runs/{run.pk}/" hx-trigger="poll"'
    assert live in part(get(page_of(run)), "outcomes")
    Run.objects.filter(pk=run.pk).update(is_open=False, status="passed")
    assert live not in get(page_of(run))


def test_a_removed_run_an_outage_and_a_manual_run_are_marked(project, get):
    run = make_run(
        project, removed_at=NOW, is_outage=True, kind="manual", status="failed"
    )
    make_results(run, "F" * 20)
    html = get(page_of(run))
    assert "Testmo no longer has this run." in html
    assert "This run counts as an outage." in html
    assert "100.0% of 20 finished tests did not pass" in html
    assert "<dt>Kind</dt>" in html


def test_rows_that_could_not_be_read_are_told_with_their_number(project, get):
    run = make_run(project, is_clean=False)
    for stored in (False, False, True):
        Reject.objects.create(
            connection=project.connection,
            project=project,
            run=run,
            where="row 1",
            reason="name is missing",
            reason_key="name is missing",
            payload="{}",
            is_stored=stored,
            created_at=NOW,
        )
    html = get(page_of(run))
    assert "2 rows of this run could not be read." in html
    href = re.search(r'href="(/sync/rejects/[^"]+)"', html)[1]
    assert "data-count>2<" in get(href)


def test_words_that_nobody_mapped_lead_to_the_map(project, get):
    run = make_run(project, unknown_words={"wontfix": 2})
    html = get(page_of(run))
    assert "2 results carry a status that nobody mapped: “wontfix”." in html


def test_the_way_to_the_tool_is_shown_only_where_it_is_known(project, get):
    run = make_run(project, vendor_url="https://qa.testmo.example/runs/7")
    assert "Open in Testmo" in get(page_of(run))
    Run.objects.filter(pk=run.pk).update(vendor_url="javascript:alert(1)")
    assert "Open in Testmo" not in get(page_of(run))


def test_facts_name_where_the_run_came_from(project, get):
    milestone = make_milestone(project, "v26.12")
    run = make_run(
        project,
        source="nightly.yml",
        configuration="Chrome 155",
        branch="main",
        commit="8f3c21e0aa11",
        duration_ms=1_122_000,
    )
    link_milestone(run, milestone)
    html = part(get(page_of(run)), "outcomes")
    for text in ("nightly.yml", "Chrome 155", "main @ 8f3c21e0", "18m 42s", "v26.12"):
        assert text in html


def test_neighbours_of_the_same_kind_are_one_step_away(project, get):
    base, head = two_runs(project, "P", "P")
    assert f'href="{page_of(base)}"' in get(page_of(head))
    assert f'href="{page_of(head)}"' in get(page_of(base))


def test_markup_of_a_tool_arrives_escaped(project, client):
    hostile = ["<script>alert(1)</script>", "<i>x</i>" * 40, "<img src=x>", "<u>b</u>"]
    run = make_run(project, name=hostile[0], branch=hostile[3])
    make_results(run, "F", cases=[hostile[1]], message=hostile[2])
    html = client.get(page_of(run)).content.decode()
    for text in hostile:
        assert text not in html
        assert escape(text) in html


def test_there_is_no_page_of_a_run_that_is_not_there(client):
    answer = client.get("/runs/999999/")
    assert answer.status_code == 404
    assert b"Nothing at this address" in answer.content


def test_what_the_address_says_wrong_is_left_out_and_told(project, get):
    run = make_run(project)
    make_results(run, "PF")
    query = "?status=weird&change=odd&thread=77&page=x&sort=colour&who=me&q=%00"
    html = get(page_of(run, query))
    for name in ("status", "change", "thread", "page", "sort", "who", "q"):
        assert f"{name}: " in html
    assert total_in(html) == (1, 2)


def test_pages_ask_for_a_log_in_unless_reading_is_public(project, client, settings):
    settings.PUBLIC_READ = False
    assert client.get(page_of(make_run(project))).status_code == 302


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_queries_are_few_and_do_not_grow_with_rows(project, client):
    numbers = []
    for size in (10, 50):
        values = {"source": f"of {size}", "branch": "main"}
        _, head = two_runs(project, "PF" * (size // 2), "F" * size, **values)
        thread = make_thread(head)
        Result.objects.filter(run_id=head.pk).update(thread=thread)
        Run.objects.filter(pk=head.pk).update(thread_count=1)
        numbers.append(queries_of(client, page_of(head)))
    assert numbers[0] == numbers[1]
    assert numbers[1] < 30


def test_links_of_the_page_carry_their_parameters_in_one_order(project, get):
    run = make_run(project)
    make_results(run, "PF" * 30)
    html = get(page_of(run, "?page=1&sort=name&q=case&status=passed&status=failed"))
    href = re.search(r'href="([^"]+)" rel="next"', html)[1]
    query = urlsplit(href).query
    assert list(parse_qs(query)) == ["status", "q", "sort", "page"]
