"""The page of two runs side by side, from its address to what the template prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboard.filters import Filters, selected_connections
from dashboard.lists.names import project_names
from dashboard.metrics.compare import Comparison, NotComparableError, compare_runs
from dashboard.pages.compare import rows, sides
from dashboard.pages.compare.chooser import RunChooser, chooser
from dashboard.pages.compare.rows import CategoryTab, PairCard
from dashboard.pages.compare.sides import ComparedRun
from dashboard.pages.compare.state import PATH, CompareState
from dashboard.pages.compare.text import compared_verdict
from dashboard.ui import freshness, links
from dashboard.ui.clock import Clock
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import Button, Crumb, EmptyState, Note, Verdict
from dashboard.ui.url_state import PageState
from ingest.models import Run

EXPLAIN = "/api/docs/metrics/#comparing-two-runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Without `sides` the page asks for two runs; without `card` they cannot be
    compared, and `empty` says why.
    """

    title: str
    chooser: RunChooser
    subtitle: str = ""
    crumbs: tuple[Crumb, ...] = ()
    sides: tuple[ComparedRun, ...] = ()
    swap_href: str = ""
    verdict: Verdict | None = None
    explain_href: str = ""
    tabs: tuple[CategoryTab, ...] = ()
    card: PairCard | None = None
    empty: EmptyState | None = None
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()


def compare_page(state: CompareState, clock: Clock) -> ComparePage:
    base, head = state.base, state.head
    common: dict[str, Any] = {
        "title": "Compare runs",
        "chooser": chooser(state, clock),
        "crumbs": _crumbs(head or base),
    }
    if base is None or head is None:
        notes = (*_problems(state), *_without_base(state))
        return ComparePage(**common, notes=notes)
    return ComparePage(
        **common,
        sides=sides.sides(base, head, clock),
        swap_href=CompareState(base=head, head=base).href(),
        explain_href=EXPLAIN,
        notes=(
            *_problems(state),
            *_freshness(base, head, clock),
            *sides.notes(base, head),
        ),
        **_compared(state, base, head, clock),
    )


def _compared(
    state: CompareState, base: Run, head: Run, clock: Clock
) -> dict[str, Any]:
    try:
        found = load_or_none("comparison", lambda: compare_runs(base, head))
    except NotComparableError:
        return {"empty": sides.not_comparable(base, head)}
    if found is None:
        return {"empty": did_not_load("comparison", state.href())}
    card = load_or_none("pairs", lambda: rows.card(state, found, clock))
    return {
        "verdict": compared_verdict(
            rows.tab_number(state, found, "regression"),
            rows.tab_number(state, found, "fixed"),
            rows.tab_number(state, found, "new_failure"),
            found.mcnemar_p,
        ),
        "tabs": rows.tabs(state, found),
        "card": card,
        "empty": None if card else did_not_load("table", state.href()),
        "buttons": (_export(found),),
    }


def _export(found: Comparison) -> Button:
    query = {"base": found.base.pk, "head": found.head.pk, "format": "csv"}
    href = f"/api/v1/metrics/compare/?{urlencode(query)}"
    return Button(text="Export CSV", href=href, icon="download", hide_on_phone=True)


def _crumbs(run: Run | None) -> tuple[Crumb, ...]:
    if run is None:
        return (Crumb(text="Runs", href="/runs/"),)
    project = run.project
    return (
        Crumb(text=project.name, href=links.project(project.pk)),
        Crumb(text="Runs", href=f"/runs/?project={project.pk}"),
    )


def _problems(state: CompareState) -> tuple[Note, ...]:
    return tuple(
        Note(kind="warn", glyph="stale", fact="Left out of the address.", text=sentence)
        for sentence in state.problems
    )


def _without_base(state: CompareState) -> tuple[Note, ...]:
    if state.head is None or state.problems:
        return ()
    fact = f"There is no run before {state.head.name}."
    text = "None has its source, configuration and branch; choose a base."
    return (Note(kind="info", glyph="run", fact=fact, text=text),)


def _freshness(base: Run, head: Run, clock: Clock) -> tuple[Note, ...]:
    projects = tuple(sorted({base.project_id, head.project_id}))
    page = PageState(path=PATH, filters=Filters(project=projects, now=clock.now))
    connections = list(selected_connections(page.filters))
    return freshness.notes(page, connections, project_names())
