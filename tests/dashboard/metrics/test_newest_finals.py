"""When a project said something last is the same whether days or results tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from dashboard.filters import Filters
from dashboard.metrics.newest_finals import newest_finals
from dashboard.reading.scope import Scope, reading
from ingest.models import Result
from tests.clock import START
from tests.dashboard.metrics import histories

pytestmark = pytest.mark.django_db
SINCE = histories.SINCE
# Before all, on their days, after all.
MOMENTS = [SINCE + timedelta(hours=hours) for hours in (90, 5.5, -1, 24)]


@histories.some(20)
@given(histories.long_histories())
def test_the_past_tells_the_newest_finals_as_the_days_of_runs_do(history):
    with histories.stored(history) as projects:
        times = Result.objects.values_list("at", flat=True)
        moments = [*MOMENTS, *times.distinct()]
        for filters in (Filters(), Filters(project=(projects[0].pk,), branch=("no",))):
            told = newest_finals(filters, moments)
            with reading(Scope(as_of=START + timedelta(days=400))):
                assert sorted(newest_finals(filters, moments)) == sorted(told)
