"""The numbers in the sidebar of every page: of the last 30 days, whatever is filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from dashboard.crowding import Lately
from dashboard.filters import Filters, default_scope, with_what_counts
from dashboard.metrics.tallies import only_totals, tallies
from dashboard.precomputed.cached import Metric, cached
from dashboard.precomputed.failing import failing_by_project
from dashboard.precomputed.flaky import flaky_by_project
from dashboard.reading.scope import scope_key
from dashboard.ui.panels import load_or_none
from dashboard.ui.url_state import PageState


@dataclass(frozen=True, slots=True, kw_only=True)
class SidebarCounts:
    """Failing cases by project, where one that has none is missing, and flaky cases;
    what is None is not told. Of `only_totals` nobody knows how many fail.
    """

    failing: Mapping[int, int] | None = None
    flaky: int | None = None
    only_totals: frozenset[int] = frozenset()


def sidebar_counts(state: PageState | None = None) -> SidebarCounts:
    """`state` is that of the page, which may know the default branches already."""
    filters = _without_choice(state) or with_what_counts(Filters())
    place = f"{filters.branches_in_force} {filters.with_uncounted} {scope_key()}"
    counts = load_or_none(
        "the sidebar's numbers",
        lambda: _LATELY.get(place, lambda: cached(_COUNTS, filters)),
    )
    failing, flaky, without = counts or ({}, None, ())
    return SidebarCounts(
        failing=failing,
        flaky=None if flaky is None else _where_it_leads(flaky),
        only_totals=frozenset(without),
    )


def _where_it_leads(by_project: Mapping[int, int]) -> int:
    """The link beside the number starts with the reader's own projects."""
    scope = default_scope() or by_project.keys()
    return sum(by_project.get(project, 0) for project in scope)


def _without_choice(state: PageState | None) -> Filters | None:
    """Filters of nothing chosen, where those of the page know the default branches."""
    if state is None or not state.has_default_window or state.filters.branch:
        return None
    if state.filters.default_branch is not None or state.filters.counted is not None:
        return None
    return Filters(default_branches=state.filters.default_branches)


def _flaky(filters: Filters) -> dict[int, int]:
    return {
        project: totals.cases for project, totals in flaky_by_project(filters).items()
    }


def _only_totals(filters: Filters) -> list[int]:
    tallied = tallies(filters, filters.window(), by="project")
    return sorted(cast(int, key) for key in only_totals(tallied))


_Counts = tuple[dict[int, int], dict[int, int], list[int]]
_LATELY = Lately[_Counts]()
_COUNTS = Metric(
    name="sidebar",
    kind=_Counts,
    compute=lambda filters: (
        failing_by_project(filters),
        _flaky(filters),
        _only_totals(filters),
    ),
)
