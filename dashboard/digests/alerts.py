"""Alerts: causes that begin and end, each told once, together where they come together.

A cause is one incident from its beginning to its end. It is told once; its end is told if it
was told itself, once it has been gone for a while. One that comes and goes is told again only
hours later, and in quiet hours nothing is: what is still so afterwards is told then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.http import QueryDict

from dashboard.addresses import address
from dashboard.digests.compose import NOT_THERE
from dashboard.digests.deliveries import stop
from dashboard.digests.findings import Finding, findings, still_so
from dashboard.digests.links import site_of
from dashboard.digests.message import Message, Part
from dashboard.digests.owners import as_owner, seen_projects, why_not
from dashboard.digests.schedule import quiet_end
from dashboard.filters import FilterError, Filters, strict
from dashboard.models import Cause, Delivery, Incident, Subscription
from dashboard.ui import links
from dashboard.ui.standup.page_data import ACCEPTS
from dashboard.ui.text.numbers import count, plural

CHECK_EVERY = timedelta(minutes=2)
# Gone for so long it is over; before, it may be back with the next run or sync.
GONE_FOR = timedelta(minutes=15)
# A sync that fails once is no news, and mends itself with the next one.
LASTS_FOR = {Cause.CONNECTION.value: timedelta(minutes=10)}
# The same cause is told again no sooner.
AGAIN_AFTER = timedelta(hours=6)
MOST_LINES = 10
AS_METRIC = replace(ACCEPTS, is_metric=True)
TITLES = {
    Cause.FLOOR: "Pass rate under its floor",
    Cause.FAILING: "Newly failing",
    Cause.FLAKY: "Newly flaky",
    Cause.MILESTONE: "Milestones",
    Cause.CONNECTION: "Tools",
    Cause.RUN: "Runs finished",
}
OVER = "Over again"
OPEN = "Open it as it was then"
OPEN_SYNC = "Open Sync (with an account)"


def check(subscription: Subscription, now: datetime) -> None:
    """Look at one alert: keep what began and ended, and make a delivery of what is news."""
    if reason := why_not(subscription):
        stop(subscription, reason)
        return
    try:
        with as_owner(subscription):
            filters = filters_of(subscription)
            found = findings(subscription, filters)
            projects = seen_projects()
            ongoing = _ongoing(subscription, found, filters)
    except FilterError:
        stop(subscription, NOT_THERE)
        return
    with transaction.atomic():
        if _claimed(subscription, now):
            _kept(subscription, found, ongoing, now)
            if quiet_end(subscription, now) is None:
                _tell(subscription, found, projects, now)


def filters_of(subscription: Subscription) -> Filters:
    """Of the present. Raises FilterError for what is not there for the reader in force."""
    return strict(QueryDict(subscription.query), AS_METRIC)


def begin_anew(subscription: Subscription) -> None:
    """What is so now is looked at as at the first time: it was changed, or was paused."""
    Incident.objects.filter(subscription=subscription, resolved_at=None).delete()
    Subscription.objects.filter(pk=subscription.pk).update(checked_at=None)


def _ongoing(
    subscription: Subscription, found: Sequence[Finding], filters: Filters
) -> frozenset[str]:
    """Keys of open incidents that go on, among them those that are no news any more."""
    keys = {finding.key for finding in found}
    return frozenset(
        one.key
        for one in _open(subscription)
        if one.key in keys or still_so(one.key, one.about, filters)
    )


def _claimed(subscription: Subscription, now: datetime) -> bool:
    """Of two workers that looked at the same time one changes the row."""
    row = Subscription.objects.filter(pk=subscription.pk, next_at=subscription.next_at)
    return bool(row.update(next_at=now + CHECK_EVERY, checked_at=now))


def _open(subscription: Subscription) -> list[Incident]:
    return list(
        Incident.objects.filter(subscription=subscription, resolved_at=None).order_by(
            "pk"
        )
    )


def _kept(
    subscription: Subscription,
    found: Sequence[Finding],
    ongoing: frozenset[str],
    now: datetime,
) -> None:
    known = {one.key: one for one in _open(subscription)}
    told_runs = _told_events(subscription, found)
    for finding in found:
        if finding.key in known:
            _joined(known[finding.key], finding)
        elif finding.key not in told_runs:
            is_first = subscription.checked_at is None
            Incident.objects.create(
                subscription=subscription,
                key=finding.key,
                title=finding.title,
                about=list(finding.about),
                is_known=is_first and finding.is_news,
                opened_at=now,
            )
    keys = {finding.key for finding in found}
    for one in known.values():
        _aged(one, one.key in ongoing or _is_event(one), keys, now)


def _told_events(subscription: Subscription, found: Sequence[Finding]) -> set[str]:
    keys = [finding.key for finding in found if finding.is_event]
    rows = Incident.objects.filter(subscription=subscription, key__in=keys)
    return set(rows.values_list("key", flat=True))


def _joined(one: Incident, finding: Finding) -> None:
    """Tests that fail alike later are of the same cause."""
    about = sorted({*one.about, *finding.about})
    if about != sorted(one.about):
        Incident.objects.filter(pk=one.pk).update(about=about, title=finding.title)


def _aged(one: Incident, goes_on: bool, keys: set[str], now: datetime) -> None:
    row = Incident.objects.filter(pk=one.pk)
    if goes_on:
        if one.gone_since:
            # Where it was told it is the same, else it begins here.
            row.update(gone_since=None, opened_at=one.opened_at if one.told_at else now)
        return
    gone_since = one.gone_since or now
    is_over = now - gone_since >= GONE_FOR
    is_quiet = one.told_at is None or _is_worse(one, keys)
    row.update(
        gone_since=gone_since,
        resolved_at=now if is_over else None,
        end_told_at=now if is_over and is_quiet else None,
    )


def _is_worse(one: Incident, keys: set[str]) -> bool:
    """Whether a milestone at risk is overdue now: it has not recovered."""
    kind, _, rest = one.key.partition(" ")
    same = f"{kind} {rest.partition(' ')[0]} "
    return kind == Cause.MILESTONE and any(key.startswith(same) for key in keys)


def _is_event(one: Incident) -> bool:
    return one.key.startswith(f"{Cause.RUN.value} ")


def _tell(
    subscription: Subscription,
    found: Sequence[Finding],
    projects: list[int],
    now: datetime,
) -> None:
    """One delivery of all that is news."""
    by_key = {finding.key: finding for finding in found}
    begun = [one for one in _open(subscription) if _is_to_tell(one, by_key, now)]
    ended = list(
        Incident.objects.filter(
            subscription=subscription, resolved_at__isnull=False, end_told_at=None
        ).order_by("pk")
    )
    if not begun and not ended:
        return
    new = [by_key[one.key] for one in begun]
    message = message_of(subscription, new, [one.title for one in ended])
    page, link = _leads_to(subscription, new)
    delivery = Delivery(
        subscription=subscription,
        key=f"alert {now.isoformat()}",
        message=message.stored(),
        page=page,
        projects=projects,
        next_try_at=now,
    )
    delivery.link = link
    delivery.save()
    ids = [one.pk for one in begun]
    Incident.objects.filter(pk__in=ids).update(told_at=now)
    events = [one.pk for one in begun if _is_event(one)]
    Incident.objects.filter(pk__in=events).update(resolved_at=now, end_told_at=now)
    ids = [one.pk for one in ended]
    Incident.objects.filter(pk__in=ids).update(end_told_at=now)


def _is_to_tell(one: Incident, found: Mapping[str, Finding], now: datetime) -> bool:
    if one.told_at or one.is_known or one.gone_since or one.key not in found:
        return False
    kind = one.key.partition(" ")[0]
    if now - one.opened_at < LASTS_FOR.get(kind, timedelta()):
        return False
    before = Incident.objects.filter(
        subscription=one.subscription, key=one.key, told_at__gt=now - AGAIN_AFTER
    )
    return not before.exists()


def message_of(
    subscription: Subscription, new: Sequence[Finding], ended: Sequence[str]
) -> Message:
    """What began, by its kind, and what is over."""
    parts = [
        _part(TITLES[cause], [finding.line for finding in group])
        for cause, group in groupby(_in_order(new), key=lambda finding: finding.cause)
    ]
    if ended:
        parts.append(_part(OVER, ended))
    is_bad = any(not finding.is_event for finding in new)
    return Message.made(
        subject=f"{subscription.name}: {_subject(new, ended)}",
        parts=tuple(parts),
        notes=(f"Muted tests are left out. Times are in {subscription.zone}.",),
        level="bad" if is_bad else "info" if new else "good",
        link_text=OPEN_SYNC if _is_of_tools(new) else OPEN,
    )


def _in_order(new: Sequence[Finding]) -> list[Finding]:
    order = list(Cause)
    return sorted(new, key=lambda finding: order.index(finding.cause))


def _subject(new: Sequence[Finding], ended: Sequence[str]) -> str:
    if len(new) == 1:
        return new[0].title
    if new:
        kinds = dict.fromkeys(TITLES[one.cause].lower() for one in _in_order(new))
        return f"{count(len(new))} new ({', '.join(kinds)})"
    return f"over again: {ended[0]}" if len(ended) == 1 else f"{len(ended)} over again"


def _part(title: str, lines: Sequence[str]) -> Part:
    shown = list(lines[:MOST_LINES])
    if left := len(lines) - len(shown):
        shown.append(f"and {plural(left, 'more', 'more')}")
    return Part(title=f"{title} ({count(len(lines))})", lines=tuple(shown))


def _leads_to(subscription: Subscription, new: Sequence[Finding]) -> tuple[str, str]:
    """The page that is shared when it is sent, or an address for people with accounts:
    how syncs fare is always current and shared with nobody.
    """
    if _is_of_tools(new):
        ids = [int(finding.key.rpartition(" ")[2]) for finding in new]
        return "", site_of(subscription) + links.connections(ids)
    pages = _pages(new)
    if len(pages) == 1:
        return pages[0], ""
    query = f"?{subscription.query}" if subscription.query else ""
    return f"{address('standup')}{query}", ""


def _pages(new: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.page for finding in new if finding.page))


def _is_of_tools(new: Sequence[Finding]) -> bool:
    return bool(new) and all(one.cause is Cause.CONNECTION for one in new)


def told_now(subscription: Subscription) -> Message | None:
    """What it would tell if all were new, for a preview; None where nothing is so. Raises
    FilterError as `filters_of`.
    """
    with as_owner(subscription):
        new = findings(subscription, filters_of(subscription))
    return message_of(subscription, new, ()) if new else None
