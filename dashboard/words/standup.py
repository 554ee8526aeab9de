"""Sentences of the stand-up: its verdict, its time, how late a milestone is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from dashboard.contexts.parts import Number, Piece
from dashboard.contexts.standup import Headline
from dashboard.words.changes import points
from dashboard.words.numbers import DASH, count, percent, plural
from dashboard.words.times import age, day, moment, weekday
from dashboard.words.verdicts import piece


def standup_headline(
    newly_failing: Number,
    fixed: Number,
    rate: float | None,
    *,
    since: str,
    compared: str,
) -> Headline:
    """The first sentence that applies: nothing decided, worse, better, steady.

    `since` is as standup_since gives it, `compared` as standup_compared.
    """
    new, mended = int(newly_failing.value or 0), int(fixed.value or 0)
    failing = piece(newly_failing, f"{count(new)} started failing")
    passing = piece(fixed, f"{count(mended)} fixed")
    if rate is None and not new and not mended:
        return Headline(glyph="run", lead=f"No test was decided {since}.")
    if new > mended:
        rest = (Piece(text=", "), passing) if mended else (Piece(text=", none fixed"),)
        return _headline("fail", f"Worse than {compared}: ", failing, *rest, bad=True)
    if mended > new:
        rest = (Piece(text=", "), failing) if new else (Piece(text=", nothing new"),)
        return _headline("pass", f"Better than {compared}: ", passing, *rest)
    if new:
        lead = f"The same as {compared}: "
        return _headline("fail", lead, failing, Piece(text=", "), passing, bad=True)
    return Headline(glyph="pass", lead=f"Steady at {percent(rate)}, no new failures.")


def _headline(
    glyph: str, lead: str, fact: Piece, *rest: Piece, bad: bool = False
) -> Headline:
    end = Piece(text=".")
    return Headline(glyph=glyph, lead=lead, fact=fact, is_bad=bad, rest=(*rest, end))


def standup_rate(
    rate: Number, before: float | None, of_group: Sequence[Piece] = ()
) -> tuple[Piece, ...]:
    """ "Pass rate 92.4%, down 0.4 points.", and what is said of the largest group."""
    change = points(rate.value, before)
    if rate.value is None:
        return tuple(of_group)
    value = piece(rate)
    told = Piece(text=f"{_change(change)}.{' ' if of_group else ''}")
    return (Piece(text="Pass rate "), value, told, *of_group)


def _change(change: float | None) -> str:
    if change is None:
        return ""
    if abs(change) < 0.05:
        return ", unchanged"
    way = "up" if change > 0 else "down"
    return f", {way} {abs(change):.1f} points"


def one_cause(shared: Number, of_all: Number, project: Piece) -> tuple[Piece, ...]:
    """ "11 of the 14 share one cause in Checkout."; nothing is said of single tests."""
    number = int(shared.value or 0)
    if number < 2:
        return ()
    is_all = number == of_all.value
    return (
        piece(shared, f"All {count(number)}" if is_all else ""),
        *(() if is_all else (Piece(text=" of the "), piece(of_all))),
        Piece(text=" share one cause in "),
        project,
        Piece(text="."),
    )


def standup_day(until: datetime, zone: tzinfo, this_year: int) -> str:
    """ "Thu 19 Nov", with the year unless it is this one."""
    there = until.astimezone(zone).date()
    return weekday(there) + ("" if there.year == this_year else f" {there.year}")


def standup_since(since: datetime, until: datetime, zone: tzinfo) -> str:
    """ "since yesterday 09:15", "since 06:00", "since 16 Nov 09:15"."""
    there = since.astimezone(zone)
    if _is_the_day_before(since, until, zone):
        return f"since yesterday {there:%H:%M}"
    if there.date() == until.astimezone(zone).date():
        return f"since {there:%H:%M}"
    return f"since {day(there)} {there:%H:%M}"


def standup_compared(since: datetime, until: datetime, zone: tzinfo) -> str:
    """What the verdict compares with: "yesterday", "at 06:00", "on 16 Nov"."""
    there = since.astimezone(zone)
    if _is_the_day_before(since, until, zone):
        return "yesterday"
    if there.date() == until.astimezone(zone).date():
        return f"at {there:%H:%M}"
    return f"on {day(there)}"


def _is_the_day_before(since: datetime, until: datetime, zone: tzinfo) -> bool:
    last = until.astimezone(zone).date()
    return since.astimezone(zone).date() == last - timedelta(days=1)


def score(rate: float, low: float, high: float) -> str:
    """A flake rate in per cent with its interval: "36, 27-46" with an en dash."""
    least, most = _score(low), _score(high)
    return f"{_score(rate)}, {least}{DASH}{most}"


def _score(rate: float) -> str:
    return f"{100 * rate:.1f}" if rate < 0.01 else f"{100 * rate:.0f}"


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


def lateness(p10: date, p90: date, due: date) -> str:
    """ "Likely 3 to 8 days late" where even the early end is; else the two days."""
    early, late = (p10 - due).days, (p90 - due).days
    if early <= 0:
        return f"Could go either way, {day(p10)} to {day(p90)}"
    if early == late:
        return f"Likely {plural(early, 'day')} late"
    return f"Likely {early} to {plural(late, 'day')} late"


def stand_still(names: str, since: datetime | None, now: datetime, zone: tzinfo) -> str:
    """Which numbers a tool's silence stops: "Numbers for X stop at 18 Nov 07:15."."""
    if since is None:
        return f"Numbers leave out {names}."
    return f"Numbers for {names} stop at {moment(since, now, zone)}."
