"""Sentences about milestones: when one will be done, why then, what it would take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboard.metrics.milestones import Progress
from dashboard.metrics.milestones.progress import TOO_SLOW
from dashboard.ui.text.numbers import count, plural
from dashboard.ui.text.times import day, day_of_year

# Parts of a sentence, and whether each is bold.
Stretches = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class RiskVerdict:
    """The opening of a milestone's page: fact, what follows, and the state in a word.

    `tone` is one of pass, flaky, run, skip.
    """

    glyph: str
    fact: str
    rest: str
    word: str
    tone: str


def risk_verdict(progress: Progress | None) -> RiskVerdict:
    """The first that applies: unknown, done, completed, overdue, no forecast, and by the
    dates.
    """
    if progress is None:
        return RiskVerdict("unknown", "Not known.", "", "Unknown", "skip")
    if progress.is_done:
        rest = _due(progress.due_on, progress.today)
        return RiskVerdict("pass", "All tests passed.", rest, "Done", "pass")
    if progress.is_completed:
        rest = f"{plural(progress.left, 'test')} had not passed."
        rest = rest if progress.left else progress.reason
        return RiskVerdict("fixed", "Completed.", rest, "Completed", "skip")
    if progress.is_overdue:
        return _overdue(progress)
    if progress.forecast is None:
        why = "Too slow" if progress.reason == TOO_SLOW else "Too early"
        return RiskVerdict("run", f"{why} to forecast.", progress.reason, why, "run")
    p10, p90, today = progress.forecast.p10, progress.forecast.p90, progress.today
    return _by_dates(progress.due_on, p10, p90, today)


def _due(due: date | None, today: date) -> str:
    if due is None:
        return ""
    return f"It {'was' if due < today else 'is'} due {day_of_year(due, today)}."


def _overdue(progress: Progress) -> RiskVerdict:
    assert progress.due_on is not None
    today, forecast = progress.today, progress.forecast
    fact = f"{plural((today - progress.due_on).days, 'day')} past its due date."
    rest = progress.reason
    if forecast:
        reach = days_between(forecast.p10, forecast.p90, today)
        rest = f"Expected to finish {reach}."
    return RiskVerdict("stale", fact, rest, "Overdue", "flaky")


def _by_dates(due: date | None, p10: date, p90: date, today: date) -> RiskVerdict:
    reach = days_between(p10, p90, today)
    if due is None:
        fact = f"Expected to finish {reach}."
        return RiskVerdict("run", fact, "It has no due date.", "No date", "run")
    early, late = (p10 - due).days, (p90 - due).days
    if late <= 0:
        return RiskVerdict(
            "pass", "On track.", f"Expected {reach}.", "On track", "pass"
        )
    fact = "Could go either way."
    rest = f"Expected {reach}, due {day_of_year(due, today)}."
    if early > 0:
        least = "" if early == late else f"{early} to "
        fact = f"Likely {least}{plural(late, 'day')} late."
        rest = f"Expected to finish {reach}."
    return RiskVerdict("stale", fact, rest, "At risk", "flaky")


def days_between(first: date, last: date, today: date) -> str:
    """ "between 7 and 12 Dec", "between 27 Nov and 1 Dec", "on 7 Dec"."""
    if first == last:
        return f"on {day_of_year(first, today)}"
    same_month = (first.year, first.month) == (last.year, last.month)
    begin = str(first.day) if same_month else day(first)
    return f"between {begin} and {day_of_year(last, today)}"


def due_in(due: date, today: date) -> str:
    """ "in 15 days", "today", "3 days ago"."""
    days = (due - today).days
    if days == 0:
        return "today"
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"


def what_it_takes(left: int, pace: float | None, due: date, today: date) -> Stretches:
    """What it would take to be done by the due day.

    "To finish on 4 Dec the team needs 57 passed tests a day instead of 45, or to move
    about 130 tests out."
    """
    days, now = (due - today).days, max(0.0, pace or 0.0)
    if days < 1:
        return _after_due_day(left, now)
    needed, on = -(-left // days), f"on {day_of_year(due, today)}"
    if needed <= now:
        then = f" would finish it {on}, and {_pace(now)} did lately: "
        fact, end = (rate_a_day(needed), True), (" decides.", False)
        return (fact, (then, False), ("what is added", True), end)
    out = left - int(now * days)
    tests = f"{count(needed)} passed {'test' if needed == 1 else 'tests'} a day"
    moved: Stretches = ()
    if 0 < out < left:
        moved_out = (plural(_rounded(out), "test"), True)
        moved = ((", or to move about ", False), moved_out, (" out", False))
    return (
        (f"To finish {on} the team needs ", False),
        (tests, True),
        (f" instead of {_pace(now)}", False),
        *moved,
        (".", False),
    )


def _after_due_day(left: int, pace: float) -> Stretches:
    if not pace:
        return ()
    days = plural(max(1, -(-left // max(1, round(pace)))), "day")
    tests = plural(left, "test")
    begin = f"At {rate_a_day(pace)} the {tests} left take about "
    return ((begin, False), (days, True), (".", False))


def rate_a_day(pace: float) -> str:
    """ "45 passed a day"."""
    return f"{_pace(pace)} passed a day"


def _pace(pace: float) -> str:
    return f"{pace:.1f}" if 0 < pace < 9.95 and round(pace, 1) % 1 else f"{pace:.0f}"


def _rounded(number: int) -> int:
    """An estimate to two figures."""
    return number if number < 100 else round(number, 1 - len(str(number)) + 1)
