"""When something is due: times of day of a zone, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from dashboard.models import Every, Subscription

ONE_DAY = timedelta(days=1)
# A digest that nobody sent for long does not tell of all that time.
LONGEST_BACK = timedelta(days=31)


def zone_names() -> list[str]:
    """Those that people choose from: places, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name)]


def next_slot(subscription: Subscription, after: datetime) -> datetime:
    """The first moment later than `after` at which the digest goes out, in UTC.

    An hour that clocks skip comes when they have skipped it, one that they repeat comes
    the first time only.
    """
    day = _day(subscription, after) - ONE_DAY
    while True:
        slot = _slot(subscription, day)
        if slot is not None and slot > after:
            return slot
        day += ONE_DAY


def newest_slot(subscription: Subscription, now: datetime) -> datetime:
    """The last such moment up to now."""
    day = _day(subscription, now) + ONE_DAY
    while True:
        slot = _slot(subscription, day)
        if slot is not None and slot <= now:
            return slot
        day -= ONE_DAY


def begins(subscription: Subscription, slot: datetime) -> datetime:
    """Where the time begins that a digest tells of: where the last one ended, so that
    nothing is told twice and nothing is left out; the first one tells of a day or a week.
    """
    covered = subscription.covered_until
    if covered is None or covered >= slot:
        return newest_slot(subscription, slot - timedelta(seconds=1))
    return max(covered, slot - LONGEST_BACK)


def day_of_slot(subscription: Subscription, slot: datetime) -> date:
    return slot.astimezone(ZoneInfo(subscription.zone)).date()


def quiet_end(subscription: Subscription, now: datetime) -> datetime | None:
    """When the quiet hours end that lie over `now`; None where none do."""
    begin, end = subscription.quiet_from, subscription.quiet_until
    if begin is None or end is None or begin == end:
        return None
    zone = ZoneInfo(subscription.zone)
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    is_over_night = end < begin
    is_quiet = begin <= clock or clock < end if is_over_night else begin <= clock < end
    if not is_quiet:
        return None
    day = local.date() + (ONE_DAY if clock >= end else timedelta())
    return _moment(day, end, zone)


def _slot(subscription: Subscription, day: date) -> datetime | None:
    if subscription.every == Every.WEEK and day.weekday() != subscription.weekday:
        return None
    assert subscription.at is not None
    return _moment(day, subscription.at, ZoneInfo(subscription.zone))


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    # fold=0: of two equal times the first, and of a skipped one as much later.
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _day(subscription: Subscription, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(subscription.zone)).date()
