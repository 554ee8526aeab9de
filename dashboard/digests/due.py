"""What is due, found by the beat: digests at their times, alerts every few minutes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from dashboard.digests.alerts import check
from dashboard.digests.schedule import begins, day_of_slot, newest_slot, next_slot
from dashboard.models import Delivery, Every, Subscription

logger = logging.getLogger(__name__)
MOST_A_ROUND = 100


def start_due() -> None:
    """Begin whatever is due; what fails is due again with the next round."""
    now = timezone.now()
    due = Subscription.objects.select_related("owner").filter(
        next_at__lte=now, paused_at=None, stopped=""
    )
    for subscription in due.order_by("next_at")[:MOST_A_ROUND]:
        try:
            start(subscription, now)
        except Exception:
            # Whatever it is, it must not keep back the others.
            logger.exception("subscription %s", subscription.pk)


def start(subscription: Subscription, now: datetime) -> None:
    if subscription.is_digest:
        _start_digest(subscription, now)
    else:
        check(subscription, now)


def _start_digest(subscription: Subscription, now: datetime) -> None:
    """One delivery for the newest day that is due, however many went by."""
    slot = newest_slot(subscription, now)
    with transaction.atomic():
        # Of two workers one changes the row.
        if not _claimed(subscription, next_slot(subscription, now)):
            return
        Delivery.objects.get_or_create(
            subscription=subscription,
            key=f"digest {day_of_slot(subscription, slot)}",
            defaults={"next_try_at": now, "since_at": begins(subscription, slot)},
        )


def _claimed(subscription: Subscription, next_at: datetime) -> bool:
    row = Subscription.objects.filter(pk=subscription.pk, next_at=subscription.next_at)
    return bool(row.update(next_at=next_at))


def send_now(subscription: Subscription) -> Delivery:
    """A digest of the time until now, whatever was sent before; one a minute."""
    now = timezone.now()
    made, _ = Delivery.objects.get_or_create(
        subscription=subscription,
        key=f"now {now:%Y-%m-%dT%H:%M}",
        defaults={"next_try_at": now, "since_at": now - length_of(subscription)},
    )
    return made


def length_of(subscription: Subscription) -> timedelta:
    """The time that a digest is about by itself."""
    return timedelta(days=7 if subscription.every == Every.WEEK else 1)
