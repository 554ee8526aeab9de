"""Incidents that an alert keeps: opened, joined by more tests, over, told and not told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.digests.endings import Endings
from dashboard.digests.finding import Already, Finding, Growing
from dashboard.digests.findings import RUNS_OF
from dashboard.digests.message import one_line
from dashboard.models import Cause, Delivery, Incident, Subscription

# Gone for so long it is over; before, it may be back with the next run or sync.
GONE_FOR = timedelta(minutes=15)
# A sync that fails once is no news, and mends itself with the next one.
LASTS_FOR = {Cause.CONNECTION: timedelta(minutes=10)}
# The same cause is told again no sooner; until then more of it is no other incident.
AGAIN_AFTER = timedelta(hours=6)


def unfinished(subscription: Subscription) -> list[Incident]:
    """Those that are open, and those whose end is still to be told."""
    of = Incident.objects.filter(subscription=subscription)
    return list(of.filter(Q(resolved_at=None) | Q(end_told_at=None)).order_by("pk"))


def is_open(one: Incident) -> bool:
    return one.resolved_at is None


def already(
    subscription: Subscription, incidents: Iterable[Incident], now: datetime
) -> Already:
    """What is no news, by the incidents that are unfinished."""
    open_ones = [one for one in incidents if is_open(one)]
    failing = [one for one in open_ones if one.cause is Cause.FAILING]
    # The newest to join is kept; one that is not told yet is told with the tests of now.
    told = {
        one.cause_key: Growing(key=one.key, tests=tuple(one.about))
        for one in failing
        if one.told_at and now - one.told_at < AGAIN_AFTER
    }
    untold = {one.cause_key: Growing(key=one.key) for one in failing if one.is_untold}
    return Already(
        tests=frozenset(pk for one in failing if not one.is_untold for pk in one.about),
        runs=_runs(subscription, now - RUNS_OF),
        growing=told | untold,
        keys=frozenset(one.key for one in open_ones),
    )


def _runs(subscription: Subscription, since: datetime) -> frozenset[int]:
    rows = Incident.objects.filter(
        Q(told_at__gte=since) | Q(is_known=True, opened_at__gte=since),
        subscription=subscription,
        key__startswith=f"{Cause.RUN.value} ",
    )
    return frozenset(
        pk for about in rows.values_list("about", flat=True) for pk in about
    )


def keep(
    subscription: Subscription,
    found: Sequence[Finding],
    ends: Endings,
    now: datetime,
) -> None:
    """Open what began, and note what ended."""
    known = {one.key: one for one in unfinished(subscription) if is_open(one)}
    for finding in found:
        if finding.key in known:
            _joined(known[finding.key], finding)
        else:
            _opened(subscription, finding, now)
    keys = {finding.key for finding in found}
    for one in known.values():
        _aged(one, ends, keys, now)
    untold = Incident.objects.filter(resolved_at__isnull=False, end_told_at=None)
    untold.filter(pk__in=ends.unseen).update(end_told_at=now)


def _opened(subscription: Subscription, finding: Finding, now: datetime) -> None:
    is_known = subscription.checked_at is None and finding.is_news
    # What has no end is over at once where nobody is told of it.
    over = now if is_known and finding.is_event else None
    Incident.objects.create(
        subscription=subscription,
        key=finding.key,
        title=one_line(finding.title),
        about=list(finding.about),
        projects=list(finding.projects),
        is_known=is_known,
        opened_at=now,
        resolved_at=over,
        end_told_at=over,
    )


def _joined(one: Incident, finding: Finding) -> None:
    if set(one.about) == set(finding.about) and one.projects == [*finding.projects]:
        return
    Incident.objects.filter(pk=one.pk).update(
        about=list(finding.about),
        projects=list(finding.projects),
        title=one_line(finding.title),
    )


def _aged(one: Incident, ends: Endings, keys: Collection[str], now: datetime) -> None:
    row = Incident.objects.filter(pk=one.pk)
    left = ends.going_on.get(one.pk)
    if left is not None:
        if one.gone_since:
            # Where it was told it is the same, else it begins here.
            row.update(gone_since=None, opened_at=one.opened_at if one.told_at else now)
        if one.key not in keys and len(left) < len(one.about):
            # A test that passes now may begin anew.
            row.update(about=list(left))
        return
    gone_since = one.gone_since or now
    is_over = one.cause is Cause.RUN or now - gone_since >= GONE_FOR
    is_quiet = one.told_at is None or one.pk in ends.unseen or _is_worse(one, keys)
    row.update(
        gone_since=gone_since,
        resolved_at=now if is_over else None,
        end_told_at=now if is_over and is_quiet else None,
    )


def _is_worse(one: Incident, keys: Collection[str]) -> bool:
    """Whether a milestone at risk is overdue now: it has not recovered."""
    same = f"{one.key.rpartition(' ')[0]} "
    return one.cause is Cause.MILESTONE and any(key.startswith(same) for key in keys)


def is_to_tell(one: Incident, keys: Collection[str], now: datetime) -> bool:
    """Whether an open one is news now, with `keys` of what is so."""
    if not one.is_untold or one.gone_since or one.key not in keys:
        return False
    if one.cause is Cause.RUN:
        return True
    if now - one.opened_at < LASTS_FOR.get(one.cause, timedelta()):
        return False
    before = Incident.objects.filter(
        Q(key=one.cause_key) | Q(key__startswith=f"{one.cause_key} "),
        subscription=one.subscription,
        told_at__gt=now - AGAIN_AFTER,
    )
    return not before.exists()


def note_told(
    begun: Iterable[Incident], ended: Iterable[Incident], now: datetime
) -> None:
    """A delivery that was made at this moment tells of them."""
    for one in begun:
        over = now if one.cause is Cause.RUN else None
        row = Incident.objects.filter(pk=one.pk)
        row.update(told_at=now, resolved_at=over, end_told_at=over)
    rows = Incident.objects.filter(pk__in=[one.pk for one in ended])
    rows.update(end_told_at=now)


def note_not_told(delivery: Delivery) -> None:
    """An alert that its owner may not see all of any more tells nothing: what they may
    see of it is told anew.
    """
    rows = Incident.objects.filter(subscription=delivery.subscription_id)
    begun = rows.filter(told_at=delivery.created_at)
    begun.filter(resolved_at__isnull=False).delete()
    begun.update(told_at=None)
    rows.filter(end_told_at=delivery.created_at, told_at__isnull=False).update(
        end_told_at=None
    )
