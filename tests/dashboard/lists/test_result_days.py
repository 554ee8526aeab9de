"""Lists of results by time, read in slices, against all results put in order."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.filters import Filters
from dashboard.lists import RESULTS, paging
from dashboard.lists.paging import page, stream
from dashboard.lists.results import ResultRow
from ingest.models import Result, RunDay
from ingest.models.results import ORDINALS
from ingest.partitions import drop_old_partitions
from ingest.rollups import rebuild_run_days
from tests import factories
from tests.dashboard.shared import stored_once
from tests.factories import NOW

pytestmark = pytest.mark.django_db
NOW_ON = Filters(now=NOW + timedelta(hours=1), with_uncounted=True)
FILTERS = {
    "everything": {},
    "a window": {"window_days": 7},
    "until a moment in a run": {"until": NOW - timedelta(days=3, minutes=7)},
    "failed": {"status": ("failed",)},
    "of two statuses": {"status": ("failed", "skipped")},
    "final": {"final": True},
    "a text that few have": {"q": "case 17"},
    "a text that none has": {"q": "nothing"},
    "a branch": {"branch": ("main",)},
}


@pytest.fixture(scope="module")
def kept_runs(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[list[int]]:
    with stored_once(request, django_db_blocker, draw_runs) as runs:
        yield runs


@pytest.fixture
def runs(kept_runs: list[int], empty_redis: None) -> list[int]:
    return [*kept_runs]


def draw_runs() -> list[int]:
    """Long and short ones that overlap, with attempts, one at the time of another's."""
    dice = random.Random(20261129)
    project = factories.make_project()
    made = []
    for number in range(30):
        start = NOW - timedelta(days=dice.randrange(14), minutes=dice.randrange(900))
        run = factories.make_run(
            project, started_at=start, branch=dice.choice(["main", "dev"])
        )
        count = dice.choice([1, 2, 5, 40])
        names = [f"case {dice.randrange(20)}" for _ in range(count)]
        times = [start + timedelta(minutes=5 * dice.randrange(200)) for _ in names]
        letters = "".join(dice.choices("PPPFS", k=count))
        factories.make_results(run, letters, cases=names, at=times)
        made.append(run.pk)
        if number == 9:
            # An attempt after all that are final, of which no day tells.
            attempts = Result.objects.filter(run=run.pk, is_final=False)
            attempts.update(at=NOW)
    rebuild_run_days(made)
    return made


def expected(filters: Filters) -> list[int]:
    rows = RESULTS.select(filters).values_list("at", "run_id", "ordinal")
    is_descending = not filters.sort or filters.sort.startswith("-")
    return [
        run * ORDINALS + ordinal
        for _, run, ordinal in sorted(rows, reverse=is_descending)
    ]


def pages(filters: Filters, limit: int) -> list[list[ResultRow]]:
    found = [page(RESULTS, filters, limit=limit)]
    while position := found[-1].next:
        found.append(page(RESULTS, filters, limit=limit, position=position))
    return [list(one.rows) for one in found]


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


@pytest.mark.parametrize("sort", ["", "executed_at"])
@pytest.mark.parametrize("limit", [1, 7, 50])
@pytest.mark.parametrize("name", FILTERS)
def test_every_page_is_that_of_all_results_in_order(
    runs: list[int], name: str, limit: int, sort: str
) -> None:
    filters = replace(NOW_ON, sort=sort, **FILTERS[name])
    wanted = expected(filters)
    assert wanted or name == "a text that none has"
    if limit == 1:
        wanted = wanted[:12]
        found = pages_at_most(filters, 12)
    else:
        found = [row for rows in pages(filters, limit) for row in ids(rows)]
    assert found == wanted
    assert page(RESULTS, filters, limit=limit).count == len(expected(filters))


def pages_at_most(filters: Filters, number: int) -> list[int]:
    found, position = [], None
    for _ in range(number):
        one = page(RESULTS, filters, limit=1, position=position)
        found += ids(one.rows)
        position = one.next
        if position is None:
            break
    return found


def test_going_back_gives_the_rows_before(runs: list[int]) -> None:
    wanted = expected(NOW_ON)
    third = page(RESULTS, NOW_ON, limit=7)
    for _ in range(2):
        third = page(RESULTS, NOW_ON, limit=7, position=third.next)
    back = page(RESULTS, NOW_ON, limit=7, position=third.previous)
    assert ids(back.rows) == wanted[7:14]


def test_a_stream_has_all_of_them(
    runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "STEP", 10)
    monkeypatch.setattr(paging, "BATCH", 4)
    assert ids(stream(RESULTS, NOW_ON)) == expected(NOW_ON)


def test_the_first_rows_are_looked_for_among_the_newest_alone(runs: list[int]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(RESULTS, NOW_ON, limit=5)
    lists = [one["sql"] for one in asked if "sort_key" in one["sql"]]
    assert len(lists) == 1
    assert '"ingest_result"."at" >= ' in lists[0]


def test_at_a_moment_of_the_past_the_newest_are_those_before_it(
    runs: list[int],
) -> None:
    moment = NOW - timedelta(days=5)
    with CaptureQueriesContext(connection) as asked:
        page(RESULTS, replace(NOW_ON, as_of=moment), limit=5)
    (told,) = [one["sql"] for one in asked if "sort_key" in one["sql"]]
    limit = re.search(r'"at" >= \'([^\']+)\'', told)
    assert limit
    assert datetime.fromisoformat(limit[1]) <= moment


def test_more_than_anybody_is_told_are_not_counted_one_by_one(
    runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    finals = Result.objects.filter(is_final=True).count()
    monkeypatch.setattr(paging, "COUNT_AT_MOST", finals - 1)
    with CaptureQueriesContext(connection) as asked:
        assert page(RESULTS, NOW_ON, limit=5).count is None
    assert not [one for one in asked if "COUNT(" in one["sql"]]
    monkeypatch.setattr(paging, "COUNT_AT_MOST", finals)
    with CaptureQueriesContext(connection) as asked:
        page(RESULTS, NOW_ON, limit=5)
    assert [one for one in asked if "COUNT(" in one["sql"]]


def test_days_whose_results_went_with_their_month_are_not_counted(
    runs: list[int], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    start = NOW - timedelta(days=200)
    old = factories.make_run(started_at=start, recorded_at=start)
    factories.make_results(old, "P" * 300)
    settings.RETENTION_DAYS = 100
    drop_old_partitions(NOW.date())
    assert RunDay.objects.get(run=old.pk).passed == 300
    number = Result.objects.count()
    monkeypatch.setattr(paging, "COUNT_AT_MOST", number)
    assert page(RESULTS, NOW_ON, limit=7).count == number
    oldest = replace(NOW_ON, sort="executed_at")
    with CaptureQueriesContext(connection) as asked:
        page(RESULTS, oldest, limit=7)
    assert len([one for one in asked if "sort_key" in one["sql"]]) == 1


def test_an_index_has_every_attempt_that_failed_in_order(runs):
    failed = Result.objects.filter(status__in=(2, 3), removed_at=None)
    sql, params = failed.order_by("-at")[:51].query.sql_with_params()
    with connection.cursor() as cursor:
        # Of so few rows a sort may be cheaper. Where no index has the order it stays.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    # Merged in order ("Sort Key") is not sorted.
    assert "Sort  (" not in plan
