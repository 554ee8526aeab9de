"""The sentence of a project: falls, and the milestone that they begin with."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from dashboard.metrics.change_point import fall
from ingest.contract import Counts
from ingest.models import Milestone, MilestoneMember
from tests import factories
from tests.dashboard.number_links import count_of, doors, html_of, words_of
from tests.dashboard.pages.projects.parts import page_of
from tests.dashboard.world import ago

pytestmark = pytest.mark.django_db


def verdict_of(html: str) -> str:
    return words_of(re.search(r'<p class="verdict">.*?</p>', html, re.DOTALL)[0])


def run_daily(project, days, letters: str, **values):
    for day in days:
        run = factories.make_run(project, started_at=ago(days=day), **values)
        factories.make_results(run, letters)


def complete(milestone: Milestone, at: datetime) -> None:
    members = MilestoneMember.objects.filter(milestone=milestone)
    members.update(completed_at=at, state="completed")
    Milestone.objects.filter(pk=milestone.pk).update(state="completed")


def test_a_fall_that_begins_with_a_milestone_names_it(client, shop):
    release = factories.make_milestone(shop, "v26.11")
    complete(release, ago(days=10))
    run_daily(shop, range(11, 60), "PPPPPPPPPPPF")
    run_daily(shop, range(1, 10), "PPPPPPPPFFFF")
    sentence = verdict_of(page_of(client, shop))
    assert sentence.startswith("Pass rate dropped from 91.7% to 66.7% after v26.11.")
    html = page_of(client, shop)
    assert f'href="/milestones/{release.pk}/">v26.11</a>' in html


def test_a_fall_that_begins_elsewhere_names_no_milestone(client, shop):
    complete(factories.make_milestone(shop, "v26.11"), ago(days=20))
    run_daily(shop, range(11, 60), "PPPPPPPPPPPF")
    run_daily(shop, range(1, 10), "PPPPPPPPFFFF")
    sentence = verdict_of(page_of(client, shop))
    assert "Pass rate fell" in sentence
    assert "v26.11" not in sentence


def test_the_sentence_counts_what_fails_and_where_it_began(client, shop):
    run_daily(shop, range(2, 60), "PPPPPPPP")
    run = factories.make_run(shop, started_at=ago(hours=2))
    factories.make_results(run, "PPPPFFFF")
    html = page_of(client, shop)
    assert verdict_of(html).endswith(
        "4 tests fail now, 4 of them since yesterday, mostly in checkout."
    )
    began = [d for d in doors(html) if d.metric == "newly_failing"]
    assert [count_of(html_of(client, door.href)) for door in began] == [4]


@pytest.mark.parametrize(
    ("rates", "place"),
    [
        ([10, 10, 10, 5, 5, 5], 3),
        ([10, 10, 10, 10, 10, 2], 5),
        ([5, 5, 5, 10, 10, 10], None),
        ([9, 10, 9, 10, 9, 10], None),
        ([10], None),
        ([], None),
    ],
)
def test_the_day_of_a_fall_is_the_cut_that_explains_the_days_best(rates, place):
    first = date(2026, 11, 1)
    days = [
        (first + timedelta(days=n), Counts(passed=10 * r, failed=10 * (10 - r)))
        for n, r in enumerate(rates)
    ]
    found = fall(days)
    assert (found and found.day) == (
        None if place is None else first + timedelta(days=place)
    )


def test_days_without_a_decided_result_say_nothing_of_a_fall():
    first = date(2026, 11, 1)
    counts = [Counts(passed=50), Counts(skipped=9), Counts(passed=20, failed=30)]
    found = fall([(first + timedelta(days=n), c) for n, c in enumerate(counts)])
    assert found is not None
    assert (found.day, found.before.n, found.after.value) == (
        first + timedelta(days=2),
        50,
        0.4,
    )


def test_the_overview_names_the_milestone_behind_the_drop_of_the_project(client, shop):
    release = factories.make_milestone(shop, "v26.11")
    complete(release, ago(days=10))
    run_daily(shop, range(11, 60), "PPPPPPPPPPPF")
    run_daily(shop, range(1, 10), "PPPPPPPPFFFF")
    run_daily(factories.make_project(name="Portal"), range(1, 60, 4), "PPPP")
    html = html_of(client, "/")
    day = ago(days=10)
    assert (
        f"Most of the drop is in Web shop since v26.11 on {day.day} {day:%b}: 4 tests"
    ) in verdict_of(html)
    assert f'href="/milestones/{release.pk}/">v26.11</a>' in html
