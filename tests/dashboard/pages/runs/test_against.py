"""A run against the run before, and which run that is."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict

from dashboard.filters import strict
from dashboard.lists import RESULTS
from dashboard.metrics.compare import compare_runs
from dashboard.metrics.run_before import next_run, previous_run
from ingest.contract import Counts
from ingest.masking import signature
from ingest.models import Configuration, Run
from ingest.signatures import sign_messages
from tests.dashboard.number_links import count_of, door_of, doors, numbers, part
from tests.dashboard.pages.runs.parts import (
    HOUR,
    SECOND,
    page_of,
    total_in,
    two_runs,
)
from tests.factories import (
    NOW,
    make_history,
    make_project,
    make_results,
    make_run,
    make_texts,
)

pytestmark = pytest.mark.django_db


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
    found = compare_runs(base, head)
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
        compare_runs(base, make_run(project))


def test_the_tabs_of_the_panel_open_their_rows(project, get):
    _, head = two_runs(project, "PPPFFFFP", "FFFPFFFP")
    html = get(page_of(head))
    tabs = doors(html[html.index('class="vs-nums"') :][:3000])
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
        for door in doors(part(html, "against"))
        if "signature=" in door.href
    }
    both, alone = (str(signature(text)) for text in ('No "" at 0x1\nline 1', "No cart"))
    assert {name: door.value for name, door in groups.items()} == {
        both: 2,
        alone: 1,
        "none": 1,
    }
    among_all = {d.href: d.value for d in doors(get("/failures/"))}
    for name, door in groups.items():
        assert total_in(get(door.href)) == (door.value, 4)
        assert door.value in [n for href, n in among_all.items() if name in href]
    everywhere = re.search(rf'href="(/results/[^"]*{both}[^"]*)"', html)[1]
    assert count_of(get(everywhere)) == 2


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
    door = door_of(get(page_of(runs[-1])), "streak")
    assert (door.value, door.text) == (4, "4 runs")
    query = QueryDict(urlsplit(door.href).query)
    assert RESULTS.select(strict(query, RESULTS.accepts)).count() == 4


def test_a_streak_that_no_list_can_show_alone_is_no_door(project, get):
    runs = make_history(project, "PFF", finished_at=None)
    make_history(project, "F", configuration="Firefox", until=NOW - 2 * HOUR)
    for run in runs:
        Run.objects.filter(pk=run.pk).update(finished_at=run.started_at + SECOND)
    found = numbers(get(page_of(runs[-1])))
    (streak,) = [number for number in found if number.metric == "streak"]
    assert (streak.value, streak.href) == (2, "")


def test_without_a_run_before_the_panel_says_why(project, get):
    run = make_run(project)
    make_results(run, "F")
    assert "First run of its suite" in get(page_of(run))
    before = make_run(
        project, counts=Counts(passed=9), finished_at=run.started_at - SECOND
    )
    html = get(page_of(run))
    assert "has totals only" in html
    assert page_of(before) in html


def test_another_run_than_the_one_before_can_be_chosen(project, get):
    """A smoke run stands between two nightlies; the page keeps the choice."""
    for hours, name, letters in ((9, "Nightly 1", "PPPPPP"), (5, "Smoke", "F")):
        at = NOW - hours * HOUR
        run = make_run(project, name=name, started_at=at, finished_at=at + HOUR)
        make_results(run, letters)
    at = NOW - HOUR
    run = make_run(project, name="Nightly 2", started_at=at, finished_at=NOW)
    make_results(run, "FFPPPP")
    nightly, smoke = Run.objects.filter(name__in=("Nightly 1", "Smoke")).order_by("at")
    html = get(page_of(run))
    form = part(html, "against")
    assert page_of(nightly) in form
    assert "The run before, Nightly 1" in form
    (option,) = re.findall(rf'<option value="{smoke.pk}"[^>]*>([^<]*)<', form)
    assert option.startswith("Smoke ")
    chosen = get(f"{page_of(run)}?base={smoke.pk}")
    panel = part(chosen, "against")
    assert page_of(smoke) in panel
    assert f'<option value="{smoke.pk}" selected>' in panel
    assert f"/compare/?base={smoke.pk}&head={run.pk}" in panel
    # One of two that fail failed there, and the other was not in it.
    values = {door.metric: door for door in doors(panel)}
    assert values["still_failing"].value == 1
    assert values["new_failure"].value == 1
    assert f"base={smoke.pk}" in values["new_failure"].href
    opened = get(values["new_failure"].href)
    assert total_in(opened)[0] == 1


@pytest.mark.parametrize("which", ["itself", "totals", "elsewhere", "gone", "word"])
def test_what_no_run_can_be_held_against_is_said(project, get, which):
    run = make_run(project)
    others = {
        "itself": run,
        "totals": make_run(project, counts=Counts(passed=3)),
        "elsewhere": make_run(make_project()),
        "gone": make_run(project, removed_at=NOW),
    }
    base = others[which].pk if which in others else "odd"
    html = get(f"{page_of(run)}?base={base}")
    assert str(base) in html
    assert "base: " in html
