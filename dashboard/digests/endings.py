"""Which incidents go on though they are no news, and of which nothing may be said any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from dashboard.digests.finding import Finding
from dashboard.digests.findings import floor_rate
from dashboard.digests.found_tests import tests_that_are
from dashboard.digests.owners import seen_projects
from dashboard.filters import Filters
from dashboard.models import Cause, Incident, Subscription
from ingest.contract import MilestoneState
from ingest.models import Case, Connection, Milestone

_THERE = {
    Cause.FAILING: Case.objects.filter(gone_at=None),
    Cause.FLAKY: Case.objects.filter(gone_at=None),
    Cause.MILESTONE: Milestone.objects.exclude(state=MilestoneState.REMOVED),
    Cause.CONNECTION: Connection.objects.all(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """By ids of incidents: what those that go on are still about, and those `unseen`."""

    going_on: Mapping[int, Sequence[int]]
    unseen: frozenset[int]


def endings(
    subscription: Subscription,
    incidents: Iterable[Incident],
    found: Iterable[Finding],
    filters: Filters,
) -> Endings:
    """For the reader in force, of incidents that are open or whose end is not told."""
    new = {finding.key: [*finding.about] for finding in found}
    going_on: dict[int, Sequence[int]] = {}
    others = []
    has_results = cache(lambda: floor_rate(subscription, filters).high is not None)
    tests = cache(lambda cause: tests_that_are(cause, filters))
    for one in incidents:
        left = None
        if one.resolved_at is None:
            is_new = one.key in new
            left = new[one.key] if is_new else _left(one, tests, has_results)
        if left is None:
            others.append(one)
        else:
            going_on[one.pk] = left
    seen = frozenset(seen_projects())
    unseen = frozenset(one.pk for one in others if not _is_seen(one, seen))
    return Endings(going_on=going_on, unseen=unseen)


def _left(
    one: Incident,
    tests: Callable[[Cause], frozenset[int]],
    has_results: Callable[[], bool],
) -> Sequence[int] | None:
    """What it is still about; None where nothing of it is so."""
    match one.cause:
        case Cause.FAILING | Cause.FLAKY:
            return [pk for pk in one.about if pk in tests(one.cause)] or None
        case Cause.FLOOR:
            # Without any result the rate is neither under nor over it.
            return None if has_results() else one.about
    return None


def _is_seen(one: Incident, seen: frozenset[int]) -> bool:
    """Whether its reader sees all that it was made of, and that is there at all."""
    if not seen.issuperset(one.projects):
        return False
    rows = _THERE.get(one.cause)
    return rows is None or not one.about or rows.filter(pk__in=one.about).exists()
