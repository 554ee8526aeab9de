"""The counts of a run and the table of its results."""

from __future__ import annotations

import re

import pytest

from ingest.models import Run
from ingest.models.results import ORDINALS
from tests.dashboard.number_links import doors, part, rows_of
from tests.dashboard.pages.runs.parts import (
    SECOND,
    page_of,
    results_of,
    total_in,
)
from tests.factories import (
    NOW,
    make_history,
    make_results,
    make_run,
    remove,
)

pytestmark = pytest.mark.django_db


def test_each_count_opens_exactly_its_rows(project, get):
    run = make_run(project, status="failed")
    make_results(run, "PPPFFESSBUR?")
    found = doors(part(get(page_of(run)), "outcomes"))
    counts = {door.metric: door.value for door in found}
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
    for door in found:
        html = get(door.href)
        assert total_in(html) == (door.value, 12)
        assert rows_of(results_of(html)) == door.value


def test_a_failed_run_lists_what_did_not_pass_and_all_is_one_click_away(project, get):
    run = make_run(project)
    make_results(run, "PPFE")
    html = get(page_of(run))
    assert rows_of(results_of(html)) == 2
    assert rows_of(results_of(get(page_of(run, "?status=all")))) == 4


def test_a_run_without_failures_lists_everything(project, get):
    run = make_run(project)
    make_results(run, "PPS")
    assert total_in(get(page_of(run))) == (3, 3)


def test_status_toggles_add_up_and_take_away(project, get):
    run = make_run(project)
    make_results(run, "PPFEB")
    html = results_of(get(page_of(run, "?status=failed")))
    links = re.findall(
        r'<a href="([^"]+)"[^>]*>\s*(?:<svg.*?</svg>)?([A-Z]\w+ \d)', html
    )
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
    assert rows_of(results_of(html)) == 50
    assert "1–50 of 60" in html
    following = re.search(r'href="([^"]+)" rel="next"', html)[1]
    assert rows_of(results_of(get(following))) == 10
    assert rows_of(results_of(get(page_of(run, "?page=99")))) == 10


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
    assert rows_of(results_of(html)) == 4
    assert "attempt 1, not final" in html


def test_removed_results_are_nowhere(project, get):
    run = make_run(project)
    results = make_results(run, "PPF")
    remove(results[2:])
    html = get(page_of(run, "?status=all"))
    assert total_in(html) == (2, 2)


def test_a_strip_ends_with_this_run(project, get):
    runs = make_history(project, "PPFFF")
    html = results_of(get(page_of(runs[2])))
    strip = html[html.index('class="strip"') :]
    assert "last 3: 1 not passed" in strip
    results = [f"/results/{run.pk * ORDINALS}/" for run in runs]
    assert [href in strip for href in results] == [True, True, True, False, False]
