"""Deliveries on their way: held by one worker, tried again after pauses, given up.

One that was sent and whose worker ended before it could note so is sent again: twice is
the smaller harm. Two workers never send the same one: whoever begins holds it by one
conditional UPDATE.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from dashboard.digests.compose import NOT_THEIRS, NothingToSend, Stopped, compose
from dashboard.digests.incidents import note_not_told
from dashboard.digests.message import Message
from dashboard.digests.owners import is_still_theirs, why_not
from dashboard.digests.sending import Outcome, send
from dashboard.models import Delivery, DeliveryState, Subscription
from dashboard.models.digests import waiting

logger = logging.getLogger(__name__)
# Together about an hour: 1, 2, 4, 8, 16 and 32 minutes after each other.
MOST_TRIES = 7
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# Longer than composing and sending may take.
HELD_FOR = timedelta(minutes=5)
# One round leaves the worker to others soon.
MOST_A_ROUND = 20
DIED = "The worker that sent it ended before it noted what came of it."
DID_NOT_LOAD = "The numbers did not load."
UNFORESEEN = "It failed in a way that nobody foresaw; the log says how."


def send_waiting(most: int = MOST_A_ROUND) -> int:
    """Work on what is due, the longest waiting first; returns how many that were."""
    done = 0
    for pk in waiting(timezone.now()).order_by("next_try_at").values_list("pk")[:most]:
        done += work_on(pk[0])
    return done


def work_on(delivery_id: int) -> bool:
    """Try one that is due; False where another holds it or nothing is due."""
    delivery = _held(delivery_id)
    if delivery is None:
        return False
    try:
        outcome = _tried(delivery)
    except NothingToSend as reason:
        _note(delivery, DeliveryState.LEFT_OUT, problem=str(reason))
        if str(reason) == NOT_THEIRS:
            note_not_told(delivery)
        else:
            _covered(delivery)
    except Stopped as reason:
        _note(delivery, DeliveryState.LEFT_OUT, problem=str(reason))
        stop(delivery.subscription, str(reason))
    except DatabaseError as error:
        logger.warning("delivery %s: %s", delivery_id, type(error).__name__)
        _after(delivery, Outcome(problem=DID_NOT_LOAD))
    except Exception:
        # One that nobody foresaw must not keep back those that wait behind it.
        logger.exception("delivery %s", delivery_id)
        _after(delivery, Outcome(problem=UNFORESEEN))
    else:
        _after(delivery, outcome)
    return True


def stop(subscription: Subscription, reason: str) -> None:
    """It stops by itself and says why, until its owner lets it go on."""
    rows = Subscription.objects.filter(pk=subscription.pk, stopped="")
    rows.update(stopped=reason, next_at=None)
    left = Delivery.objects.filter(
        subscription=subscription, state=DeliveryState.WAITING
    )
    left.update(state=DeliveryState.LEFT_OUT, problem=reason, sealed_link="")


def _held(delivery_id: int) -> Delivery | None:
    now = timezone.now()
    row = waiting(now).filter(pk=delivery_id)
    before = row.values_list("held_until", flat=True).first()
    if not row.update(held_until=now + HELD_FOR):
        return None
    found = Delivery.objects.select_related(
        "subscription__owner", "subscription__channel"
    ).get(pk=delivery_id)
    if before is not None:
        # Whoever held it did not come to an end.
        found.tries += 1
        found.problem = DIED
        found.save(update_fields=["tries", "problem"])
    return found


def _tried(delivery: Delivery) -> Outcome:
    subscription = delivery.subscription
    if reason := why_not(subscription):
        raise Stopped(reason)
    if delivery.tries >= MOST_TRIES:
        return Outcome(problem=delivery.problem, is_final=True)
    if not is_still_theirs(delivery):
        raise NothingToSend(NOT_THEIRS)
    if not delivery.message or (delivery.page and not delivery.sealed_link):
        compose(delivery)
    message = Message.read(delivery.message, delivery.link)
    return send(subscription.channel, message)


def _after(delivery: Delivery, outcome: Outcome) -> None:
    if outcome.is_sent:
        _note(delivery, DeliveryState.SENT, problem="")
        if delivery.told:
            _remember(delivery)
        return
    tries = delivery.tries + 1
    if outcome.is_final or tries >= MOST_TRIES:
        _note(delivery, DeliveryState.GAVE_UP, problem=outcome.problem)
        return
    Delivery.objects.filter(pk=delivery.pk).update(
        tries=tries,
        problem=outcome.problem,
        held_until=None,
        next_try_at=timezone.now() + pause_after(tries, outcome.retry_after_s),
    )


def pause_after(tries: int, asked_s: float | None = None) -> timedelta:
    """The pause before the next try, doubling; longer where the other side asks for it."""
    asked = min(timedelta(seconds=asked_s or 0), LONGEST_PAUSE)
    doubled: timedelta = FIRST_PAUSE * 2 ** (tries - 1)
    return max(min(doubled, LONGEST_PAUSE), asked)


def _note(delivery: Delivery, state: DeliveryState, *, problem: str) -> None:
    now = timezone.now()
    is_tried = state is not DeliveryState.LEFT_OUT
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        problem=problem,
        tries=delivery.tries + is_tried,
        held_until=None,
        next_try_at=None,
        sent_at=now if state is DeliveryState.SENT else None,
        # A key to a page is not kept longer than it is needed.
        sealed_link="",
    )


def _remember(delivery: Delivery) -> None:
    """What the digest said, so that the next one can tell whether something changed."""
    rows = Subscription.objects.filter(pk=delivery.subscription_id)
    rows.update(told=delivery.told)
    _covered(delivery)


def _covered(delivery: Delivery) -> None:
    """The next one begins where this one ended, unless it did not arrive."""
    if delivery.until_at and delivery.key.startswith("digest "):
        rows = Subscription.objects.filter(pk=delivery.subscription_id)
        rows.update(covered_until=delivery.until_at)
