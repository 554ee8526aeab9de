"""Doors to the results that make up the streaks of failing cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db.models import Count, Q

from dashboard.filters import Filters, canonical_configuration, result_conditions
from dashboard.metrics.failing import FailingCase
from dashboard.ui import links
from ingest.models import Result, Run


def streak_doors(filters: Filters, failing: Sequence[FailingCase]) -> Mapping[int, str]:
    """By case the address of the results of its streak; two queries.

    A case is left out when no list can hold exactly these: another series of it fails
    too and names no branch or configuration.
    """
    if not failing:
        return {}
    runs = Run.objects.filter(pk__in=[item.since_run for item in failing])
    named = runs.annotate(series=canonical_configuration())
    series = {pk: of for pk, *of in named.values_list("pk", "series", "branch")}
    chosen = {
        item.case: _of_streak(filters, item, *series[item.since_run])
        for item in failing
        if item.since_run in series
    }
    conditions = Q(pk__in=[])
    for one in chosen.values():
        conditions |= result_conditions(one, one.list_window())
    found = Result.objects.filter(conditions, is_final=True).values_list("case_id")
    listed = dict(found.annotate(results=Count("ordinal")).order_by())
    streaks = {item.case: item.streak for item in failing}
    return {
        case: links.results(one, one.status)
        for case, one in chosen.items()
        if listed.get(case) == streaks[case]
    }


def _of_streak(
    filters: Filters, item: FailingCase, configuration: str | None, branch: str
) -> Filters:
    return replace(
        filters,
        case=(item.case,),
        configuration=(configuration,) if configuration else filters.configuration,
        branch=(branch,) if branch else filters.branch,
        default_branch=None,
        status=links.NOT_PASSED_WORDS,
        window_days=None,
        since=item.since,
        until=filters.until,
    )
