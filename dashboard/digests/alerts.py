"""Alerts: causes that begin and end, each told once, together where they come together.

A cause is one incident from its beginning to its end. It is told once; its end is told if it
was told itself, once it has been gone for a while, unless its owner may not see it any more.
One that comes and goes is told again only hours later, and in quiet hours nothing is: what is
still so afterwards is told then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.http import QueryDict

from dashboard.addresses import address
from dashboard.digests.alert_text import is_of_tools, message_of
from dashboard.digests.compose import NOT_THERE
from dashboard.digests.deliveries import stop
from dashboard.digests.endings import endings
from dashboard.digests.finding import Already, Finding
from dashboard.digests.findings import findings
from dashboard.digests.incidents import (
    already,
    is_open,
    is_to_tell,
    keep,
    note_told,
    unfinished,
)
from dashboard.digests.links import site_of
from dashboard.digests.message import Message
from dashboard.digests.owners import as_owner, why_not
from dashboard.digests.schedule import quiet_end
from dashboard.filters import FilterError, Filters, strict
from dashboard.models import Delivery, Incident, Subscription
from dashboard.ui import links
from dashboard.ui.standup.page_data import ACCEPTS

CHECK_EVERY = timedelta(minutes=2)
AS_METRIC = replace(ACCEPTS, is_metric=True)


def check(subscription: Subscription, now: datetime) -> None:
    """Look at one alert: keep what began and ended, and make a delivery of what is news."""
    if reason := why_not(subscription):
        stop(subscription, reason)
        return
    before = unfinished(subscription)
    known = already(subscription, before, now)
    try:
        with as_owner(subscription):
            filters = filters_of(subscription)
            found = findings(subscription, filters, known)
            ends = endings(subscription, before, found, filters)
    except FilterError:
        stop(subscription, NOT_THERE)
        return
    with transaction.atomic():
        if _claimed(subscription, now):
            keep(subscription, found, ends, now)
            if quiet_end(subscription, now) is None:
                _tell(subscription, found, now)


def filters_of(subscription: Subscription) -> Filters:
    """Of the present. Raises FilterError for what is not there for the reader in force."""
    return strict(QueryDict(subscription.query), AS_METRIC)


def begin_anew(subscription: Subscription) -> None:
    """What is so now is looked at as at the first time: it was changed, or was paused."""
    Incident.objects.filter(subscription=subscription, resolved_at=None).delete()
    Subscription.objects.filter(pk=subscription.pk).update(checked_at=None)


def _claimed(subscription: Subscription, now: datetime) -> bool:
    """Of two workers that looked at the same time one changes the row."""
    row = Subscription.objects.filter(pk=subscription.pk, next_at=subscription.next_at)
    return bool(row.update(next_at=now + CHECK_EVERY, checked_at=now))


def _tell(subscription: Subscription, found: Sequence[Finding], now: datetime) -> None:
    """One delivery of all that is news."""
    by_key = {finding.key: finding for finding in found}
    rows = unfinished(subscription)
    begun = [one for one in rows if is_open(one) and is_to_tell(one, by_key, now)]
    ended = [one for one in rows if not is_open(one)]
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
        projects=_projects(new, ended),
        next_try_at=now,
        created_at=now,
    )
    delivery.link = link
    delivery.save()
    note_told(begun, ended, now)


def _projects(new: Iterable[Finding], ended: Iterable[Incident]) -> list[int]:
    """All that a message of these was made of."""
    ids = {pk for finding in new for pk in finding.projects}
    return sorted(ids.union(*(one.projects for one in ended)))


def _leads_to(subscription: Subscription, new: Sequence[Finding]) -> tuple[str, str]:
    """The page that is shared when it is sent, or an address for people with accounts:
    how syncs fare is always current and shared with nobody.
    """
    if is_of_tools(new):
        ids = [pk for finding in new for pk in finding.about]
        return "", site_of(subscription) + links.connections(ids)
    pages = _pages(new)
    if len(pages) == 1:
        return pages[0], ""
    query = f"?{subscription.query}" if subscription.query else ""
    return f"{address('standup')}{query}", ""


def _pages(new: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.page for finding in new if finding.page))


def told_now(subscription: Subscription) -> Message | None:
    """What it would tell if all were new, for a preview; None where nothing is so. Raises
    FilterError as `filters_of`.
    """
    with as_owner(subscription):
        new = findings(subscription, filters_of(subscription), Already())
    return message_of(subscription, new, ()) if new else None
