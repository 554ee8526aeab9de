"""What the days of runs tell of a list of results before its rows are looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from itertools import accumulate
from operator import add

from django.db.models import F, QuerySet, Sum
from django.db.models.expressions import Combinable, RawSQL

from dashboard.filters import Filters, run_conditions
from dashboard.reading.past import OLDEST_MONTH
from dashboard.reading.scope import present
from ingest.contract import Detail, Status
from ingest.models import RunDay

# Filters that days know nothing of leave one in so many of a day's results, or fewer.
SHARES = (1, 10, 100)
# Days of runs that are looked at, at least.
DAYS = 500


def limits_of_times(
    filters: Filters, most: int, after: datetime | None, *, is_descending: bool
) -> Iterator[datetime]:
    """Times between which and the start of the list, or `after`, `most` rows may lie, the
    nearest first. They are guesses: results that the filters leave out are among them.
    """
    if not _are_told_by_days(filters):
        return
    if is_descending and filters.as_of:
        # Of what came about later nothing is known at that moment.
        after = min(after or filters.as_of, filters.as_of)
    with present():
        days = list(_days(filters, after, is_descending)[: max(DAYS, 2 * most)])
    counts = list(accumulate(results for _, results in days))
    wanted = (bisect_left(counts, most * share) for share in SHARES)
    yield from (days[place][0] for place in dict.fromkeys(wanted) if place < len(days))


def least_count(filters: Filters) -> int:
    """Final results alone, of days that lie inside the window as a whole."""
    if not _are_told_by_days(filters) or filters.q or filters.as_of:
        return 0
    chosen = _with_rows(filters)
    if window := filters.list_window():
        chosen = chosen.filter(first_at__gte=window.since, last_at__lt=window.until)
    return chosen.aggregate(number=Sum(_results(filters)))["number"] or 0


def _are_told_by_days(filters: Filters) -> bool:
    return not (filters.case or filters.latest or filters.signature)


def _days(
    filters: Filters, after: datetime | None, is_descending: bool
) -> QuerySet[RunDay, tuple[datetime, int]]:
    """From the start of the list on: the far end of each run's day, and its results."""
    chosen = _with_rows(filters)
    if window := filters.list_window():
        chosen = chosen.filter(
            day__gte=window.since.astimezone(UTC).date(),
            day__lte=window.until.astimezone(UTC).date(),
            last_at__gte=window.since,
            first_at__lt=window.until,
        )
    day = after and after.astimezone(UTC).date()
    if is_descending:
        if after is not None:
            chosen = chosen.filter(day__lte=day, first_at__lte=after)
        ordered = chosen.order_by("-day", "-first_at")
        return ordered.values_list("first_at", _results(filters))
    if after is not None:
        chosen = chosen.filter(day__gte=day, last_at__gte=after)
    return chosen.order_by("day", "last_at").values_list("last_at", _results(filters))


def _with_rows(filters: Filters) -> QuerySet[RunDay]:
    """Days stay for ever, the results of old months do not."""
    chosen = RunDay.objects.filter(
        run_conditions(filters, of="run"),
        run__partition_on__gte=RawSQL(OLDEST_MONTH, ()),  # nosec B611 # no parameters
    )
    return chosen.exclude(run__detail=Detail.COUNTS)


def _results(filters: Filters) -> Combinable:
    """The number of final results, of the chosen statuses if any are."""
    return reduce(add, (F(name) for name in filters.status or map(str, Status)))
