"""Cases that a metric ranks: by duration, failing now, and those of a stand-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.filters import Filters
from dashboard.lists import FAILING, FAILING_WHEN_LAST_RUN, SLOW
from dashboard.lists.failing import configuration_names, ranked_cases
from dashboard.lists.ranked import Ranking
from dashboard.lists.standup import FIXED, NEWLY_FLAKY, failing_of_cause
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.newest import SeriesKey
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.standup import period, thirty_days
from dashboard.metrics.strips import strips
from dashboard.metrics.tallies import has_only_totals
from dashboard.pages.cases.rows import (
    LAST,
    NAME,
    NO_REASON,
    PROJECT,
    STRIP,
    ListedCase,
    case_rows,
    columns,
    listed_cases,
    series_words,
    whole,
)
from dashboard.precomputed.failing import newly_failing
from dashboard.ui import empty_states, links
from dashboard.ui.list_layout import ListLayout, ListPage, export, listing_page
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Delta, EmptyState, Number, State, Tone
from dashboard.ui.tables import Column
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.toggles import StatusToggle, switches
from dashboard.ui.url_state import CAUSE

BEGAN = replace(FAILING, name="newly failing", compute=newly_failing)
FAILING_SINCE = replace(NO_REASON, key="failing_since", title="Failing since")
PASSING_SINCE = replace(NO_REASON, key="passing_since", title="Passing since")
SCORE = replace(NO_REASON, key="score", title="Score")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One of the lists, of a `ranking`; `quiet` says that there is none, `why` what that
    means.
    """

    title: str
    quiet: str
    why: str = "The newest decided result of every test passed."
    ranking: Ranking[Any] = FAILING
    toggle: str = ""
    state: State = State(glyph="fail", word="failing")
    since: Column = FAILING_SINCE


FAILING_VIEWS = {
    links.FAILING: View(title="Failing now", quiet="No test fails"),
    links.BEGAN: View(
        title="Started failing within 24 h", quiet="No test fails", ranking=BEGAN
    ),
    links.RETIRED: View(
        title="Failing when last run",
        quiet="No test is left that failed when last run",
        why="Whatever failed last is still run, and counts as failing now.",
        ranking=FAILING_WHEN_LAST_RUN,
        state=State(glyph="fail", word="failed when last run"),
    ),
}
# What the list of the API is asked for beside the filters, for those that it has.
EXPORTS: Mapping[str, Mapping[str, str]] = {
    links.FAILING: {},
    links.RETIRED: {"retired": "1"},
}
# Their titles end in the moment since when.
STANDUP_VIEWS = {
    links.NEWLY_FAILING: View(
        title="Started failing",
        quiet="No test started failing",
        toggle="Newly failing",
    ),
    links.FIXED: View(
        title="Fixed",
        quiet="No failing test was fixed",
        toggle="Fixed",
        state=State(glyph="fixed", word="fixed"),
        since=PASSING_SINCE,
    ),
    links.NEWLY_FLAKY: View(
        title="Became flaky",
        quiet="No test became flaky",
        toggle="Newly flaky",
        state=State(glyph="flaky", word="flaky"),
        since=SCORE,
    ),
}


def failing_page(
    layout: ListLayout, name: str, toggles: tuple[StatusToggle, ...]
) -> ListPage:
    view, state = FAILING_VIEWS[name], layout.state
    # Written out: the window of a metric is 30 days, that of a list everything.
    filters = state.filters.explicit()
    own = EXPORTS.get(name)
    return listing_page(
        layout,
        whole(view.ranking),
        columns(view.since),
        lambda items: _failing_rows(layout, view, filters, items),
        title=view.title,
        what="test",
        is_sortable=False,
        toggles=toggles,
        buttons=() if own is None else (export(state, "api-metrics-failing", **own),),
        quiet=_quiet(
            filters, EmptyState(title=view.quiet, text=view.why, glyph="fixed")
        ),
    )


def _quiet(filters: Filters, empty: EmptyState) -> Callable[[], EmptyState]:
    """`empty`, unless nobody knows of any test."""
    return lambda: (
        empty_states.totals_only(filters) if has_only_totals(filters) else empty
    )


def standup_page(layout: ListLayout, name: str) -> ListPage:
    state, view = layout.state, STANDUP_VIEWS[name]
    window, cause = period(state.filters), state.own.get(CAUSE, "")
    since = times.standup_since(window.since, window.until, state.zone)
    ranking: Ranking[Any] = FIXED if name == links.FIXED else NEWLY_FLAKY
    if name == links.NEWLY_FAILING:
        ranking = failing_of_cause(cause)
    quiet = EmptyState(
        title=f"{view.quiet} {since}",
        text="That is of the filters above.",
        glyph="fixed",
    )
    return listing_page(
        layout,
        whole(ranking),
        columns(view.since, results="Results in 30 days"),
        lambda items: _rows(layout, view, _thirty_days(state.filters), items),
        title=f"{view.title} {since}",
        what="test",
        is_sortable=False,
        toggles=switches(
            replace(state, own={}),
            [
                (name, view.state.glyph, view.toggle)
                for name, view in STANDUP_VIEWS.items()
            ],
            "" if cause else name,
        ),
        quiet=(lambda: None) if cause else _quiet(_thirty_days(state.filters), quiet),
    )


def _thirty_days(filters: Filters) -> Filters:
    """Series are of 30 days, whatever the time in which they turned."""
    days = thirty_days(replace(filters, q=""))
    explicit = days.explicit()
    return explicit if filters.until is None else explicit.over(days.window())


def _failing_rows(
    layout: ListLayout, view: View, filters: Filters, items: Sequence[FailingCase]
) -> list[ListedCase]:
    """Each with the series that fails, by name and by its last outcomes."""
    names, series = (
        configuration_names(items),
        {item.case: item.series for item in items},
    )
    rows = _rows(layout, view, filters, items, series)
    return [
        replace(row, series=series_words(names[item.configuration], item.branch))
        for row, item in zip(rows, items, strict=True)
    ]


def _rows(
    layout: ListLayout,
    view: View,
    filters: Filters,
    items: Sequence[Any],
    series: Mapping[int, SeriesKey] | None = None,
) -> list[ListedCase]:
    ids = [item.case for item in items]
    cases = ranked_cases(ids)
    cells = strips(series or ids, filters, filters.window(), last=LAST)
    rows = case_rows(layout, [cases[id_] for id_ in ids], filters, cells)
    return [
        replace(row, state=view.state, item=item)
        for row, item in zip(rows, items, strict=True)
    ]


# A smaller change of a median is of no interest.
NOISE_SHARE = 0.2
SLOW_COLUMNS = (
    replace(NAME, sort=""),
    PROJECT,
    STRIP,
    Column("passed", "Passed", "n", sort="-n", css="num"),
    Column("p50", "Median", "p50_ms", sort="-p50_ms", css="b num strong"),
    Column("p95", "95th percentile", "p95_ms", sort="-p95_ms", css="f num sec"),
    Column("change", "Change", sort="-change", css="c"),
)
NO_DURATION = EmptyState(
    title="No duration is known",
    text="No test passed with a known duration in this time.",
    icon="calendar",
)


def slow_page(layout: ListLayout, toggles: tuple[StatusToggle, ...]) -> ListPage:
    """`toggles` lead to the other lists of tests."""
    return listing_page(
        layout,
        whole(SLOW),
        SLOW_COLUMNS,
        lambda slow: _slow_rows(layout, slow),
        title="All tests by duration",
        what="test",
        css="tall blocks slow",
        toggles=toggles,
        buttons=(export(layout.state, "api-metrics-slow"),),
        quiet=_quiet(layout.state.filters.explicit(), NO_DURATION),
    )


def _slow_rows(layout: ListLayout, slow: Sequence[SlowCase]) -> list[ListedCase]:
    filters, ids = layout.state.filters, [item.case for item in slow]
    cases = ranked_cases(ids)
    cells = strips(ids, filters, filters.window(), last=LAST)
    rows = listed_cases(layout, [cases[id_] for id_ in ids], cells)
    return [
        replace(row, item=item, delta=_delta(item), results=_passed(filters, item))
        for row, item in zip(rows, slow, strict=True)
    ]


def _passed(filters: Filters, slow: SlowCase) -> Number:
    href = links.results(replace(filters, q=""), ("passed",), case=(slow.case,))
    title = f"of {numbers.plural(slow.n, 'known duration')}"
    return counted("passed", slow.passed, href, title=title)


def _delta(slow: SlowCase) -> Delta | None:
    """The change against the window before; longer is worse."""
    now_ms, before_ms = slow.p50_ms, slow.previous_p50_ms
    delta = deltas.share_delta(now_ms, before_ms) if before_ms else None
    if delta is None or before_ms is None:
        return None
    change = now_ms / before_ms - 1
    tone: Tone = "flat"
    if abs(change) > NOISE_SHARE:
        tone = "bad" if change > 0 else "good"
    return replace(delta, tone=tone, title=f"{times.duration(before_ms)} before")
