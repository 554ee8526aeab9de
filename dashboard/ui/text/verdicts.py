"""The sentence that opens a page, built from templates with real thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui.parts import Number, Piece, Sentence, Verdict
from dashboard.ui.text import numbers
from dashboard.ui.text.deltas import NOISE_POINTS, points
from dashboard.ui.text.numbers import percent, plural

Words = tuple[str | Piece, ...]
# Below this pass rate there is no tick, however much better or steady it is.
MOSTLY = 0.5


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
    failing: Number | None = None,
    newly_failing: Number | None = None,
    stale: Sequence[StaleTool] = (),
) -> Verdict:
    """The first sentence that applies: fell, new failures, rose, steady; without
    anything before it the rate alone is told.

    `cause` is the project with the largest change in the same direction (of new
    failures: with the most of them). `failing` and `newly_failing` None are unknown.
    """
    tail = _without(stale)
    if now is None:
        return compose_verdict("run", ("No test was decided in this window.",), tail)
    change = points(now, before)
    glyph, bold = _opening(now, change, failing, newly_failing)
    rest: Words = ()
    if _fell(change):
        rest = _drop(cause)
    elif newly_failing and newly_failing.value:
        rest = _new_there(cause)
    else:
        rest = _how_many(failing) if glyph == "fail" else ()
        rest = (*rest, *_gain(cause)) if _rose(change) else rest
    return compose_verdict(glyph, bold, (*rest, *tail))


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
    change = points(now, before)
    is_moved = _fell(change) or _rose(change)
    if now is None or not is_moved or failing is None or newly_failing is None:
        return pass_rate_verdict(
            now, before, failing=failing, newly_failing=newly_failing, stale=stale
        )
    glyph, bold = _opening(now, change, failing, newly_failing)
    if turn is not None and _fell(change):
        rates = (_rate(turn.before), " to ", _rate(turn.after))
        milestone = Piece(text=turn.milestone, href=turn.href)
        bold = ("Pass rate dropped from ", *rates, " after ", milestone, ".")
    rest = _failing_now(failing, newly_failing, folder)
    if _rose(change) and newly_failing.value:
        # Its beginning tells of the new ones.
        rest = _how_many(failing)
    return compose_verdict(glyph, bold, (*rest, *_without(stale)))


def _opening(
    now: float, change: float | None, failing: Number | None, newly: Number | None
) -> tuple[str, Words]:
    """The glyph and the first sentence."""
    rate = _rate(now)
    if _fell(change):
        return "fail", (f"Pass rate fell {-(change or 0):.1f} points to ", rate, ".")
    if newly and newly.value:
        return "fail", _began(newly, rate, change)
    glyph = "pass" if _is_well(now, change, failing) else "fail"
    if _rose(change):
        return glyph, (f"Pass rate rose {change:.1f} points to ", rate, ".")
    is_told = newly is not None and (change is not None or glyph == "pass")
    none = ", no new failures" if is_told else ""
    return glyph, (_lead(change), rate, f"{none}.")


def _fell(change: float | None) -> bool:
    return change is not None and change <= -NOISE_POINTS


def _rose(change: float | None) -> bool:
    return change is not None and change >= NOISE_POINTS


def _without(stale: Sequence[StaleTool]) -> tuple[str, ...]:
    return tuple(f" Without {tool.name}, {tool.age} old." for tool in stale)


def _how_many(failing: Number | None) -> Words:
    return (" ", *_fail_now(failing, None)) if failing and failing.value else ()


def _began(newly_failing: Number, rate: Piece, change: float | None) -> Words:
    """New failures come before a rate that rose in spite of them."""
    tests = (_tests(newly_failing), " started failing")
    if _rose(change):
        return *tests, f", though the pass rate rose {change:.1f} points to ", rate, "."
    return _lead(change), rate, ", ", *tests, "."


def _lead(change: float | None) -> str:
    """Nothing is steady that has nothing to be held against."""
    return "Pass rate " if change is None else "Steady at "


def _is_well(rate: float, change: float | None, failing: Number | None) -> bool:
    """Whether a tick may stand beside the rate: nothing fails now, or it is a rate like
    before of which most passes.
    """
    if failing is not None and not failing.value:
        return True
    if change is None:
        return failing is None and rate == 1
    return rate >= MOSTLY


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
