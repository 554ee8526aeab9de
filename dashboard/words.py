"""How numbers, times and verdicts read: pure functions from values to words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from dashboard.contexts.parts import Delta, Number, Piece, Sentence, Verdict

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
NOISE_POINTS = 0.35
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


# Numbers


def count(number: int) -> str:
    """12345 -> "12,345"."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """(1, "run") -> "1 run", (2, "run") -> "2 runs"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def count_parts(number: int) -> tuple[tuple[str, str], ...]:
    """For key figures only: 336982 -> (("337.0", "k"),); below 10,000 whole."""
    if number < 10_000:
        return ((count(number), ""),)
    if number < 999_950:
        return ((f"{number / 1e3:.1f}", "k"),)
    return ((f"{number / 1e6:.2f}", "M"),)


def percent(rate: float | None) -> str:
    """A rate 0-1 with one decimal: 0.9372 -> "93.7%"; None -> a dash.

    A rate below 1 never reads 100.0%, one above 0 never 0.0%.
    """
    if rate is None:
        return DASH
    return f"{_percent_number(rate)}%"


def percent_parts(rate: float | None) -> tuple[tuple[str, str], ...]:
    """For key figures: (("93.7", "%"),)."""
    return ((DASH, ""),) if rate is None else ((_percent_number(rate), "%"),)


def _percent_number(rate: float) -> str:
    shown = f"{100 * rate:.1f}"
    if shown == "100.0" and rate < 1:
        return "99.9"
    if shown == "0.0" and rate > 0:
        return "0.1"
    return shown


def points(now: float | None, before: float | None) -> float | None:
    """The change of two rates 0-1 in points."""
    if now is None or before is None:
        return None
    return 100 * (now - before)


# Durations and ages


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


# Times


def day(value: date) -> str:
    """19 Nov."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def weekday(value: date) -> str:
    """Mon 16 Nov."""
    return f"{_DAYS[value.weekday()]} {day(value)}"


def day_range(first: date, last: date) -> str:
    """21 Oct - 19 Nov, with an en dash; one day is one day."""
    return day(first) if first == last else f"{day(first)} {DASH} {day(last)}"


def moment(value: datetime, now: datetime, zone: tzinfo) -> str:
    """09:08 today, 18 Nov 22:04 this year, 3 Oct 2025 before."""
    there, today = value.astimezone(zone), now.astimezone(zone)
    if there.date() == today.date():
        return f"{there:%H:%M}"
    if there.year == today.year:
        return f"{day(there)} {there:%H:%M}"
    return f"{day(there)} {there.year}"


def timestamp(value: datetime, zone: tzinfo) -> str:
    """The whole time with its zone, for titles: 19 Nov 2026, 02:10:04 UTC."""
    there = value.astimezone(zone)
    return f"{day(there)} {there.year}, {there:%H:%M:%S} {there:%Z}"


# Changes


def rate_delta(
    now: float | None, before: float | None, *, unit: str = " pts"
) -> Delta | None:
    """The change of a rate 0-1 in points; under 0.35 points it is noise."""
    change = points(now, before)
    if change is None:
        return None
    tone: Literal["good", "bad", "flat"] = "flat"
    if abs(change) >= NOISE_POINTS:
        tone = "good" if change > 0 else "bad"
    return Delta(text=f"{abs(change):.1f}{unit}", arrow=_arrow(change, 0.05), tone=tone)


def count_delta(now: int, before: int, *, up_is: str = "bad") -> Delta:
    """The change of a count. `up_is` bad, good or flat (no good direction)."""
    return Delta(
        text=count(abs(now - before)),
        arrow=_arrow(now - before),
        tone=_tone(now - before, up_is),
    )


def share_delta(now: float, before: float) -> Delta | None:
    """The change in per cent of a figure without a good direction; None from zero."""
    if before <= 0:
        return None
    change = 100 * (now - before) / before
    return Delta(text=f"{abs(change):.0f}%", arrow=_arrow(change, 0.5))


def duration_delta(now_ms: int, before_ms: int) -> Delta | None:
    """Longer is worse; under 5 % it is noise, without any change None."""
    change = now_ms - before_ms
    if abs(change) < 1000:
        return None
    tone = _tone(change, "bad") if abs(change) >= 0.05 * before_ms else "flat"
    return Delta(text=duration(abs(change)), arrow=_arrow(change), tone=tone)


def _arrow(change: float, least: float = 0) -> Literal["up", "down", ""]:
    if abs(change) <= least:
        return ""
    return "up" if change > 0 else "down"


def _tone(change: float, up_is: str) -> Literal["good", "bad", "flat"]:
    if up_is == "flat" or change == 0:
        return "flat"
    return "bad" if (change > 0) == (up_is == "bad") else "good"


# Verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The project behind most of a change: `points` signed, doors to its cases."""

    project: str
    href: str
    points: float
    failing: Number | None = None
    newly_failing: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleTool:
    name: str
    age: str


def pass_rate_verdict(
    now: float | None,
    before: float | None,
    *,
    cause: Cause | None = None,
    newly_failing: Number | None = None,
    stale: Sequence[StaleTool] = (),
) -> Verdict:
    """The first sentence that applies: fell, rose, steady with or without new failures.

    `cause` is the project with the largest change in the same direction (for steady:
    with the most newly failing cases).
    """
    change = points(now, before)
    tail = _without(stale)
    if now is None:
        return _verdict("run", "No test was decided in this window.", (), tail)
    if change is not None and change <= -NOISE_POINTS:
        fact = f"Pass rate fell {-change:.1f} points to {percent(now)}."
        return _verdict("fail", fact, _drop(cause), tail)
    if change is not None and change >= NOISE_POINTS:
        fact = f"Pass rate rose {change:.1f} points to {percent(now)}."
        return _verdict("pass", fact, _gain(cause), tail)
    if newly_failing and newly_failing.value:
        rest = _new_there(cause)
        return _verdict("fail", _steady(now, newly_failing), rest, tail)
    return _verdict("pass", f"Steady at {percent(now)}, no new failures.", (), tail)


def _verdict(
    glyph: str,
    fact: str | tuple[Piece, ...],
    rest: tuple[Piece, ...],
    tail: tuple[Piece, ...],
) -> Verdict:
    bold = (Piece(text=fact),) if isinstance(fact, str) else fact
    return Verdict(glyph=glyph, sentence=Sentence(bold=bold, rest=rest + tail))


def _steady(now: float, newly_failing: Number) -> tuple[Piece, ...]:
    number = newly_failing.value or 0
    return (
        Piece(text=f"Steady at {percent(now)}, "),
        piece(newly_failing, plural(int(number), "test")),
        Piece(text=" started failing."),
    )


def _drop(cause: Cause | None) -> tuple[Piece, ...]:
    if cause is None or cause.points > -NOISE_POINTS:
        return ()
    found = (
        Piece(text=" Most of the drop is in "),
        Piece(text=cause.project, href=cause.href),
    )
    if not cause.failing or not cause.failing.value:
        return (*found, Piece(text=f", down {-cause.points:.1f} points."))
    found += (
        Piece(text=": "),
        piece(cause.failing, plural(int(cause.failing.value), "test")),
        Piece(
            text=" fail there now" if cause.failing.value != 1 else " fails there now"
        ),
    )
    if not cause.newly_failing or not cause.newly_failing.value:
        return (*found, Piece(text="."))
    return (
        *found,
        Piece(text=", "),
        piece(cause.newly_failing, count(int(cause.newly_failing.value))),
        Piece(text=" of them since yesterday."),
    )


def _gain(cause: Cause | None) -> tuple[Piece, ...]:
    if cause is None or cause.points < NOISE_POINTS:
        return ()
    return (
        Piece(text=" Largest gain: "),
        Piece(text=cause.project, href=cause.href),
        Piece(text=f", {cause.points:.1f} points."),
    )


def _new_there(cause: Cause | None) -> tuple[Piece, ...]:
    if cause is None or not cause.newly_failing or not cause.newly_failing.value:
        return ()
    return (
        Piece(text=" "),
        piece(cause.newly_failing, count(int(cause.newly_failing.value))),
        Piece(text=" of them in "),
        Piece(text=cause.project, href=cause.href),
        Piece(text="."),
    )


def _without(stale: Sequence[StaleTool]) -> tuple[Piece, ...]:
    return tuple(Piece(text=f" Without {tool.name}, {tool.age} old.") for tool in stale)


def piece(number: Number, text: str = "") -> Piece:
    """A number inside a sentence, with its door; `text` replaces its own."""
    return Piece(
        text=text or number.text,
        href=number.href,
        metric=number.metric,
        value=number.value,
    )


def balance(
    ends_ms: Sequence[tuple[str, int]], slowest_ms: Sequence[int]
) -> Sentence | None:
    """How evenly threads end. `ends_ms` are (name, end), `slowest_ms` the durations of
    the slowest thread's tests. None with fewer than two threads.

    Uneven: the last ends at least 30 s and a tenth of the run after the next one. Tests
    to move: the longest ones whose sum reaches the gap, shared by all other threads.
    """
    if len(ends_ms) < 2:
        return None
    ordered = sorted(ends_ms, key=lambda item: item[1])
    (name, last), (_, before) = ordered[-1], ordered[-2]
    gap = last - before
    if gap < 30_000 or gap < last / 10:
        fact = f"Threads end within {duration(last - ordered[0][1])} of each other."
        return Sentence(bold=(Piece(text=fact),))
    gain = gap * (len(ends_ms) - 1) // len(ends_ms)
    moved = _longest(slowest_ms, gain)
    fact = f"{_sentence_case(name)} finished {duration(gap)} after the next slowest."
    advice = (
        f" Spread its {plural(moved, 'longest test')} to save about {_about(gain)}."
    )
    return Sentence(bold=(Piece(text=fact),), rest=(Piece(text=advice),))


def _longest(durations_ms: Sequence[int], enough_ms: int) -> int:
    total = 0
    for number, length in enumerate(sorted(durations_ms, reverse=True), 1):
        total += length
        if total >= enough_ms:
            return number
    return max(len(durations_ms), 1)


def _about(duration_ms: int) -> str:
    minutes = round(duration_ms / 60_000)
    return plural(minutes, "minute") if minutes else duration(duration_ms)


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def run_summary(
    passed: int,
    decided: int,
    *,
    before: float | None = None,
    before_run: Piece | None = None,
) -> Sentence | None:
    """ "90.8% of 315 finished tests passed, 94.0% in run #4181."; None undecided."""
    if not decided:
        return None
    rest = [Piece(text=f" of {plural(decided, 'finished test')} passed")]
    if before is not None and before_run is not None:
        rest += [Piece(text=f", {percent(before)} in run "), before_run]
    return Sentence(
        bold=(Piece(text=percent(passed / decided)),), rest=(*rest, Piece(text="."))
    )


def rows_range(first: int, last: int, total: int) -> str:
    """ "1-50 of 61" with an en dash; "none" without rows."""
    if not total:
        return "none"
    return f"{count(first)}{DASH}{count(last)} of {count(total)}"
