"""The sentence that opens a page, built from templates with real thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui.parts import Number, Piece, Sentence, Verdict
from dashboard.ui.text.deltas import NOISE_POINTS, points
from dashboard.ui.text.numbers import DASH, count, percent, plural


def score(rate: float, low: float, high: float) -> str:
    """A flake rate in per cent with its interval: "36, 27-46" with an en dash."""
    least, most = _score(low), _score(high)
    return f"{_score(rate)}, {least}{DASH}{most}"


def _score(rate: float) -> str:
    return f"{100 * rate:.1f}" if rate < 0.01 else f"{100 * rate:.0f}"


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
class Failures:
    """What fails in one project: `folder` holds most of what began lately, or ""."""

    failing: Number
    newly_failing: Number
    folder: str = ""


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
    tail = _without(stale)
    if now is None:
        return _verdict("run", "No test was decided in this window.", (), tail)
    if change is not None and change <= -NOISE_POINTS:
        fact = _to(f"Pass rate fell {-change:.1f} points to ", now, ".")
        return _verdict("fail", fact, _drop(cause), tail)
    if change is not None and change >= NOISE_POINTS:
        fact = _to(f"Pass rate rose {change:.1f} points to ", now, ".")
        return _verdict("pass", fact, _gain(cause), tail)
    if newly_failing and newly_failing.value:
        rest = _new_there(cause)
        fact = _new_failures(_at(change), now, newly_failing)
        return _verdict("fail", fact, rest, tail)
    fact = _to(_at(change), now, ", no new failures.")
    return _verdict("pass", fact, (), tail)


def project_verdict(
    now: float | None,
    before: float | None,
    *,
    turn: Turn | None = None,
    failures: Failures | None = None,
    stale: Sequence[StaleTool] = (),
) -> Verdict:
    """Of one project. With `turn` a fall is told as what followed a milestone."""
    newly = failures.newly_failing if failures else None
    told = pass_rate_verdict(now, before, newly_failing=newly, stale=stale)
    change = points(now, before)
    if change is None or abs(change) < NOISE_POINTS or failures is None:
        return told
    sentence = told.sentence
    bold = sentence.bold
    if turn is not None and change < 0:
        bold = _turned(turn)
    rest = (*_fails(failures), *sentence.rest)
    return Verdict(glyph=told.glyph, sentence=Sentence(bold=bold, rest=rest))


def _to(text: str, rate: float, end: str) -> tuple[Piece, ...]:
    value = Piece(text=percent(rate), metric="pass_rate", value=rate)
    return Piece(text=text), value, Piece(text=end)


def _turned(turn: Turn) -> tuple[Piece, ...]:
    return (
        *_to("Pass rate dropped from ", turn.before, " to "),
        *_to("", turn.after, " after ")[1:],
        Piece(text=turn.milestone, href=turn.href),
        Piece(text="."),
    )


def _fails(failures: Failures) -> tuple[Piece, ...]:
    number = int(failures.failing.value or 0)
    if not number:
        return (Piece(text=" No test fails now."),)
    found: tuple[Piece, ...] = (
        Piece(text=" "),
        piece(failures.failing, plural(number, "test")),
        Piece(text=" fails now" if number == 1 else " fail now"),
    )
    began = int(failures.newly_failing.value or 0)
    if not began:
        return (*found, Piece(text=", none of them since yesterday."))
    place = f", mostly in {failures.folder}." if failures.folder else "."
    return (
        *found,
        Piece(text=", "),
        piece(failures.newly_failing, count(began)),
        Piece(text=f" of them since yesterday{place}"),
    )


def _verdict(
    glyph: str,
    fact: str | tuple[Piece, ...],
    rest: tuple[Piece, ...],
    tail: tuple[Piece, ...],
) -> Verdict:
    bold = (Piece(text=fact),) if isinstance(fact, str) else fact
    return Verdict(glyph=glyph, sentence=Sentence(bold=bold, rest=rest + tail))


def _at(change: float | None) -> str:
    """Nothing is steady that has nothing to be held against."""
    return "Pass rate " if change is None else "Steady at "


def _new_failures(lead: str, now: float, newly_failing: Number) -> tuple[Piece, ...]:
    number = newly_failing.value or 0
    return (
        *_to(lead, now, ", "),
        piece(newly_failing, plural(int(number), "test")),
        Piece(text=" started failing."),
    )


def _drop(cause: Cause | None) -> tuple[Piece, ...]:
    if cause is None or cause.points > -NOISE_POINTS:
        return ()
    found: tuple[Piece, ...] = (
        Piece(text=" Most of the drop is in "),
        Piece(text=cause.project, href=cause.href),
        *_since(cause.turn),
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


def _since(turn: Turn | None) -> tuple[Piece, ...]:
    if turn is None:
        return ()
    return (
        Piece(text=" since "),
        Piece(text=turn.milestone, href=turn.href),
        Piece(text=f" on {turn.day}"),
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
        title=number.title,
    )
