"""What a delivery says, written when it is its turn, and the link that goes with it."""

from __future__ import annotations

from dashboard.digests.links import pinned_share
from dashboard.digests.message import Message
from dashboard.digests.owners import as_owner
from dashboard.digests.standup import page_of, told_by_share
from dashboard.models import Delivery
from dashboard.sharing.making import CannotShare

NOTHING_CHANGED = "Nothing changed since the last one that was sent."
NOT_THEIRS = "Its owner may not see all of it any more."
NO_RUN = "There is no run yet."
NOT_THERE = "What its filters choose is not there any more, or its owner may not see it any more."


class NothingToSend(Exception):
    """The text says why."""


class Stopped(Exception):
    """Nothing of the subscription can be sent until a person changes it."""


def compose(delivery: Delivery) -> None:
    """Write its message and its link, and keep both.

    Raises:
        NothingToSend: it would say nothing new.
        Stopped: its owner may not see what it is about any more.
    """
    if not delivery.message:
        _digest(delivery)
    elif delivery.page:
        _link(delivery)


def _digest(delivery: Delivery) -> None:
    subscription = delivery.subscription
    assert delivery.since_at is not None
    delivery.page = page_of(subscription, delivery.since_at)
    try:
        with as_owner(subscription):
            share, link = pinned_share(subscription, delivery.page)
    except CannotShare:
        raise Stopped(NOT_THERE) from None
    told = told_by_share(subscription, share)
    delivery.until_at = share.until
    is_old = subscription.only_if_changed and told.fingerprint == subscription.told
    if told.is_empty or (is_old and delivery.key.startswith("digest ")):
        # Nobody was told of it.
        share.delete()
        raise NothingToSend(NO_RUN if told.is_empty else NOTHING_CHANGED)
    delivery.told, delivery.projects = told.fingerprint, share.projects
    _keep(delivery, told.message, link)


def _link(delivery: Delivery) -> None:
    """Of an alert, which said already what it has to say."""
    subscription = delivery.subscription
    try:
        with as_owner(subscription):
            _, link = pinned_share(subscription, delivery.page)
    except CannotShare:
        # What it is about went meanwhile; that it was there is told all the same.
        delivery.page, link = "", ""
    _keep(delivery, Message.read(delivery.message), link)


def _keep(delivery: Delivery, message: Message, link: str) -> None:
    delivery.message = message.stored()
    delivery.link = link
    delivery.save(
        update_fields=["message", "page", "told", "projects", "until_at", "sealed_link"]
    )
