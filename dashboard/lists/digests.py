"""Digests and alerts with their channels: the reader's own, to administrators all."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from dashboard.models import Channel, Delivery, DeliveryState, Subscription
from dashboard.readers import Role, reader

MOST_DELIVERIES = 50


def subscriptions(*, of_all: bool = False) -> QuerySet[Subscription]:
    """Each with the id of its newest delivery (`last_id`)."""
    newest = Delivery.objects.filter(subscription=OuterRef("pk")).order_by("-pk")
    rows = Subscription.objects.select_related("owner", "channel")
    rows = rows.annotate(last_id=Subquery(newest.values("pk")[:1]))
    return rows if of_all else rows.filter(owner=reader().user_id)


def channels(*, of_all: bool = False) -> QuerySet[Channel]:
    rows = Channel.objects.all()
    return rows if of_all else rows.filter(owner=reader().user_id)


def channel_or_404(channel_id: int) -> Channel:
    is_admin = reader().may(Role.ADMIN)
    return get_object_or_404(channels(of_all=is_admin), pk=channel_id)


def own_subscription_or_404(subscription_id: int) -> Subscription:
    """What only its owner may do with it."""
    return get_object_or_404(subscriptions(), pk=subscription_id)


def subscription_or_404(subscription_id: int) -> Subscription:
    is_admin = reader().may(Role.ADMIN)
    return get_object_or_404(subscriptions(of_all=is_admin), pk=subscription_id)


def deliveries_by_id(ids: list[int]) -> dict[int, Delivery]:
    return Delivery.objects.in_bulk(ids)


def history(subscription: Subscription) -> list[Delivery]:
    """The newest first."""
    rows = Delivery.objects.filter(subscription=subscription)
    return list(rows.order_by("-pk")[:MOST_DELIVERIES])


def given_up() -> QuerySet[Subscription]:
    """The reader's own whose newest delivery did not arrive."""
    newest = Delivery.objects.filter(subscription=OuterRef("pk")).order_by("-pk")
    rows = subscriptions().annotate(last_state=Subquery(newest.values("state")[:1]))
    return rows.filter(last_state=DeliveryState.GAVE_UP)
