"""How many cases failed at the end of each day, and how many began to fail lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from dashboard.column_store.selection import microseconds
from dashboard.filters import Filters, Window
from dashboard.metrics.failing_series import FailingSeries, Retirement, failing_series

# What counts as new in a sentence: since about this time yesterday.
LATELY = timedelta(hours=24)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingHistory:
    """Numbers of failing cases, each as `failing_now` at the end of a window of the same
    length: `now` and `previous` (where the window begins) by project, `by_day` at the
    end of each UTC day, the last at the end of the window. `began` are those whose
    streak began in the last 24 h of the window.
    """

    now: Mapping[int, int]
    previous: Mapping[int, int]
    began: Mapping[int, int]
    by_day: tuple[int, ...]


def failing_history(filters: Filters) -> FailingHistory:
    """Of the window of the filters, and of the one before it."""
    window = filters.window()
    moments = [window.since, *day_ends(window)]
    both = Window(since=window.previous.since, until=window.until)
    series = failing_series(filters, both)
    retirement = Retirement(series, filters, moments, window.until - window.since)
    ends = [retirement.failing_now(microseconds(moment)) for moment in moments]
    previous, *days = map(series.cases_by_project, ends)
    return FailingHistory(
        now=days[-1],
        previous=previous,
        began=_began(series, ends[-1], window),
        by_day=tuple(sum(day.values()) for day in days),
    )


def _began(of: FailingSeries, ends: np.ndarray, window: Window) -> dict[int, int]:
    """Of the cases with these ends those without a streak that began in the window and
    before its last 24 h.
    """
    since, lately = microseconds(window.since), microseconds(window.until - LATELY)
    is_earlier = (of.times >= since) & (of.times < lately)
    earlier = np.concatenate([[0], np.cumsum(is_earlier)])
    is_old = earlier[ends + 1] > earlier[of.streaks[ends]]
    cases = of.cases[ends]
    return of.cases_by_project(ends[~np.isin(cases, cases[is_old])])


def day_ends(window: Window) -> Sequence[datetime]:
    """The ends of the UTC days that the window touches; its own end is the last."""
    midnight = datetime.combine(window.since.astimezone(UTC).date(), time(), UTC) + DAY
    ends = []
    while midnight < window.until:
        ends.append(midnight)
        midnight += DAY
    return [*ends, window.until]
