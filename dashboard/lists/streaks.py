"""The results that make up the streaks of failing cases, as a list can hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db.models import Count, Q

from dashboard.filters import Filters, canonical_configuration, result_conditions
from dashboard.metrics.failing import FailingCase
from ingest.contract import Status
from ingest.models import Result, Run

NOT_PASSED = (str(Status.ERROR), str(Status.FAILED))


def streak_filters(
    filters: Filters, failing: Sequence[FailingCase]
) -> Mapping[int, Filters]:
    """By case the filters that choose the results of its streak; two queries.

    A case is left out when no list can hold exactly these: another series of it fails
    too and names no branch or configuration.
    """
    if not failing:
        return {}
    runs = Run.objects.filter(pk__in=[item.since_run for item in failing])
    named = runs.annotate(series=canonical_configuration())
    series = {pk: names for pk, *names in named.values_list("pk", "series", "branch")}
    streaks = {
        item.case: _streak(filters, item, *series[item.since_run])
        for item in failing
        if item.since_run in series
    }
    conditions = Q(pk__in=[])
    for streak in streaks.values():
        conditions |= result_conditions(streak, streak.list_window())
    results = Result.objects.filter(conditions, is_final=True).values_list("case_id")
    listed = dict(results.annotate(results=Count("ordinal")).order_by())
    lengths = {item.case: item.streak for item in failing}
    return {
        case: streak
        for case, streak in streaks.items()
        if listed.get(case) == lengths[case]
    }


def _streak(
    filters: Filters, item: FailingCase, configuration: str | None, branch: str
) -> Filters:
    return replace(
        filters,
        case=(item.case,),
        configuration=(configuration,) if configuration else filters.configuration,
        branch=(branch,) if branch else filters.branch,
        default_branch=None,
        status=NOT_PASSED,
        window_days=None,
        since=item.since,
        until=filters.until,
    )
