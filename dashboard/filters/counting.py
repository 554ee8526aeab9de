"""Which runs count at all: those of default branches that nobody excluded."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.filters.branches import with_default_branches
from dashboard.filters.state import Filters
from dashboard.models import RunJudgement, Verdict
from dashboard.request_cache import is_in_request
from dashboard.unchanged import while_unchanged


def with_what_counts(filters: Filters, *, is_metric: bool = True) -> Filters:
    """The filters with the default branches that are in force, and with what becomes of
    runs that are excluded from every number; two queries at most.

    Metrics leave these out unless `counted` is off, lists only if it is on. What says
    the same as nothing is taken out, so that equal views have equal addresses.
    """
    filters = with_default_branches(filters, is_metric=is_metric)
    asked = None if filters.counted is is_metric else filters.counted
    leaves_out = is_metric if asked is None else asked
    has_uncounted = _has_uncounted()
    return replace(
        filters,
        counted=asked,
        has_uncounted=has_uncounted,
        with_uncounted=has_uncounted and not leaves_out,
    )


def may_be_uncounted() -> bool:
    """Whether rows have to be asked. Most installations exclude no run, and an answer
    spares them a condition in each of its queries.
    """
    return not is_in_request() or _has_uncounted()


def _has_uncounted() -> bool:
    return while_unchanged("uncounted", lambda: uncounted().exists())


def uncounted() -> QuerySet[RunJudgement]:
    """What was said of the runs that are excluded from every number."""
    return RunJudgement.objects.filter(verdict=Verdict.UNCOUNTED)


def is_uncounted(of: str = "") -> Q:
    """Whether a person excluded the run from every number; `of` names the foreign key
    to Run where other rows are chosen by their run.
    """
    run = OuterRef(f"{of}_id" if of else "pk")
    return Q(Exists(uncounted().filter(run=run)))
