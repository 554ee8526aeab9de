"""Since when a test is taken to be here that came before that was kept."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.db import connection

from ingest.models import Case, Result
from tests.factories import NOW, make_results, make_run

pytestmark = pytest.mark.django_db
MIGRATION = importlib.import_module("ingest.migrations.0023_keep_what_was_before")
YEARS_AGO, YESTERDAY = NOW - timedelta(days=2000), NOW - timedelta(days=1)


def test_it_is_here_since_its_first_result_or_one_that_was_dropped_since():
    results = make_results(make_run(recorded_at=NOW), "PPP", cases=["a", "b", "c"])
    # Then each of them said it of itself.
    assert Result.objects.update(recorded_at=NOW) == len(results)
    ran = Case.objects.filter(name__in="ab")
    ran.update(first_seen_at=YESTERDAY)
    ran.filter(name="b").update(first_seen_at=YEARS_AGO)
    Result.objects.filter(case__name="c").delete()
    Case.objects.filter(name="c").update(declared_at=YESTERDAY)
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.CASES_SINCE)
    since = dict(Case.objects.values_list("name", "recorded_at"))
    assert since == {"a": NOW, "b": YEARS_AGO, "c": YESTERDAY}
