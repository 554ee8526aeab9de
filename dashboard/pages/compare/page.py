"""The page of two runs side by side, from its address to what the template prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from dashboard.filters import Filters, selected_connections
from dashboard.lists.names import project_names
from dashboard.metrics.compare import Comparison, NotComparableError, compare_runs
from dashboard.pages.compare import rows, sides
from dashboard.pages.compare.chooser import OptionGroup, choices
from dashboard.pages.compare.rows import CategoryTab, PairCard
from dashboard.pages.compare.sides import ComparedRun
from dashboard.pages.compare.state import PATH, CompareState
from dashboard.pages.compare.text import compared_verdict
from dashboard.ui import freshness
from dashboard.ui.clock import Clock
from dashboard.ui.freshness import left_out_of_address
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import Button, Crumb, EmptyState, Note, Verdict
from dashboard.ui.run_head import crumbs
from dashboard.ui.url_state import PageState
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Without `sides` the page asks for two runs; without `card` they cannot be
    compared, and `empty` says why.
    """

    bases: tuple[OptionGroup, ...]
    heads: tuple[OptionGroup, ...]
    crumbs: tuple[Crumb, ...]
    notes: tuple[Note, ...]
    sides: tuple[ComparedRun, ...] = ()
    swap_href: str = ""
    verdict: Verdict | None = None
    tabs: tuple[CategoryTab, ...] = ()
    card: PairCard | None = None
    empty: EmptyState | None = None
    buttons: tuple[Button, ...] = ()
    title: str = "Compare runs"
    subtitle: str = ""


def compare_page(state: CompareState, clock: Clock) -> ComparePage:
    base, head = state.base, state.head
    bases, heads = choices(state, clock)
    notes = left_out_of_address(state.problems)
    page = ComparePage(
        bases=bases,
        heads=heads,
        crumbs=crumbs(head or base),
        notes=(*notes, *_without_base(state)),
    )
    if base is None or head is None:
        return page
    page = replace(
        page,
        sides=sides.sides(base, head, clock),
        swap_href=CompareState(base=head, head=base).href(),
        notes=(*notes, *_freshness(base, head, clock), *sides.notes(base, head)),
    )
    try:
        comparison = load_or_none("comparison", lambda: compare_runs(base, head))
    except NotComparableError:
        return replace(page, empty=sides.not_comparable(base, head))
    if comparison is None:
        return replace(page, empty=did_not_load("comparison", state.href()))
    return _compared(page, state, comparison, clock)


def _compared(
    page: ComparePage, state: CompareState, comparison: Comparison, clock: Clock
) -> ComparePage:
    card = load_or_none("pairs", lambda: rows.card(state, comparison, clock))
    tabs = rows.tabs(state, comparison)
    return replace(
        page,
        verdict=compared_verdict(
            tabs["regression"].number,
            tabs["fixed"].number,
            tabs["new_failure"].number,
            comparison.mcnemar_p,
        ),
        tabs=tuple(tabs.values()),
        card=card,
        empty=None if card else did_not_load("table", state.href()),
        buttons=(_export(comparison),),
    )


def _export(comparison: Comparison) -> Button:
    query = {"base": comparison.base.pk, "head": comparison.head.pk, "format": "csv"}
    href = f"/api/v1/metrics/compare/?{urlencode(query)}"
    return Button(text="Export CSV", href=href, icon="download", hide_on_phone=True)


def _without_base(state: CompareState) -> tuple[Note, ...]:
    if state.head is None or state.base is not None or state.problems:
        return ()
    fact = f"There is no run before {state.head.name}."
    text = "None has its source, configuration and branch; choose a base."
    return (Note(kind="info", glyph="run", fact=fact, text=text),)


def _freshness(base: Run, head: Run, clock: Clock) -> tuple[Note, ...]:
    projects = tuple(sorted({base.project_id, head.project_id}))
    page = PageState(path=PATH, filters=Filters(project=projects, now=clock.now))
    connections = list(selected_connections(page.filters))
    return freshness.notes(page, connections, project_names())
