"""A digest or an alert in words: when, about what, where to, what came of it."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.filters import FilterError, strict
from dashboard.models import (
    Cause,
    Channel,
    ChannelKind,
    Delivery,
    DeliveryState,
    Every,
    Subscription,
)
from dashboard.pages.digests.form import WEEKDAYS
from dashboard.ui.filter_words import filter_words
from dashboard.ui.parts import State
from dashboard.ui.standup.page_data import ACCEPTS

GONE = "filters that are not there any more"
_ABOUT = {
    Cause.FAILING: "newly failing tests",
    Cause.FLAKY: "newly flaky tests",
    Cause.MILESTONE: "milestones at risk or overdue",
    Cause.CONNECTION: "tools failing or stale",
    Cause.RUN: "runs that finish",
}


def when_words(one: Subscription) -> str:
    """ "Every day at 09:00, Europe/Berlin, if something changed"."""
    if not one.is_digest:
        return about_words(one)
    day = WEEKDAYS[one.weekday] if one.every == Every.WEEK else "day"
    changed = ", if something changed" if one.only_if_changed else ""
    return f"Every {day} at {one.at:%H:%M}, {one.zone}{changed}"


def about_words(one: Subscription) -> str:
    """ "Pass rate of 7 days under 90 %, newly failing tests"."""
    parts = []
    if Cause.FLOOR in one.causes and one.floor is not None:
        days = "24 h" if one.days == 1 else f"{one.days} days"
        parts.append(f"pass rate of {days} under {100 * one.floor:g} %")
    parts += [_ABOUT[Cause(name)] for name in one.causes if name in _ABOUT]
    quiet = ""
    if one.quiet_from and one.quiet_until:
        quiet = f"; quiet {one.quiet_from:%H:%M} to {one.quiet_until:%H:%M}, {one.zone}"
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}{quiet}"


def scope_words(query: str) -> str:
    try:
        return filter_words(strict(QueryDict(query), ACCEPTS), None)
    except FilterError:
        return GONE


def channel_words(channel: Channel) -> str:
    return f"{ChannelKind(channel.kind).label}, {channel.shown}"


def state_of(one: Subscription) -> State:
    if one.stopped:
        return State(glyph="failing", word="stopped", bad=True, title=one.stopped)
    if one.paused_at:
        return State(glyph="paused", word="paused")
    return State(glyph="fresh", word="on")


def delivery_state(delivery: Delivery) -> State:
    """In one word, and why."""
    match delivery.state:
        case DeliveryState.SENT:
            return State(glyph="pass", word="sent")
        case DeliveryState.GAVE_UP:
            return State(
                glyph="failing", word="gave up", bad=True, title=delivery.problem
            )
        case DeliveryState.LEFT_OUT:
            return State(glyph="paused", word="left out", title=delivery.problem)
    is_again = delivery.tries > 0
    word = "tries again" if is_again else "on its way"
    return State(
        glyph="stale" if is_again else "run", word=word, title=delivery.problem
    )


def why_words(delivery: Delivery) -> str:
    """What made it: a day, a click, or a cause."""
    kind, _, rest = delivery.key.partition(" ")
    if kind == "digest":
        return f"Digest of {rest}"
    return "Sent by hand" if kind == "now" else "Alert"
