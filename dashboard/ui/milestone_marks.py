"""The milestones of a time range as the lines of its chart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, timedelta

from dashboard.metrics.milestone_days import MilestoneDay
from dashboard.ui.charts.parts import MilestoneMark


def milestone_marks(
    milestones: Iterable[MilestoneDay], days: int, label_width: float
) -> list[MilestoneMark]:
    """One line a day, from the newest back those whose labels do not meet.

    `days` are those of the chart, `label_width` the part of it that a label takes.
    """
    by_day: dict[date, list[tuple[str, bool]]] = {}
    for milestone in milestones:
        day = milestone.at.astimezone(UTC).date()
        by_day.setdefault(day, []).append((milestone.name, milestone.is_done))
    apart = timedelta(days=label_width * days)
    kept: list[MilestoneMark] = []
    for day, names in sorted(by_day.items(), reverse=True):
        if not kept or kept[-1].day - day >= apart:
            kept.append(_mark(day, names))
    return kept[::-1]


def _mark(day: date, names: list[tuple[str, bool]]) -> MilestoneMark:
    (first, is_done), more = names[0], len(names) - 1
    text = f"{first} {'done' if is_done else 'due'}" + (f" +{more}" if more else "")
    return MilestoneMark(day=day, text=text, is_done=is_done)
