"""How many cases have a series at all, which is what flaky ones are counted of."""

from __future__ import annotations

from django.db.models import Count

from dashboard.filters import Filters, result_conditions
from dashboard.metrics.flaky import is_left_out
from ingest.contract import RunKind
from ingest.models import DECIDED_CODES, Result


def judged_cases(filters: Filters) -> int:
    """Cases with a decided final result in the window, in an automated run that is not
    left out.
    """
    finals = Result.objects.filter(
        result_conditions(filters, filters.window()),
        is_final=True,
        status__in=DECIDED_CODES,
        run__kind=RunKind.AUTOMATED,
    ).exclude(is_left_out("run__"))
    return int(finals.aggregate(cases=Count("case_id", distinct=True))["cases"])
