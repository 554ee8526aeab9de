"""A milestone's tests by status, and what is left of each project."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.metrics.milestones import Progress
from dashboard.pages.milestones.page_data import PageData
from dashboard.ui import links
from dashboard.ui.links import LEFT_WORDS
from dashboard.ui.number_links import counted, figure
from dashboard.ui.parts import EmptyState, Link, Number, OutcomeBar, Tool
from dashboard.ui.svg.outcomes import OUTCOMES, Outcome
from dashboard.ui.text import numbers
from ingest.contract import Counts, Status

NOT_STARTED, NOT_ENDED = "Not run yet", "Not finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressLine:
    """One outcome: glyph, word, number of tests and their share of the scope."""

    glyph: str
    word: str
    number: Number
    share: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressCard:
    """`passed` is the rate of the scope as (text, unit) parts; `note` tells of runs
    without rows, which count nowhere.
    """

    scope: Number
    passed: tuple[tuple[str, str], ...]
    passed_value: float | None
    finished: Number
    bar: OutcomeBar
    lines: tuple[ProgressLine, ...]
    note: str = ""
    note_link: Link | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """What is left of a project: widths in per cent of the longest line."""

    tool: Tool
    name: str
    href: str
    number: Number
    not_passed: float
    not_run: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftCard:
    total: Number
    lines: tuple[LeftLine, ...]
    empty: EmptyState | None = None


def progress_card(material: PageData, found: Progress) -> ProgressCard:
    return ProgressCard(
        scope=_count(material, found.scope, "scope"),
        passed=numbers.percent_parts(found.passed_share),
        passed_value=found.passed_share,
        finished=figure("completion", found.decided_share),
        bar=OutcomeBar(counts=statuses(found.counts)),
        lines=tuple(_line(material, found, outcome) for outcome in OUTCOMES),
        note=_note(found),
        empty=None if found.scope else _nothing(found),
    )


def statuses(counts: Counts) -> dict[str, int]:
    return {str(status): getattr(counts, status) for status in Status}


def _count(material: PageData, value: int, metric: str, *words_: str) -> Number:
    return counted(metric, value, links.in_scope(material.filters, words_))


def _line(material: PageData, found: Progress, outcome: Outcome) -> ProgressLine:
    number = sum(getattr(found.counts, status) for status in outcome.statuses)
    metric = "not_run" if outcome.key == "unfinished" else outcome.key
    return ProgressLine(
        glyph=outcome.css,
        word=_word(found.counts, outcome),
        number=_count(material, number, metric, *outcome.statuses),
        share=figure("share", number / found.scope if found.scope else None),
    )


def _word(counts: Counts, outcome: Outcome) -> str:
    if outcome.key != "unfinished":
        return outcome.word
    return NOT_ENDED if counts.running + counts.unknown else NOT_STARTED


def _note(found: Progress) -> str:
    """Runs with totals only count nowhere here, and that is said."""
    runs = len(found.runs_without_rows)
    if not runs:
        return ""
    results = numbers.plural(found.n_counts, "result")
    verb = "counts" if found.n_counts == 1 else "count"
    return (
        f"{results} in {numbers.plural(runs, 'run')} without rows {verb} nowhere here."
    )


def _nothing(found: Progress) -> EmptyState:
    title = "Totals only" if found.runs_without_rows else "Nothing in scope yet"
    return EmptyState(title=title, text=found.reason, icon="milestones")


def left_card(material: PageData, found: Progress) -> LeftCard:
    """Projects with most left first; the longest line is the scale."""
    left = {p: c.total - c.passed for p, c in found.by_project.items()}
    order = sorted((p for p in left if left[p]), key=lambda p: (-left[p], p))
    longest = left[order[0]] if order else 1
    return LeftCard(
        total=_count(material, found.left, "left", *LEFT_WORDS),
        lines=tuple(_left(material, p, found.by_project[p], longest) for p in order),
        empty=None if order else _nothing_left(found),
    )


def _left(material: PageData, project: int, counts: Counts, longest: int) -> LeftLine:
    known = material.projects.get(project)
    name = known.name if known else ""
    bad, left = counts.failed + counts.error, counts.total - counts.passed
    href = links.in_scope(material.filters, LEFT_WORDS, projects=[project])
    rest = left - bad
    return LeftLine(
        tool=material.tool_of(project),
        name=name,
        href=links.project(project),
        number=counted("left", left, href),
        not_passed=100 * bad / longest,
        not_run=100 * rest / longest,
        label=f"{numbers.count(bad)} not passed, {numbers.count(rest)} not finished",
    )


def _nothing_left(found: Progress) -> EmptyState:
    if found.is_done:
        text = f"All {numbers.plural(found.scope, 'test')} in scope passed."
        return EmptyState(title="Nothing is left", text=text, glyph="fixed")
    return _nothing(found)
