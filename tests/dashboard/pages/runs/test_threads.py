"""The lanes of a run's threads."""

from __future__ import annotations

import re

import pytest

from ingest.models import Result, Run
from tests.dashboard.number_links import doors, part
from tests.dashboard.pages.runs.parts import (
    HOUR,
    SECOND,
    page_of,
    total_in,
)
from tests.factories import (
    NOW,
    make_connection,
    make_project,
    make_results,
    make_run,
    make_thread,
)

pytestmark = pytest.mark.django_db


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
    found = doors(part(html, "threads"))
    assert [door.value for door in found] == [2, 1]
    for door in found:
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
