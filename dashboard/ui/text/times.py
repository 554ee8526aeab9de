"""How durations, ages, days and moments read."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from dashboard.ui.text.numbers import DASH, plural


def standup_since(since: datetime, until: datetime, zone: tzinfo) -> str:
    """ "since yesterday 09:15", "since 06:00", "since 16 Nov 09:15"."""
    there = since.astimezone(zone)
    if is_the_day_before(since, until, zone):
        return f"since yesterday {there:%H:%M}"
    if there.date() == until.astimezone(zone).date():
        return f"since {there:%H:%M}"
    return f"since {day(there)} {there:%H:%M}"


def is_the_day_before(since: datetime, until: datetime, zone: tzinfo) -> bool:
    last = until.astimezone(zone).date()
    return since.astimezone(zone).date() == last - timedelta(days=1)


def failed_for(
    since: datetime, until: datetime, streak: int, *, is_cut: bool = False
) -> str:
    """ "failed 9 days", "failed once"; `is_cut` where it may have failed longer."""
    if is_cut:
        return f"failed {age(since, until)} or more"
    if streak == 1:
        return "failed once"
    words = age(since, until)
    return "failed less than a minute" if words == "now" else f"failed {words}"


MINUS = "\N{MINUS SIGN}"
_MONTHS = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def duration(duration_ms: int | None) -> str:
    """41h 20m, 18m 42s, 58s, 0.3s; unknown is a dash."""
    if duration_ms is None:
        return DASH
    if duration_ms < 0:
        return MINUS + duration(-duration_ms)
    if 0 < duration_ms < 950:
        return f"{max(duration_ms, 50) / 1000:.1f}s"
    seconds = round(duration_ms / 1000)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours:,}h {minutes:02d}m"
    if minutes:
        return f"{minutes}m {seconds % 60:02d}s"
    return f"{seconds}s"


def duration_parts(duration_ms: int) -> tuple[tuple[str, str], ...]:
    """For key figures: (("41", "h"), ("20", "m"))."""
    words = duration(duration_ms).split()
    return tuple((word[:-1], word[-1]) for word in words)


def clock(duration_ms: int) -> str:
    """Time on a run's clock: 13:54, or 1:02:10 above an hour."""
    seconds = round(duration_ms / 1000)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours}:{minutes:02d}:{seconds % 60:02d}"
    return f"{minutes}:{seconds % 60:02d}"


def age(past: datetime, now: datetime) -> str:
    """4 min, 26 h, 3 days; below a minute "now"."""
    seconds = max((now - past).total_seconds(), 0)
    if seconds < 60:
        return "now"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds <= 48 * 3600:
        return f"{round(seconds / 3600)} h"
    return plural(int(seconds // 86400), "day")


def ago(past: datetime, now: datetime, zone: tzinfo) -> str:
    """ "4 min ago" up to 48 h, then the moment."""
    if now - past > timedelta(hours=48):
        return moment(past, now, zone)
    words = age(past, now)
    return "just now" if words == "now" else f"{words} ago"


def until(future: datetime, now: datetime) -> str:
    """ "in 56 s", "in 3 min"; what is over is "due now"."""
    seconds = (future - now).total_seconds()
    if seconds <= 0:
        return "due now"
    if seconds < 60:
        return f"in {seconds:.0f} s"
    return "in " + age(now, future)


def day(value: date) -> str:
    """19 Nov."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def day_of_year(value: date, today: date) -> str:
    """19 Nov, with the year unless it is that of `today`."""
    return day(value) if value.year == today.year else f"{day(value)} {value.year}"


def weekday(value: date) -> str:
    """Mon 16 Nov."""
    return f"{_DAYS[value.weekday()]} {day(value)}"


def day_range(first: date, last: date) -> str:
    """21 Oct - 19 Nov, with an en dash; one day is one day."""
    return day(first) if first == last else f"{day(first)} {DASH} {day(last)}"


def moment(value: datetime, now: datetime, zone: tzinfo) -> str:
    """09:08 today, 18 Nov 22:04 this year, 3 Oct 2025 before."""
    there, today = value.astimezone(zone), now.astimezone(zone)
    if there.year != today.year:
        return f"{day(there)} {there.year}"
    time = there.time().isoformat("minutes")
    return time if there.date() == today.date() else f"{day(there)} {time}"


def full_moment(value: datetime, zone: tzinfo) -> str:
    """Where nothing tells the day or the zone: 19 Nov 2026, 02:10 UTC."""
    there = value.astimezone(zone)
    return f"{day(there)} {there.year}, {there:%H:%M} {there:%Z}"


def timestamp(value: datetime, zone: tzinfo) -> str:
    """The whole time with its zone, for titles: 19 Nov 2026, 02:10:04 UTC."""
    there = value.astimezone(zone)
    # A format with per cents takes four times as long, and a page has hundreds of them.
    time = there.time().isoformat("seconds")
    return f"{day(there)} {there.year}, {time} {there.tzname()}"
