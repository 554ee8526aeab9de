"""The sentence that opens a page, built from templates with real thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui.parts import Number, Piece, Sentence, Verdict
from dashboard.ui.text import numbers
from dashboard.ui.text.deltas import NOISE_POINTS, points
from dashboard.ui.text.numbers import percent, plural

Words = tuple[str | Piece, ...]


def score(rate: float, low: float, high: float) -> str:
    """A flake rate in per cent with its interval: "36, 27-46" with an en dash."""
    return f"{numbers.score(rate)}, {numbers.score_range(low, high)}"


def score_title(rate: float, low: float, high: float) -> str:
    """ "flakes in 3.1% of its runs, 95 % between 0.5% and 9.2%"."""
    return f"flakes in {percent(rate)} of its runs, {numbers.between(low, high)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A milestone with which a rate fell: its pooled rates before and after, 0-1."""

    milestone: str
    href: str
    day: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The project behind most of a change: `points` signed, doors to its cases."""

    project: str
    href: str
    points: float
    failing: Number | None = None
    newly_failing: Number | None = None
    turn: Turn | None = None


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
    """The first sentence that applies: fell, rose, steady with or without new failures;
    without anything before it the rate alone is told.

    `cause` is the project with the largest change in the same direction (for steady:
    with the most newly failing cases).
    """
    change = points(now, before)
    tail = tuple(f" Without {tool.name}, {tool.age} old." for tool in stale)
    if now is None:
        return compose_verdict("run", ("No test was decided in this window.",), tail)
    rate = _rate(now)
    if change is not None and change <= -NOISE_POINTS:
        fact = (f"Pass rate fell {-change:.1f} points to ", rate, ".")
        return compose_verdict("fail", fact, (*_drop(cause), *tail))
    if change is not None and change >= NOISE_POINTS:
        fact = (f"Pass rate rose {change:.1f} points to ", rate, ".")
        return compose_verdict("pass", fact, (*_gain(cause), *tail))
    # Nothing is steady that has nothing to be held against.
    lead = "Pass rate " if change is None else "Steady at "
    if newly_failing and newly_failing.value:
        began = (lead, rate, ", ", _tests(newly_failing), " started failing.")
        return compose_verdict("fail", began, (*_new_there(cause), *tail))
    return compose_verdict("pass", (lead, rate, ", no new failures."), tail)


def project_verdict(
    now: float | None,
    before: float | None,
    *,
    turn: Turn | None = None,
    failing: Number | None = None,
    newly_failing: Number | None = None,
    folder: str = "",
    stale: Sequence[StaleTool] = (),
) -> Verdict:
    """Of one project. With `turn` a fall is told as what followed a milestone; `folder`
    holds most of what began to fail lately, or "".
    """
    verdict = pass_rate_verdict(now, before, newly_failing=newly_failing, stale=stale)
    change = points(now, before)
    if change is None or abs(change) < NOISE_POINTS:
        return verdict
    if failing is None or newly_failing is None:
        return verdict
    bold: Words = verdict.sentence.bold
    if turn is not None and change < 0:
        rates = (_rate(turn.before), " to ", _rate(turn.after))
        milestone = Piece(text=turn.milestone, href=turn.href)
        bold = ("Pass rate dropped from ", *rates, " after ", milestone, ".")
    rest = _failing_now(failing, newly_failing, folder)
    return compose_verdict(verdict.glyph, bold, (*rest, *verdict.sentence.rest))


def compose_verdict(glyph: str, bold: Words, rest: Words = ()) -> Verdict:
    sentence = Sentence(bold=pieces(bold), rest=pieces(rest))
    return Verdict(glyph=glyph, sentence=sentence)


def pieces(words: Words) -> tuple[Piece, ...]:
    return tuple(Piece(text=part) if isinstance(part, str) else part for part in words)


def _rate(rate: float) -> Piece:
    return Piece(text=percent(rate), metric="pass_rate", value=rate)


def _tests(number: Number) -> Piece:
    return piece(number, plural(int(number.value or 0), "test"))


def _failing_now(failing: Number, newly_failing: Number, folder: str) -> Words:
    if not failing.value:
        return (" No test fails now.",)
    place = f", mostly in {folder}" if folder else ""
    none = ", none of them since yesterday"
    return " ", *_fail_now(failing, newly_failing, place=place, none=none)


def _fail_now(
    failing: Number,
    newly_failing: Number | None,
    *,
    there: str = "",
    place: str = "",
    none: str = "",
) -> Words:
    """ "3 tests fail there now, 2 of them since yesterday."; `none` where none did."""
    fail = " fails" if failing.value == 1 else " fail"
    tests = (_tests(failing), f"{fail}{there} now")
    if not newly_failing or not newly_failing.value:
        return (*tests, f"{none}.")
    return (*tests, ", ", piece(newly_failing), f" of them since yesterday{place}.")


def _drop(cause: Cause | None) -> Words:
    if cause is None or cause.points > -NOISE_POINTS:
        return ()
    project = Piece(text=cause.project, href=cause.href)
    place = (" Most of the drop is in ", project, *_since(cause.turn))
    failing, newly_failing = cause.failing, cause.newly_failing
    if not failing or not failing.value:
        return (*place, f", down {-cause.points:.1f} points.")
    return (*place, ": ", *_fail_now(failing, newly_failing, there=" there"))


def _since(turn: Turn | None) -> Words:
    if turn is None:
        return ()
    return " since ", Piece(text=turn.milestone, href=turn.href), f" on {turn.day}"


def _gain(cause: Cause | None) -> Words:
    if cause is None or cause.points < NOISE_POINTS:
        return ()
    project = Piece(text=cause.project, href=cause.href)
    return " Largest gain: ", project, f", {cause.points:.1f} points."


def _new_there(cause: Cause | None) -> Words:
    if cause is None or not cause.newly_failing or not cause.newly_failing.value:
        return ()
    project = Piece(text=cause.project, href=cause.href)
    return " ", piece(cause.newly_failing), " of them in ", project, "."


def piece(number: Number, text: str = "") -> Piece:
    """A number inside a sentence, with its door; `text` replaces its own."""
    return Piece(
        text=text or number.text,
        href=number.href,
        metric=number.metric,
        value=number.value,
        title=number.title,
    )
