"""What fails now and failed lately, from what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dashboard.filters import Filters, Window
from dashboard.metrics import failing as metric
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.failing_history import LATELY, FailingHistory
from dashboard.metrics.failing_history import failing_history as compute_history
from dashboard.precomputed.figures import Figure, precomputed, standard_days


def failing_cases(filters: Filters) -> list[FailingCase]:
    """Those failing at the end of the window, longest first, then by id."""
    return [case for case in failing_when_last_run(filters) if not case.is_retired]


def retired_cases(filters: Filters) -> list[FailingCase]:
    """Those that failed when last run and fail in no series that is still run, in the
    same order.
    """
    return [case for case in failing_when_last_run(filters) if case.is_retired]


def failing_when_last_run(filters: Filters) -> list[FailingCase]:
    """Both, in the same order."""
    return precomputed(FAILING, filters)


def _by_since(several: Sequence[list[FailingCase]]) -> list[FailingCase]:
    found = [case for cases in several for case in cases]
    return sorted(found, key=lambda case: (case.since, case.case))


FAILING = Figure(
    name="failing",
    kind=list[FailingCase],
    compute=lambda filters, _: metric.failing_when_last_run(filters),
    join=_by_since,
)


def newly_failing(filters: Filters) -> list[FailingCase]:
    """The failing cases whose streak began in the last 24 h of the window."""
    begins = filters.window().until - LATELY
    return [case for case in failing_cases(filters) if case.since >= begins]


def failing_by_project(
    filters: Filters, window: Window | None = None
) -> dict[int, int]:
    """Projects with cases that fail at the end of the window, and how many do."""
    now = filters.window()
    if standard_days(filters) and window in {None, now}:
        return dict(Counter(case.project for case in failing_cases(filters)))
    if standard_days(filters) and window == now.previous:
        return precomputed(FAILING_BEFORE, filters)
    return metric.failing_by_project(filters, window)


def failing_now(filters: Filters, window: Window | None = None) -> int:
    """How many cases fail at the end of the window."""
    return sum(failing_by_project(filters, window).values())


def _merged(several: Iterable[Mapping[int, int]]) -> dict[int, int]:
    return {project: cases for one in several for project, cases in one.items()}


FAILING_BEFORE = Figure(
    name="failing before",
    kind=dict[int, int],
    compute=lambda filters, _: metric.failing_by_project(
        filters, filters.window().previous
    ),
    join=_merged,
)


def failing_history(filters: Filters) -> FailingHistory:
    """Of the window of the filters, and of the one before it."""
    return precomputed(FAILING_HISTORY, filters)


def _joined(several: Sequence[FailingHistory]) -> FailingHistory:
    return FailingHistory(
        now=_merged(one.now for one in several),
        previous=_merged(one.previous for one in several),
        began=_merged(one.began for one in several),
        by_day=tuple(map(sum, zip(*(one.by_day for one in several), strict=True))),
    )


FAILING_HISTORY = Figure(
    name="failing history",
    kind=FailingHistory,
    compute=lambda filters, _: compute_history(filters),
    join=_joined,
    edges=(LATELY,),
)
