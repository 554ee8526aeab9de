"""The tools' own totals against what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.filters import DEFAULT_WINDOW_DAYS, Filters
from dashboard.lists.names import ProjectName
from dashboard.metrics.reconciliation import (
    RunReconciliation,
    differing_runs,
    reconcilable_runs,
    reconcile,
)
from dashboard.pages.sync.state import SYNC, address
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.number_links import EVERY, NO_ROWS, counted
from dashboard.ui.parts import Link, Number, Tool
from dashboard.ui.run_rows import run_label
from dashboard.ui.text import numbers
from dashboard.ui.text.runs import difference_words
from ingest.models import Run

SHOWN, SHOWN_AT_MOST = 5, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    """A run whose tool states other totals; `detail` tells them by status ("failed 27, here 26")."""

    run: Link
    tool: Tool
    project: str
    vendor: Number
    ours: Number
    difference: Number
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The tools' own totals against the stored rows. `fact` is the bold sentence."""

    fact: str
    text: str
    glyph: str
    rows: tuple[ReconciliationRow, ...] = ()
    more: Link | None = None


def totals_card(
    projects: Mapping[int, ProjectName], clock: Clock, *, has_all: bool
) -> Reconciliation | None:
    """None where no tool states totals of its own. Three queries at most."""
    filters = Filters(now=clock.now)
    # An open run is still being read; its totals run ahead of its rows.
    runs = reconcilable_runs(filters, filters.window()).filter(is_open=False)
    count = runs.count()
    if not count:
        return None
    differing = differing_runs(filters, filters.window()).filter(is_open=False)
    wrong = list(differing[: SHOWN_AT_MOST + 1])
    shown = wrong[: SHOWN_AT_MOST if has_all else SHOWN]
    return Reconciliation(
        fact=_fact(count, len(wrong)),
        text=_text(wrong),
        glyph="stale" if wrong else "fixed",
        rows=_rows(shown, projects),
        more=_more(len(wrong), len(shown)),
    )


def _fact(count: int, wrong: int) -> str:
    runs = numbers.plural(count, "run")
    if not wrong:
        verb = "agrees" if count == 1 else "agree"
        return (
            f"{runs} of {DEFAULT_WINDOW_DAYS} days {verb} with the tools' own totals."
        )
    if wrong > SHOWN_AT_MOST:
        return f"More than {SHOWN_AT_MOST} of {runs} differ from the tools' own totals."
    agreeing = numbers.count(count - wrong)
    return (
        f"{agreeing} of {runs} in {DEFAULT_WINDOW_DAYS} days agree with the tools' own "
        "totals."
    )


def _text(wrong: Sequence[Run]) -> str:
    if not wrong:
        return "Status by status, wherever a tool states them."
    verb = "differs" if len(wrong) == 1 else "differ"
    return f"{numbers.count(len(wrong))} {verb}; both numbers stay as they are."


def _rows(
    runs: Sequence[Run], projects: Mapping[int, ProjectName]
) -> tuple[ReconciliationRow, ...]:
    return tuple(
        _row(run, totals, projects)
        for run, totals in zip(runs, reconcile(runs), strict=True)
    )


def _row(
    run: Run, totals: RunReconciliation, projects: Mapping[int, ProjectName]
) -> ReconciliationRow:
    project = projects[run.project_id]
    theirs, ours = sum(totals.vendor.values()), sum(totals.ours.values())
    return ReconciliationRow(
        run=Link(text=f"{run.name} {run_label(run)}", href=links.run(run.pk)),
        tool=tool(project.tool),
        project=project.name,
        vendor=counted("vendor_total", theirs, "", title=NO_ROWS),
        ours=counted("total", ours, _stored(run, totals)),
        difference=Number(
            text=_signed(ours - theirs), metric="difference", value=ours - theirs
        ),
        detail=difference_words(totals),
    )


def _stored(run: Run, totals: RunReconciliation) -> str:
    """What is held against the tool's totals: final results, of some every attempt."""
    if totals.basis == "coarse":
        return f"{links.run(run.pk)}?attempts={EVERY}"
    return links.run(run.pk, (EVERY,))


def _signed(difference: int) -> str:
    sign = "\N{MINUS SIGN}" if difference < 0 else "+" if difference else ""
    return f"{sign}{numbers.count(abs(difference))}"


def _more(wrong: int, shown: int) -> Link | None:
    if wrong <= shown or shown > SHOWN:
        return None
    text = f"All {wrong}" if wrong <= SHOWN_AT_MOST else f"The newest {SHOWN_AT_MOST}"
    return Link(text=text, href=address(SYNC, totals="all") + "#reconciliation")
