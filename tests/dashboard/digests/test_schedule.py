"""Moments at which digests are due, and hours in which alerts are quiet."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from dashboard.digests.schedule import begins, newest_slot, next_slot, quiet_end
from dashboard.models import Subscription


def zoned(zone: str, at: time, **values: object) -> Subscription:
    return Subscription(kind="digest", zone=zone, at=at, **values)


@pytest.mark.parametrize(
    ("at", "days"),
    [
        # Clocks in Berlin skip from 02:00 to 03:00 on 29 March and repeat 02:00 to
        # 03:00 on 25 October 2026.
        (
            time(2, 30),
            {"2026-03-28": "01:30", "2026-03-29": "01:30", "2026-03-30": "00:30"},
        ),
        (
            time(2, 30),
            {"2026-10-24": "00:30", "2026-10-25": "00:30", "2026-10-26": "01:30"},
        ),
        (
            time(9),
            {"2026-03-28": "08:00", "2026-03-29": "07:00", "2026-03-30": "07:00"},
        ),
    ],
)
def test_each_day_has_one_moment_whatever_clocks_do(at, days):
    daily = zoned("Europe/Berlin", at)
    first = date.fromisoformat(min(days))
    moment = datetime.combine(first, time(), UTC) - timedelta(hours=4)
    for day, clock_utc in days.items():
        moment = next_slot(daily, moment)
        assert moment.isoformat() == f"{day}T{clock_utc}:00+00:00"
        assert newest_slot(daily, moment) == moment
        assert newest_slot(daily, moment + timedelta(hours=3)) == moment


def test_a_week_is_seven_days_of_its_zone():
    weekly = zoned("America/New_York", time(8), every="week", weekday=0)
    slot = next_slot(weekly, datetime(2026, 10, 30, tzinfo=UTC))
    # Clocks went back the day before.
    assert slot.isoformat() == "2026-11-02T13:00:00+00:00"
    assert begins(weekly, slot).isoformat() == "2026-10-26T12:00:00+00:00"


def test_quiet_hours_may_lie_over_midnight():
    night = Subscription(zone="UTC", quiet_from=time(22), quiet_until=time(7))
    ends = {
        hour: quiet_end(night, datetime(2026, 5, 5, hour, tzinfo=UTC))
        for hour in (21, 22, 23, 0, 6, 7)
    }
    assert {hour: end and end.day for hour, end in ends.items()} == {
        21: None,
        22: 6,
        23: 6,
        0: 5,
        6: 5,
        7: None,
    }
    noon = Subscription(zone="UTC", quiet_from=time(12), quiet_until=time(13))
    assert quiet_end(noon, datetime(2026, 5, 5, 12, 30, tzinfo=UTC)).hour == 13
    assert quiet_end(noon, datetime(2026, 5, 5, 13, tzinfo=UTC)) is None
