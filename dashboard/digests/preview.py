"""What would be sent now, before anything is, as each kind of channel reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from dashboard.addresses import SHARED, site_root
from dashboard.digests import alerts, formats
from dashboard.digests.compose import NOT_THERE
from dashboard.digests.due import length_of
from dashboard.digests.links import site_of
from dashboard.digests.message import Message
from dashboard.digests.owners import why_not
from dashboard.digests.standup import told_now
from dashboard.filters import FilterError
from dashboard.models import ChannelKind, Subscription
from dashboard.reading.rights import reader_of

# Stands where the link is, which is made when it is sent.
NO_LINK_YET = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`subject` and `text` letter for letter."""

    kind: str
    label: str
    subject: str
    text: str
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`nothing` says why nothing would be sent."""

    looks: Sequence[Look] = ()
    nothing: str = ""


def preview(subscription: Subscription) -> Preview:
    """Of what its owner sees at this moment."""
    if reason := why_not(subscription):
        return Preview(nothing=reason)
    if not subscription.is_digest:
        return _of_alert(subscription)
    now = timezone.now()
    told = told_now(
        subscription, now - length_of(subscription), reader_of(subscription.owner)
    )
    if told.is_empty:
        return Preview(nothing="There is no run yet.")
    return Preview(looks=looks(told.message, subscription))


def _of_alert(subscription: Subscription) -> Preview:
    """All that is so now, as if all of it were new."""
    try:
        message = alerts.told_now(subscription)
    except FilterError:
        return Preview(nothing=NOT_THERE)
    if message is None:
        return Preview(nothing="Nothing of what it is about is so now.")
    return Preview(looks=looks(message, subscription))


def looks(message: Message, subscription: Subscription) -> tuple[Look, ...]:
    """That of the subscription's own channel first."""
    own, site = subscription.channel.kind, site_of(subscription)
    link = f"{site}{site_root().rstrip('/')}{SHARED}{NO_LINK_YET}"
    message = replace(message, link=link)
    kinds = sorted(ChannelKind, key=lambda kind: kind.value != own)
    return tuple(
        Look(
            kind=kind.value,
            label=str(kind.label),
            subject=formats.subject(message, kind),
            text=_text(message, kind),
            is_own=kind.value == own,
        )
        for kind in kinds
    )


def _text(message: Message, kind: ChannelKind) -> str:
    # A mail is told by its text, which people without HTML read.
    if kind is ChannelKind.EMAIL:
        return formats.plain(message)
    return formats.body(message, kind)
