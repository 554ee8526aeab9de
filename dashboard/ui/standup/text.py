"""Sentences of the stand-up: its verdict, its time, how late a milestone is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from dashboard.metrics.milestones import Progress
from dashboard.ui.parts import Number, Piece
from dashboard.ui.text.deltas import points
from dashboard.ui.text.numbers import count, listed_names, percent, plural
from dashboard.ui.text.times import day, is_the_day_before, moment, weekday
from dashboard.ui.text.verdicts import MOSTLY, Words, piece, pieces

ONE_LINE = 52


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict: `lead`, then `fact`, of which `is_bad` prints it in the failing
    colour, then the rest. `second` is the line below it. Pieces carry their own spaces.
    """

    glyph: str
    lead: str
    fact: Piece | None = None
    rest: tuple[Piece, ...] = ()
    is_bad: bool = False
    second: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        """The first sentence, whole."""
        fact = self.fact.text if self.fact else ""
        return self.lead + fact + "".join(piece.text for piece in self.rest)

    @property
    def is_long(self) -> bool:
        """Whether it fills more than a line of the largest letters."""
        return len(self.text) > ONE_LINE


def standup_headline(
    newly_failing: Number,
    fixed: Number,
    rate: float | None,
    *,
    since: str,
    compared: str,
    has_only_totals: bool = False,
) -> Headline:
    """The first sentence that applies: nothing decided, worse, better, steady; of
    totals alone the rate.

    `since` is as standup_since gives it, `compared` as standup_compared.
    """
    new, mended = int(newly_failing.value or 0), int(fixed.value or 0)
    failing = piece(newly_failing, f"{count(new)} started failing")
    passing = piece(fixed, f"{count(mended)} fixed")
    if rate is None and not new and not mended:
        return Headline("run", f"No test was decided {since}.")
    if has_only_totals:
        return Headline("run", f"Pass rate {percent(rate)}, of totals only.")
    if mended > new:
        rest = pieces((", ", failing, ".") if new else (", nothing new.",))
        return Headline("pass", f"Better than {compared}: ", passing, rest)
    if not new:
        is_well = rate is None or rate >= MOSTLY
        steady = f"Steady at {percent(rate)}, no new failures."
        return Headline("pass" if is_well else "fail", steady)
    rest = pieces((", ", passing, ".") if mended else (", none fixed.",))
    than = "Worse than" if new > mended else "The same as"
    return Headline("fail", f"{than} {compared}: ", failing, rest, is_bad=True)


def standup_rate(rate: Number, before: float | None) -> Words:
    """ "Pass rate 92.4%, down 0.4 points."."""
    if rate.value is None:
        return ()
    change = points(rate.value, before)
    return "Pass rate ", piece(rate), f"{_change(change)}."


def _change(change: float | None) -> str:
    if change is None:
        return ""
    if abs(change) < 0.05:
        return ", unchanged"
    return f", {'up' if change > 0 else 'down'} {abs(change):.1f} points"


def one_cause(shared: Number, newly_failing: Number, project: Piece) -> Words:
    """ "11 of the 14 share one cause in Checkout."; nothing is said of single tests."""
    number = int(shared.value or 0)
    if number < 2:
        return ()
    tests: Words = (piece(shared), " of the ", piece(newly_failing))
    if number == newly_failing.value:
        tests = (piece(shared, f"All {count(number)}"),)
    return (*tests, " share one cause in ", project, ".")


def standup_day(until: datetime, zone: tzinfo, this_year: int) -> str:
    """ "Thu 19 Nov", with the year unless it is this one."""
    there = until.astimezone(zone).date()
    return weekday(there) + ("" if there.year == this_year else f" {there.year}")


def standup_compared(since: datetime, until: datetime, zone: tzinfo) -> str:
    """What the verdict compares with: "yesterday", "at 06:00", "on 16 Nov"."""
    there = since.astimezone(zone)
    if is_the_day_before(since, until, zone):
        return "yesterday"
    if there.date() == until.astimezone(zone).date():
        return f"at {there:%H:%M}"
    return f"on {day(there)}"


def lateness(p10: date, p90: date, due: date) -> str:
    """ "Likely 3 to 8 days late" where even the early end is; else the two days."""
    early, late = (p10 - due).days, (p90 - due).days
    if early <= 0:
        return f"Could go either way, {day(p10)} to {day(p90)}"
    least = "" if early == late else f"{early} to "
    return f"Likely {least}{plural(late, 'day')} late"


def overdue(days: int, reach: tuple[date, date] | None) -> str:
    """ "3 days overdue, expected 7 Dec to 12 Dec"; without a forecast none is told."""
    late = f"{plural(days, 'day')} overdue"
    if reach is None:
        return late
    first, last = day(reach[0]), day(reach[1])
    return f"{late}, expected {first if first == last else f'{first} to {last}'}"


def late_title(milestones: Sequence[Progress]) -> str:
    """ "Milestone overdue", "Milestones at risk", "Overdue or at risk": the room beside
    the number is short.
    """
    several = "" if len(milestones) == 1 else "s"
    late = sum(one.is_overdue for one in milestones)
    if late and late < len(milestones):
        return "Overdue or at risk"
    return f"Milestone{several} {'overdue' if late else 'at risk'}"


def stand_still(
    names: Sequence[str], since: datetime | None, now: datetime, zone: tzinfo
) -> str:
    """Which numbers a tool's silence stops: "Numbers for X stop at 18 Nov 07:15."."""
    which = listed_names(names)
    if since is None:
        return f"Numbers leave out {which}."
    return f"Numbers for {which} stop at {moment(since, now, zone)}."


def stale_alarm(tools: Sequence[tuple[str, str]]) -> str:
    """ "Old data: QA.tech, 26 h old.", of names and ages; "" where all are fresh."""
    if not tools:
        return ""
    if len(tools) == 1:
        name, age = tools[0]
        return f"Old data: {name}, {age}."
    names = listed_names([name for name, _ in tools])
    return f"Old data: {names} gave nothing new lately."
