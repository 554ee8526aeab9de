"""Channels and subscriptions for the tests of what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User

from dashboard.digests.channels import shown_address
from dashboard.digests.deliveries import send_waiting
from dashboard.digests.due import start_due
from dashboard.models import Channel, ChannelKind, Delivery, Subscription
from ingest.models import Project
from tests import clock, factories
from tests.dashboard.digests import receivers
from tests.factories import NOW

NO_SUCH = "Connection to payments refused"

PATHS = {
    ChannelKind.SLACK: receivers.SLACK,
    ChannelKind.DISCORD: receivers.DISCORD,
    ChannelKind.TEAMS: receivers.TEAMS,
    ChannelKind.WEBHOOK: receivers.WEBHOOK,
}


def channel(owner: User, kind: ChannelKind, address: str) -> Channel:
    """`address` of a receiver's server, or of a mailbox."""
    if kind in PATHS:
        address += PATHS[kind]
    made = Channel(owner=owner, kind=kind, name=f"our {kind}")
    made.address, made.shown = address, shown_address(kind, address)
    made.save()
    return made


def digest(to: Channel, **values: Any) -> Subscription:
    """Every day at 9 in UTC, due now."""
    values = {"zone": "UTC", "at": time(9), "next_at": NOW, "name": "Morning", **values}
    return Subscription.objects.create(
        owner=to.owner, channel=to, kind=Subscription.DIGEST, **values
    )


def delivery(of: Subscription, **values: Any) -> Delivery:
    values = {"key": "now", "next_try_at": NOW, "since_at": ago(days=1), **values}
    return Delivery.objects.create(subscription=of, **values)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def look(minutes: float, web: receivers.Web) -> list[str]:
    """What the beat sends so many minutes from now, part by part."""
    before = len(web.got)
    with clock.stopped(clock.now() + timedelta(minutes=minutes)):
        start_due()
        send_waiting()
    return [
        " | ".join([part["title"], *part["lines"]])
        for _, body in web.got[before:]
        for part in body["parts"]
    ]


def fails(
    project: Project,
    names: Sequence[str],
    letter: str = "F",
    message: str = NO_SUCH,
    **values: Any,
) -> None:
    values = {"started_at": ago(minutes=9), **values}
    run = factories.make_run(project, status="failed", **values)
    factories.make_results(run, letter * len(names), cases=list(names), message=message)
