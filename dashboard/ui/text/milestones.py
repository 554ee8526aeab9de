"""Sentences about milestones: when one will be done, why then, what it would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.lists.milestones import MilestoneRow
from dashboard.ui.parts import Number, Piece, Sentence, State
from dashboard.ui.text.numbers import count, plural
from dashboard.ui.text.times import day
from dashboard.ui.url_state import PageState
from ingest.contract import MilestoneState
from ingest.series import day_of


def milestone_word(row: MilestoneRow, state: PageState) -> State:
    if row.state == MilestoneState.COMPLETED:
        return State(glyph="fixed", word="completed")
    if row.due_at is not None and day_of(row.due_at) < day_of(state.filters.now):
        return State(glyph="stale", word="open, past its date")
    return State(glyph="run", word="open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is known of a milestone's end: `p10` and `p90` of its forecast, else the
    `reason` for none; `completed_on`: when its tools closed it.
    """

    today: date
    left: int
    due: date | None = None
    p10: date | None = None
    p90: date | None = None
    reason: str = ""
    is_done: bool = False
    is_completed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskVerdict:
    """The opening of a milestone's page: fact, what follows, and the state in a word.

    `tone` is one of pass, flaky, run, skip.
    """

    glyph: str
    fact: str
    rest: str
    word: str
    tone: str


def risk_verdict(outlook: Outlook) -> RiskVerdict:
    """The first that applies: done, completed, no forecast, no date, late, open, fine."""
    if outlook.is_done:
        return _verdict("pass", "All tests passed.", _due(outlook), "Done", "pass")
    if outlook.is_completed:
        left = f"{plural(outlook.left, 'test')} had not passed."
        rest = left if outlook.left else outlook.reason
        return _verdict("fixed", "Completed.", rest, "Completed", "skip")
    if outlook.p10 is None or outlook.p90 is None:
        return _without_forecast(outlook)
    reach = days_between(outlook.p10, outlook.p90, outlook.today)
    if outlook.due is None:
        fact = f"Expected to finish {reach}."
        return _verdict("run", fact, "It has no due date.", "No date", "run")
    return _against_due(outlook, outlook.p10, outlook.p90, outlook.due, reach)


def _verdict(glyph: str, fact: str, rest: str, word: str, tone: str) -> RiskVerdict:
    return RiskVerdict(glyph=glyph, fact=fact, rest=rest, word=word, tone=tone)


def _against_due(
    outlook: Outlook, p10: date, p90: date, due: date, reach: str
) -> RiskVerdict:
    early, late = (p10 - due).days, (p90 - due).days
    if late <= 0:
        return _verdict("pass", "On track.", f"Expected {reach}.", "On track", "pass")
    if early <= 0:
        rest = f"Expected {reach}, due {_day(due, outlook.today)}."
        return _verdict("stale", "Could go either way.", rest, "At risk", "flaky")
    days = (
        plural(early, "day") if early == late else f"{early} to {plural(late, 'day')}"
    )
    return _verdict(
        "stale",
        f"Likely {days} late.",
        f"Expected to finish {reach}.",
        "At risk",
        "flaky",
    )


def _without_forecast(outlook: Outlook) -> RiskVerdict:
    due = outlook.due
    if due is not None and due < outlook.today:
        fact = f"{plural((outlook.today - due).days, 'day')} past its due date."
        return _verdict("stale", fact, outlook.reason, "Overdue", "flaky")
    return _verdict("run", "Too early to forecast.", outlook.reason, "Too early", "run")


def _due(outlook: Outlook) -> str:
    if outlook.due is None:
        return ""
    verb = "was" if outlook.due < outlook.today else "is"
    return f"It {verb} due {_day(outlook.due, outlook.today)}."


def days_between(first: date, last: date, today: date) -> str:
    """ "between 7 and 12 Dec", "between 27 Nov and 1 Dec", "on 7 Dec"."""
    if first == last:
        return f"on {_day(first, today)}"
    same_month = (first.year, first.month) == (last.year, last.month)
    begin = str(first.day) if same_month else day(first)
    return f"between {begin} and {_day(last, today)}"


def _day(value: date, today: date) -> str:
    return day(value) if value.year == today.year else f"{day(value)} {value.year}"


def due_in(due: date, today: date) -> str:
    """ "in 15 days", "today", "3 days ago"."""
    days = (due - today).days
    if days == 0:
        return "today"
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"


def scope_added(added: Number, when: str, pace: float | None) -> Sentence:
    """ "180 tests were added on 16 Nov. At 45 passed a day, they cost about 4 days."

    `pace` is in tests passed a day; without one that rises no cost is named.
    """
    number = int(added.value or 0)
    verb = "was" if number == 1 else "were"
    bold = (_piece(added, plural(number, "test")), Piece(text=f" {verb} added {when}."))
    if pace is None or pace <= 0:
        return Sentence(bold=bold)
    pronoun = "it costs" if number == 1 else "they cost"
    cost = max(1, round(number / pace))
    rest = f" At {rate_a_day(pace)}, {pronoun} about {plural(cost, 'day')}."
    return Sentence(bold=bold, rest=(Piece(text=rest),))


def failing_there(failing: Number, project: Piece, of_left: int) -> Sentence:
    """ "37 tests in Checkout are failing. That is 24% of what is left."."""
    number = int(failing.value or 0)
    verb = "is" if number == 1 else "are"
    bold = (
        _piece(failing, plural(number, "test")),
        Piece(text=" in "),
        project,
        Piece(text=f" {verb} failing."),
    )
    if number >= of_left:
        return Sentence(bold=bold, rest=(Piece(text=" Nothing else is left."),))
    share = f"{100 * number / of_left:.0f}%"
    return Sentence(bold=bold, rest=(Piece(text=f" That is {share} of what is left."),))


def sent_nothing(name: str, age: str, not_run: Number, link: Piece) -> Sentence:
    """ "Customer Portal sent nothing for 26 h. 64 tests count as not run. Fix the key"."""
    bold = (Piece(text=f"{name} sent nothing for {age}."),)
    number = int(not_run.value or 0)
    if not number:
        return Sentence(bold=bold, rest=(Piece(text=" "), link))
    verb = "counts" if number == 1 else "count"
    told = Piece(text=f" {verb} as not run. ")
    tests = _piece(not_run, plural(number, "test"))
    return Sentence(bold=bold, rest=(Piece(text=" "), tests, told, link))


def what_it_takes(
    left: int, pace: float | None, due: date, today: date
) -> Sequence[tuple[str, bool]]:
    """What it would take to be done by the due day, as (text, is it bold).

    "To finish on 4 Dec the team needs 57 passed tests a day instead of 45, or to move
    about 130 tests out."
    """
    days = (due - today).days
    if days < 1:
        if pace is None or pace <= 0:
            return ()
        more = plural(max(1, -(-left // max(1, round(pace)))), "day")
        return (
            (
                f"At {rate_a_day(pace)} the {plural(left, 'test')} left take about ",
                False,
            ),
            (more, True),
            (".", False),
        )
    needed = -(-left // days)
    now = max(0.0, pace or 0.0)
    if needed <= now:
        return (
            (rate_a_day(needed), True),
            (
                f" would finish it on {_day(due, today)}, and {_pace(now)} did lately: ",
                False,
            ),
            ("what is added", True),
            (" decides.", False),
        )
    out = left - int(now * days)
    parts = [
        (f"To finish on {_day(due, today)} the team needs ", False),
        (f"{count(needed)} passed {'test' if needed == 1 else 'tests'} a day", True),
        (f" instead of {_pace(now)}", False),
    ]
    if 0 < out < left:
        parts += [
            (", or to move about ", False),
            (plural(_rounded(out), "test"), True),
            (" out", False),
        ]
    return (*parts, (".", False))


def rate_a_day(pace: float) -> str:
    """ "45 passed a day"."""
    return f"{_pace(pace)} passed a day"


def _pace(pace: float) -> str:
    return f"{pace:.1f}" if 0 < pace < 9.95 and round(pace, 1) % 1 else f"{pace:.0f}"


def _rounded(number: int) -> int:
    """An estimate to two figures."""
    return number if number < 100 else round(number, 1 - len(str(number)) + 1)


def _piece(number: Number, text: str) -> Piece:
    return Piece(text=text, href=number.href, metric=number.metric, value=number.value)
