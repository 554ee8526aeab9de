"""How far a milestone is: its risk and why, its tests by status, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.lists.names import ProjectName
from dashboard.metrics.milestones import (
    Progress,
    pace,
    scope_added_lately,
)
from dashboard.pages.milestones.causes import Cause, causes
from dashboard.pages.milestones.page_data import PageData
from dashboard.pages.milestones.text import (
    Stretches,
    days_between,
    what_it_takes,
)
from dashboard.ui import links
from dashboard.ui.charts.burn_up import burn_up_figure
from dashboard.ui.number_links import counted, figure
from dashboard.ui.parts import Number
from dashboard.ui.svg.outcomes import OUTCOMES, Outcome
from dashboard.ui.text import numbers, times
from dashboard.ui.text.numbers import plural
from ingest.contract import Counts

# Growth that is named in the chart is at least this part of the scope.
WORTH_NAMING = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    """What is left of a project: `parts` are marks with their widths in per cent of the
    longest line.
    """

    project: ProjectName
    number: Number
    parts: tuple[tuple[str, float], ...]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressCards:
    """`causes` of being late and what it `takes` in spite of them; `outcomes` are glyph,
    word, number of tests and share; `chart` is the burn-up, `by_project` what is left.
    """

    progress: Progress
    causes: tuple[Cause, ...]
    takes: Stretches
    scope: Number
    outcomes: tuple[tuple[str, str, Number, Number], ...]
    chart: Mapping[str, Any]
    left: Number
    by_project: tuple[LeftLine, ...]

    @property
    def chart_subtitle(self) -> str:
        if self.progress.forecast is None:
            return self.progress.reason
        days = plural(max(len(self.progress.burn_up) - 2, 1), "past day")
        learnt = self.progress.forecast.milestones
        band = f" learnt from {plural(learnt, 'milestone')}" if learnt else ""
        return f"forecast from {days} drawn again into 10,000 futures, 80% band{band}"

    @property
    def chart_label(self) -> str:
        """The chart in one sentence."""
        last, forecast = self.progress.burn_up[-1], self.progress.forecast
        passed, scope = numbers.count(last.passed), plural(last.scope, "test")
        label = f"Burn-up: {passed} of {scope} passed on {times.day(last.day)}"
        label += f", {numbers.count(last.decided)} finished"
        if forecast is None:
            return f"{label}."
        reach = days_between(forecast.p10, forecast.p90, self.progress.today)
        return f"{label}; expected to be done {reach}."


def progress_cards(data: PageData, progress: Progress) -> ProgressCards:
    filters = data.filters
    left = links.in_scope(filters, links.LEFT_WORDS)
    return ProgressCards(
        progress=progress,
        causes=() if is_settled(progress) else causes(data, progress),
        takes=takes(progress),
        scope=counted("scope", progress.scope, links.in_scope(filters)),
        outcomes=tuple(_outcome(data, progress, one) for one in OUTCOMES),
        chart=_chart(progress),
        left=counted("left", progress.left, left),
        by_project=_by_project(data, progress),
    )


def _outcome(
    data: PageData, progress: Progress, outcome: Outcome
) -> tuple[str, str, Number, Number]:
    counts, word, metric = progress.counts, outcome.word, outcome.key
    number = sum(getattr(counts, status) for status in outcome.statuses)
    if outcome.key == "unfinished":
        is_begun = counts.running + counts.unknown
        word, metric = word if is_begun else "Not run yet", "not_run"
    href = links.in_scope(data.filters, outcome.statuses)
    share = figure("share", number / progress.scope if progress.scope else None)
    return outcome.css, word, counted(metric, number, href), share


def _chart(progress: Progress) -> Mapping[str, Any]:
    added = scope_added_lately(progress.burn_up, progress.today)
    if added and added.most < WORTH_NAMING * progress.scope:
        added = None
    return burn_up_figure(
        progress.burn_up,
        progress.forecast.band if progress.forecast else (),
        due=progress.due_on,
        growth=added,
        is_over=progress.is_completed,
    )


def _by_project(data: PageData, progress: Progress) -> tuple[LeftLine, ...]:
    """Projects with most left first; the longest line is the scale."""
    left = {pk: c.total - c.passed for pk, c in progress.by_project.items()}
    order = sorted((pk for pk in left if left[pk]), key=lambda pk: (-left[pk], pk))
    longest = left[order[0]] if order else 1
    return tuple(_left_line(data, pk, progress.by_project[pk], longest) for pk in order)


def _left_line(data: PageData, pk: int, counts: Counts, longest: int) -> LeftLine:
    bad, left = counts.failed + counts.error, counts.total - counts.passed
    kinds = (
        ("bad", "not passed", bad),
        ("block", "blocked", counts.blocked),
        ("open", "not finished", left - bad - counts.blocked),
    )
    href = links.in_scope(data.filters, links.LEFT_WORDS, projects=[pk])
    return LeftLine(
        project=data.layout.project(pk),
        number=counted("left", left, href),
        parts=tuple((mark, 100 * n / longest) for mark, _, n in kinds if n),
        label=", ".join(f"{numbers.count(n)} {word}" for _, word, n in kinds if n),
    )


def is_settled(progress: Progress) -> bool:
    """Whether nothing about its end is open, so that causes do not matter."""
    return progress.is_done or progress.is_completed


def takes(progress: Progress) -> Stretches:
    due, left, today = progress.due_on, progress.left, progress.today
    if is_settled(progress) or due is None or not left:
        return ()
    if not progress.is_at_risk and progress.forecast is not None:
        return ()
    return what_it_takes(left, pace(progress.burn_up, today), due, today)
