"""Channels and subscriptions for the tests of what is sent."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User

from dashboard.digests.channels import shown_address
from dashboard.models import Channel, ChannelKind, Delivery, Subscription
from tests.dashboard.digests import receivers
from tests.factories import NOW

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
