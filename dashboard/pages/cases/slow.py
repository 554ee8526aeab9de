"""All tests by duration: the median now, the 95th percentile, the median before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.lists import SLOW
from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.ranked import Ranking
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import Cell, letters, strips
from dashboard.ui import links
from dashboard.ui.filter_bar import tool
from dashboard.ui.list_layout import (
    ListLayout,
    ListPage,
    count_text,
    empty_of,
    export,
    search_box,
)
from dashboard.ui.notes_and_mutes import muted_title, remarks_on
from dashboard.ui.number_links import counted, sort_columns
from dashboard.ui.pagination import Shown, shown_ranking
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Delta, EmptyState, Link, Number, Strip, Tone, Tool
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.toggles import StatusToggle

LAST = 20
# A smaller change of a median is of no interest.
NOISE_SHARE = 0.2
HEADS = {
    "name": ("Test", ""),
    "project": ("Project", ""),
    "strip": (f"Last {LAST}", ""),
    "passed": ("Passed", "-n"),
    "p50": ("Median", "-p50_ms"),
    "p95": ("95th percentile", "-p95_ms"),
    "change": ("Change", "-change"),
}
NUMERIC = frozenset({"passed", "p50", "p95"})
# The items themselves: a page shows more of them than the API does.
SHOWN: Ranking[SlowCase] = Ranking(
    name=SLOW.name,
    row=SlowCase,
    compute=SLOW.compute,
    key=SLOW.key,
    rows=lambda _, items: list(items),
    refused=SLOW.refused,
    sorts=SLOW.sorts,
    default_sort=SLOW.default_sort,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowListRow:
    """A case with the median and the 95th percentile of what it took to pass.

    `delta` is the median's change against the window before, None without one there.
    """

    name: str
    href: str
    folder: str
    tool: Tool
    project: Link
    strip: Strip
    passed: Number
    p50: Number
    p95: Number
    delta: Delta | None
    muted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowListPage(ListPage):
    """Column keys: name, project, strip, passed, p50, p95, change."""

    rows: tuple[SlowListRow, ...] = ()


def slow_page(frame: ListLayout, toggles: tuple[StatusToggle, ...]) -> SlowListPage:
    """`toggles` lead to the other lists of tests."""
    state = frame.state
    found = load_or_none("slow tests", lambda: shown_ranking(state, SHOWN))
    columns = sort_columns(state, HEADS, SLOW.default_sort, numeric=NUMERIC)
    return SlowListPage(
        title="All tests by duration",
        subtitle=frame.subtitle,
        count=count_text(found),
        search=search_box(state, "Name, folder or key"),
        pager=found.pager if found else None,
        empty=_empty(frame, found),
        toggles=toggles,
        buttons=(export(state, "metrics/slow/"),),
        notes=frame.notes(found),
        columns=columns,
        rows=_rows(frame, found.rows) if found else (),
    )


def _empty(frame: ListLayout, found: Shown[SlowCase] | None) -> EmptyState | None:
    has_filter = bool(frame.state.filters.q) or not frame.connections
    if found is None or found.rows or has_filter:
        return empty_of(frame, "test", found)
    return EmptyState(
        title="No duration is known",
        text="No test passed with a known duration in this time.",
        icon="calendar",
    )


def _rows(frame: ListLayout, slow: Sequence[SlowCase]) -> tuple[SlowListRow, ...]:
    filters = frame.state.filters
    ids = [item.case for item in slow]
    cases, noted = ranked_cases(ids), remarks_on(ids, filters.now)
    cells = strips(ids, filters, filters.window(), last=LAST)
    return tuple(
        _row(frame, item, cases[item.case], cells.get(item.case, ()), noted)
        for item in slow
    )


def _row(
    frame: ListLayout,
    item: SlowCase,
    case: RankedCase,
    cells: Sequence[Cell],
    noted: Mapping[int, CaseRemarks],
) -> SlowListRow:
    project = frame.projects.get(item.project)
    sure = f"of {numbers.plural(item.n, 'known duration')}"
    return SlowListRow(
        name=case.name,
        href=links.case(case.id),
        folder=case.folder,
        tool=tool(project.tool if project else ""),
        project=Link(
            text=project.name if project else "", href=links.project(item.project)
        ),
        strip=Strip(cells=_outcomes(cells), slots=LAST),
        passed=counted("passed", item.passed, _passed(frame, case), title=sure),
        p50=_percentile("p50_ms", item.p50_ms, sure),
        p95=_percentile("p95_ms", item.p95_ms, sure),
        delta=_delta(item),
        muted=muted_title(frame.state, case.id, noted),
    )


def _passed(frame: ListLayout, case: RankedCase) -> str:
    filters = replace(frame.state.filters, q="")
    return links.results(filters, ("passed",), case=(case.id,))


def _outcomes(cells: Sequence[Cell]) -> tuple[StripCell, ...]:
    return tuple(StripCell(outcome=letter) for letter in letters(cells))


def _percentile(metric: str, value_ms: int, title: str) -> Number:
    text = times.duration(value_ms)
    return Number(text=text, metric=metric, value=value_ms, title=title)


def _delta(item: SlowCase) -> Delta | None:
    """Longer is worse; None without a median before."""
    before = item.previous_p50_ms
    found = deltas.share_delta(item.p50_ms, before) if before else None
    if found is None or before is None:
        return None
    change = item.p50_ms / before - 1
    tone: Tone = "flat"
    if abs(change) > NOISE_SHARE:
        tone = "bad" if change > 0 else "good"
    return replace(found, tone=tone, title=f"{times.duration(before)} before")
