"""Channels, digests and alerts made, changed and ended, each act kept without any key."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from dashboard.annotations.audit_log import NOTHING, Said, note
from dashboard.models import ActKind, Channel, Subscription


@transaction.atomic
def save_channel(channel: Channel, *, by: str) -> None:
    channel.save()
    _note(channel.pk, f"channel {channel.name}", NOTHING, _channel(channel), by)


@transaction.atomic
def delete_channel(channel: Channel, *, by: str) -> None:
    """With whatever is sent to it."""
    _note(channel.pk, f"channel {channel.name}", _channel(channel), NOTHING, by)
    channel.delete()


@transaction.atomic
def save(subscription: Subscription, *, by: str) -> None:
    """Make it, or change it to what it says now."""
    was: Said = NOTHING
    if subscription.pk:
        was = _said(Subscription.objects.get(pk=subscription.pk))
    subscription.save()
    _note(subscription.pk, subscription.name, was, _said(subscription), by)


@transaction.atomic
def delete(subscription: Subscription, *, by: str) -> None:
    _note(subscription.pk, subscription.name, _said(subscription), NOTHING, by)
    subscription.delete()


@transaction.atomic
def pause(subscription: Subscription, *, by: str) -> None:
    subscription.paused_at, subscription.next_at = timezone.now(), None
    save(subscription, by=by)


def _note(
    about: int,
    name: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    by: str,
) -> None:
    note(ActKind.DIGEST, by=by, about=about, name=name, before=before, after=after)


def _channel(channel: Channel) -> Said:
    return {"kind": channel.kind, "address": channel.shown}


def _said(one: Subscription) -> Said:
    said: dict[str, object] = {
        "channel": one.channel.name,
        "filters": one.query,
        "zone": one.zone,
        "paused": one.paused_at is not None,
    }
    if one.is_digest:
        return said | {
            "every": one.every,
            "at": f"{one.at:%H:%M}" if one.at else "",
            "only if changed": one.only_if_changed,
        }
    return said | {
        "about": ", ".join(one.causes),
        "floor": f"{100 * one.floor:g} %" if one.floor is not None else "",
        "quiet": f"{one.quiet_from:%H:%M}-{one.quiet_until:%H:%M}"
        if one.quiet_from and one.quiet_until
        else "",
    }
