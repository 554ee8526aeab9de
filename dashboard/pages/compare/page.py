"""The page of two runs side by side, from its address to what the template prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dashboard.addresses import address, with_query
from dashboard.filters import Filters, selected_connections
from dashboard.lists.comparable_runs import comparable_runs
from dashboard.lists.names import project_names
from dashboard.metrics.compare import Comparison, NotComparableError, compare_runs
from dashboard.pages.compare import rows
from dashboard.pages.compare.rows import PairCard, Tab
from dashboard.pages.compare.state import CompareState
from dashboard.pages.compare.text import compared_verdict, luck_remark
from dashboard.ui import freshness
from dashboard.ui.clock import Clock
from dashboard.ui.freshness import left_out_of_address
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import (
    Button,
    Crumb,
    EmptyState,
    Fact,
    FieldOption,
    Link,
    Note,
    Piece,
    Verdict,
    warning,
)
from dashboard.ui.run_head import RunHead, crumbs, run_facts, run_head
from dashboard.ui.run_rows import run_label
from dashboard.ui.url_state import PageState
from ingest.contract import Detail
from ingest.models import Run

# Labels of facts that usually are the same. That two runs began at different times goes
# without saying.
USUALLY_THE_SAME = ("Source", "Configuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """One of the two runs: `role` is Base or Head, `differing` labels of facts."""

    role: str
    run: Run
    head: RunHead
    project: Link
    facts: tuple[Fact, ...]
    differing: frozenset[str]


# The label of a group of runs, and what the field offers of them.
OptionGroup = tuple[str, tuple[FieldOption, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Without `sides` the page asks for two runs; without `card` they cannot be
    compared, and `empty` says why. `luck` is a remark on the verdict.
    """

    bases: tuple[OptionGroup, ...]
    heads: tuple[OptionGroup, ...]
    crumbs: tuple[Crumb, ...]
    notes: tuple[Note, ...]
    sides: tuple[ComparedRun, ...] = ()
    swap_href: str = ""
    verdict: Verdict | None = None
    luck: tuple[Piece, ...] = ()
    tabs: tuple[Tab, ...] = ()
    card: PairCard | None = None
    empty: EmptyState | None = None
    buttons: tuple[Button, ...] = ()
    title: str = "Compare runs"
    subtitle: str = ""


def compare_page(state: CompareState, clock: Clock) -> ComparePage:
    base, head = state.base, state.head
    groups = comparable_runs(head or base)
    notes = left_out_of_address(state.problems)
    page = ComparePage(
        bases=_options(groups, base, clock),
        heads=_options(groups, head, clock),
        crumbs=crumbs(head or base),
        notes=(*notes, *_without_base(state)),
    )
    if base is None or head is None:
        return page
    page = replace(
        page,
        sides=_sides(base, head, clock),
        swap_href=CompareState(base=head, head=base).href(),
        notes=(*notes, *_freshness(base, head, clock), *_notes(base, head)),
    )
    try:
        comparison = load_or_none("comparison", lambda: compare_runs(base, head))
    except NotComparableError:
        return replace(page, empty=_not_comparable(base, head))
    if comparison is None:
        return replace(page, empty=did_not_load("comparison", state.href()))
    return _compared(page, state, comparison, clock)


def _compared(
    page: ComparePage, state: CompareState, comparison: Comparison, clock: Clock
) -> ComparePage:
    card = load_or_none("pairs", lambda: rows.card(state, comparison, clock))
    by_category = rows.category_numbers(state, comparison)
    return replace(
        page,
        verdict=compared_verdict(
            by_category["regression"],
            by_category["fixed"],
            by_category["new_failure"],
        ),
        luck=luck_remark(
            comparison.counts["regression"] + comparison.counts["fixed"],
            comparison.mcnemar_p,
        ),
        tabs=rows.tabs(state, comparison, by_category),
        card=card,
        empty=None if card else did_not_load("table", state.href()),
        buttons=(_export(comparison),),
    )


def _export(comparison: Comparison) -> Button:
    runs = (("base", comparison.base), ("head", comparison.head))
    pairs = [*((name, str(run.pk)) for name, run in runs), ("format", "csv")]
    href = with_query(address("api-metrics-compare"), pairs)
    return Button(text="Export CSV", href=href, icon="download", hide_on_phone=True)


def _without_base(state: CompareState) -> tuple[Note, ...]:
    if state.head is None or state.base is not None or state.problems:
        return ()
    fact = f"There is no run before {state.head.name}."
    text = "It is the first run of its suite; choose a base."
    return (Note(kind="info", glyph="run", fact=fact, text=text),)


def _freshness(base: Run, head: Run, clock: Clock) -> tuple[Note, ...]:
    projects = tuple(sorted({base.project_id, head.project_id}))
    page = PageState(
        path=address("compare"), filters=Filters(project=projects, now=clock.now)
    )
    connections = list(selected_connections(page.filters))
    return freshness.notes(page, connections, project_names())


def _options(
    groups: Iterable[tuple[str, Sequence[Run]]], chosen: Run | None, clock: Clock
) -> tuple[OptionGroup, ...]:
    groups = [(label, members) for label, members in groups if members]
    if chosen and all(chosen.pk != r.pk for _, members in groups for r in members):
        groups.insert(0, ("Chosen", [chosen]))

    def option(run: Run) -> FieldOption:
        name = f"{run.name} {run_label(run)}, {run.project.name}"
        text = f"{name}, {clock.moment(run.at)}"
        return FieldOption(value=str(run.pk), text=text, checked=run == chosen)

    return tuple((label, tuple(map(option, members))) for label, members in groups)


def _sides(base: Run, head: Run, clock: Clock) -> tuple[ComparedRun, ...]:
    facts = [run_facts(run, clock) for run in (base, head)]
    differing = frozenset(
        before.label
        for before, after in zip(*facts, strict=True)
        if before.label in USUALLY_THE_SAME and before.text != after.text
    )
    return tuple(
        ComparedRun(
            role=role,
            run=run,
            head=run_head(run),
            project=Link(
                text=run.project.name, href=address("project", run.project_id)
            ),
            facts=of_run,
            differing=differing,
        )
        for role, run, of_run in zip(("Base", "Head"), (base, head), facts, strict=True)
    )


def _notes(base: Run, head: Run) -> tuple[Note, ...]:
    """What a reader of the counts should know."""
    notes = []
    if base.pk == head.pk:
        notes.append(("Base and head are the same run.", "Nothing can differ."))
    for run in {run.pk: run for run in (base, head)}.values():
        name = f"{run.name} {run_label(run)}"
        if run.removed_at:
            text = "Its results are on neither side."
            notes.append((f"{name} is gone at its tool.", text))
        elif run.is_open:
            text = "Tests that it has not decided yet are gone or missing here."
            notes.append((f"{name} is still running.", text))
    if base.project_id != head.project_id:
        text = "Tests of both are paired by their key; most tools make their own."
        notes.append(("The runs are of two projects.", text))
    return tuple(warning(fact, text) for fact, text in notes)


def _not_comparable(base: Run, head: Run) -> EmptyState:
    """Why two runs have no list."""
    silent = [run for run in (base, head) if run.detail == Detail.COUNTS]
    names = " and ".join(f"{run.name} {run_label(run)}" for run in silent)
    verb = "has" if len(silent) == 1 else "have"
    return EmptyState(
        title="Not comparable",
        text=f"{names} {verb} totals only. A comparison needs results test by test.",
        icon="info",
    )
