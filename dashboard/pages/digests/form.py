"""The forms of a channel and of a digest or alert: what was sent, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from zoneinfo import available_timezones

from django.http import QueryDict
from django.utils import timezone

from dashboard.addresses import address
from dashboard.digests.channels import WrongAddress, checked_address, shown_address
from dashboard.digests.schedule import next_slot
from dashboard.filters import FilterError, Filters, strict, unknown_values, without_all
from dashboard.ids import id_of
from dashboard.models import Cause, Channel, ChannelKind, Every, Subscription
from dashboard.ui.lengths import LONGEST_ADDRESS
from dashboard.ui.standup.page_data import ACCEPTS

LONGEST_NAME = 200
WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "Sunday",
)
# Days that a floor is about.
DAYS = (1, 7, 30)
# What an address of a page says beside its filters.
_OF_THE_PAGE = ("since", "until", "window", "view", "as_of", "format", "sort", "theme")
NO_NAME = "Give it a name, by which you know the message."
NO_CHANNEL = "Choose one of your channels."
NO_TIME = "Enter a time of day such as 09:00."
NO_ZONE = "Choose a time zone such as Europe/Berlin."
NO_CAUSE = "Choose what it is about."
NO_FLOOR = "Enter a pass rate over 0 and up to 100 percent."
BOTH_OR_NONE = "Enter both times of day, or none."
NOT_OURS = "It is no address of a page with filters, such as {example}?branch=main."
WATCH_WHICH = (
    "Say which runs: filter a page by project, source, configuration or branch and "
    "paste its address into Filters."
)
Problems = dict[str, str]
FIELDS = (
    *("name", "channel", "filters", "zone", "every", "weekday", "at"),
    *("only_if_changed", "floor", "days", "quiet_from", "quiet_until"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelForm:
    kind: str = ChannelKind.SLACK.value
    name: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


def read_channel(sent: QueryDict, owner_id: int) -> tuple[Channel | None, ChannelForm]:
    """The channel, unless something is wrong. The address is in no answer again."""
    kind_text, name = sent.get("kind", ""), _plain(sent.get("name", ""))
    problems: Problems = {}
    address = ""
    try:
        kind = ChannelKind(kind_text)
        address = checked_address(kind, sent.get("address", ""))
    except WrongAddress as error:
        problems["address"] = str(error)
    except ValueError:
        kind = ChannelKind.SLACK
        problems["kind"] = "Choose what it is."
    if not name or len(name) > LONGEST_NAME:
        problems["name"] = NO_NAME
    form = ChannelForm(kind=kind.value, name=name[:LONGEST_NAME], problems=problems)
    if problems:
        return None, form
    shown = shown_address(kind, address)
    channel = Channel(owner_id=owner_id, kind=kind, name=name, shown=shown)
    channel.address = address
    return channel, form


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionForm:
    """Every field as text, as it was sent or is stored."""

    kind: str
    values: Mapping[str, str]
    causes: Sequence[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def stored_form(one: Subscription) -> SubscriptionForm:
    return SubscriptionForm(
        kind=one.kind,
        causes=tuple(one.causes),
        values={
            "name": one.name,
            "channel": str(one.channel_id),
            "filters": f"{address('standup')}?{one.query}" if one.query else "",
            "zone": one.zone,
            "every": one.every,
            "weekday": str(one.weekday),
            "at": _clock(one.at),
            "only_if_changed": "1" if one.only_if_changed else "",
            "floor": "" if one.floor is None else f"{100 * one.floor:g}",
            "days": str(one.days),
            "quiet_from": _clock(one.quiet_from),
            "quiet_until": _clock(one.quiet_until),
        },
    )


def new_form(kind: str, channels: Sequence[Channel], filters: str) -> SubscriptionForm:
    """A new one; its zone is that in which pages tell times."""
    is_digest = kind == Subscription.DIGEST
    return SubscriptionForm(
        kind=kind,
        causes=() if is_digest else (Cause.FAILING.value,),
        values={
            "name": "Stand-up" if is_digest else "Alert",
            "channel": str(channels[0].pk) if channels else "",
            "filters": filters[:LONGEST_ADDRESS],
            "zone": str(timezone.get_current_timezone()),
            "every": Every.DAY.value,
            "weekday": "0",
            "at": "09:00",
            "only_if_changed": "",
            "floor": "90",
            "days": "7",
            "quiet_from": "",
            "quiet_until": "",
        },
    )


def read_subscription(
    sent: QueryDict, into: Subscription, channels: Sequence[Channel]
) -> SubscriptionForm:
    """Write what was sent into the row, and say what is wrong; nothing is saved."""
    problems: Problems = {}
    values = {name: sent.get(name, "") for name in FIELDS}
    into.name = _plain(values.get("name", ""))
    if not into.name or len(into.name) > LONGEST_NAME:
        problems["name"] = NO_NAME
    channel = id_of(values.get("channel", ""))
    found = next((one for one in channels if one.pk == channel), None)
    if found is None:
        problems["channel"] = NO_CHANNEL
    else:
        into.channel = found
    into.zone = values.get("zone", "")
    if into.zone not in available_timezones():
        problems["zone"] = NO_ZONE
    filters = _filters(values.get("filters", ""), into, problems)
    causes = sent.getlist("causes")
    if into.is_digest:
        _digest(values, into, problems)
    else:
        _alert(values, causes, into, problems, filters)
    return SubscriptionForm(
        kind=into.kind, values=values, causes=tuple(causes), problems=problems
    )


def _digest(values: Mapping[str, str], into: Subscription, problems: Problems) -> None:
    every, at = values.get("every", ""), _time(values.get("at", ""))
    into.every = every if every in Every.values else Every.DAY
    weekday = id_of(values.get("weekday", "")) or 0
    into.weekday = weekday if weekday < len(WEEKDAYS) else 0
    into.only_if_changed = bool(values.get("only_if_changed"))
    into.at = at
    if at is None:
        problems["at"] = NO_TIME


def _alert(
    values: Mapping[str, str],
    causes: Sequence[str],
    into: Subscription,
    problems: Problems,
    filters: Filters | None,
) -> None:
    into.causes = [cause for cause in Cause.values if cause in causes]
    if not into.causes:
        problems["causes"] = NO_CAUSE
    into.floor = None
    if Cause.FLOOR in into.causes:
        into.floor = _share(values.get("floor", ""))
        if into.floor is None:
            problems["floor"] = NO_FLOOR
    days = id_of(values.get("days", ""))
    into.days = days if days in DAYS else 7
    names = ("project", "source", "configuration", "branch", "milestone")
    is_chosen = filters and any(getattr(filters, name) for name in names)
    if Cause.RUN in into.causes and filters and not is_chosen:
        problems["filters"] = WATCH_WHICH
    begin, end = values.get("quiet_from", ""), values.get("quiet_until", "")
    into.quiet_from, into.quiet_until = _time(begin), _time(end)
    is_read = bool(into.quiet_from) == bool(begin) and bool(into.quiet_until) == bool(
        end
    )
    if bool(begin) != bool(end) or not is_read:
        problems["quiet"] = BOTH_OR_NONE


def page_filters(text: str) -> Filters:
    """Those of a page's address, without its time; raises ValueError with a sentence."""
    if len(text) > LONGEST_ADDRESS or (text.strip() and "?" not in text):
        raise ValueError(NOT_OURS.format(example=address("standup")))
    query = QueryDict(text.strip().partition("?")[2], mutable=True)
    for name in _OF_THE_PAGE:
        query.pop(name, None)
    query, _ = without_all(query)
    try:
        filters = strict(query, ACCEPTS)
    except FilterError as error:
        problems = error.problems
    else:
        problems = unknown_values(filters)[1]
    if problems:
        raise ValueError(" ".join(f"{p.name[:60]}: {p.sentence}" for p in problems))
    return filters


def _filters(text: str, into: Subscription, problems: Problems) -> Filters | None:
    try:
        filters = page_filters(text)
    except ValueError as error:
        problems["filters"] = str(error)
        return None
    into.query = filters.to_query()
    return filters


def schedule(one: Subscription) -> None:
    """When a worker looks at it next, from now on."""
    now = timezone.now()
    one.paused_at, one.stopped = None, ""
    one.next_at = next_slot(one, now) if one.is_digest else now


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if len(text) == 5 else None
    except ValueError:
        return None


def _share(text: str) -> float | None:
    try:
        percent = float(text.strip().rstrip("%").replace(",", "."))
    except ValueError:
        return None
    return percent / 100 if 0 < percent <= 100 else None


def _plain(text: str) -> str:
    return " ".join(text.replace("\0", "").split())
