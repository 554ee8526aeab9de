"""Kinds of runs, what is told of them, and the page's address."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest.contract import Counts
from ingest.models import Reject, Result, Run
from tests.dashboard.number_links import doors, numbers, part
from tests.dashboard.pages.runs.parts import (
    page_of,
    results_of,
    total_in,
    two_runs,
)
from tests.factories import (
    NOW,
    link_milestone,
    make_milestone,
    make_results,
    make_run,
    make_thread,
)

pytestmark = pytest.mark.django_db


def test_a_run_with_totals_only_has_no_empty_table_and_no_doors(project, get):
    run = make_run(project, counts=Counts(passed=402, failed=6))
    make_thread(run, "Thread 1", duration_ms=5000, passed=3, failed=1)
    Run.objects.filter(pk=run.pk).update(thread_count=1)
    html = get(page_of(run))
    passed = [n.value for n in numbers(html) if n.metric == "passed"]
    assert passed == [402]
    assert doors(part(html, "outcomes")) == []
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


def test_rows_that_could_not_be_read_are_told_with_their_number(project, get_signed_in):
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
    html = get_signed_in(page_of(run))
    assert "2 rows of this run could not be read." in html
    href = re.search(r'href="(/sync/rejects/[^"]+)"', html)[1]
    assert "data-count>2<" in get_signed_in(href)


def test_words_that_nobody_mapped_lead_to_the_map(project, get):
    run = make_run(project, unknown_words={"wontfix": 2})
    html = get(page_of(run))
    assert "2 results carry a status that nobody mapped: “wontfix”." in html


def test_the_way_to_the_tool_is_shown_only_where_it_is_known(project, get_signed_in):
    run = make_run(project, vendor_url="https://qa.testmo.example/runs/7")
    assert "Open in Testmo" in get_signed_in(page_of(run))
    Run.objects.filter(pk=run.pk).update(vendor_url="javascript:alert(1)")
    assert "Open in Testmo" not in get_signed_in(page_of(run))


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


def test_how_much_longer_it_took_than_the_run_before_stands_beside_its_duration(
    project, get
):
    base, head = two_runs(project, "P", "P")
    Run.objects.filter(pk=base.pk).update(duration_ms=60_000)
    Run.objects.filter(pk=head.pk).update(duration_ms=90_000)
    duration = get(page_of(head)).partition("<dt>Duration</dt>")[2].partition("</dd>")
    assert 'class="delta bad"' in duration[0]
    assert 'aria-label="up"' in duration[0]
    assert "30s" in duration[0]


def test_neighbours_of_the_same_kind_are_one_step_away(project, get):
    base, head = two_runs(project, "P", "P")
    assert f'href="{page_of(base)}"' in get(page_of(head))
    assert f'href="{page_of(head)}"' in get(page_of(base))


def test_markup_of_a_tool_arrives_escaped(project, client):
    hostile = ["<script>alert(1)</script>", "<i>x</i>" * 20, "<img src=x>", "<u>b</u>"]
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
    assert numbers[1] < 33


def test_links_of_the_page_carry_their_parameters_in_one_order(project, get):
    run = make_run(project)
    make_results(run, "PF" * 30)
    html = get(page_of(run, "?page=1&sort=name&q=case&status=passed&status=failed"))
    href = re.search(r'href="([^"]+)" rel="next"', html)[1]
    query = urlsplit(href).query
    assert list(parse_qs(query)) == ["status", "q", "sort", "page"]
