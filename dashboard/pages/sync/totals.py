"""The tools' own totals against what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.filters import DEFAULT_WINDOW_DAYS, Filters
from dashboard.lists.names import ProjectName
from dashboard.metrics.reconciliation import (
    RunReconciliation,
    differing_runs,
    reconcilable_runs,
    reconcile,
)
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.number_links import EVERY, NO_ROWS, counted
from dashboard.ui.parts import Number
from dashboard.ui.run_rows import run_number
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text import numbers
from dashboard.ui.text.runs import difference_words

SHOWN, SHOWN_AT_MOST = 5, 200
COLUMNS = (
    Column(key="run", title="Run", field="name"),
    Column(key="project", title="Project", field="project", css="sec"),
    Column(key="vendor", title="The tool says", field="vendor", css="num"),
    Column(key="ours", title="Stored", field="ours", css="num"),
    Column(
        key="difference",
        title="Difference",
        field="difference",
        css="num t-fail strong",
    ),
    Column(key="where", title="Where", css="sec"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingRun:
    """A run whose tool states other totals."""

    totals: RunReconciliation
    number: str
    project: ProjectName

    @property
    def vendor(self) -> Number:
        total = sum(self.totals.vendor.values())
        return counted("vendor_total", total, "", title=NO_ROWS)

    @property
    def ours(self) -> Number:
        """What is held against them: final results, of some tools every attempt."""
        href = links.run(self.totals.run, (EVERY,))
        if self.totals.basis == "coarse":
            href = f"{links.run(self.totals.run)}?attempts={EVERY}"
        return counted("total", sum(self.totals.ours.values()), href)

    @property
    def difference(self) -> Number:
        value = sum(self.totals.difference.values())
        sign = "\N{MINUS SIGN}" if value < 0 else "+" if value else ""
        text = f"{sign}{numbers.count(abs(value))}"
        return Number(text=text, metric="difference", value=value)

    @property
    def where(self) -> str:
        return difference_words(self.totals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The tools' own totals against the stored rows of `count` runs, of which `wrong`
    differ; `table` shows some of them.
    """

    count: int
    wrong: int
    table: Table

    @property
    def fact(self) -> str:
        runs, own = numbers.plural(self.count, "run"), "the tools' own totals"
        if not self.wrong:
            verb = "agrees" if self.count == 1 else "agree"
            return f"{runs} of {DEFAULT_WINDOW_DAYS} days {verb} with {own}."
        if self.wrong > SHOWN_AT_MOST:
            return f"More than {SHOWN_AT_MOST} of {runs} differ from {own}."
        agreeing = numbers.count(self.count - self.wrong)
        return f"{agreeing} of {runs} in {DEFAULT_WINDOW_DAYS} days agree with {own}."

    @property
    def text(self) -> str:
        if not self.wrong:
            return "Status by status, wherever a tool states them."
        verb = "differs" if self.wrong == 1 else "differ"
        return f"{numbers.count(self.wrong)} {verb}; both numbers stay as they are."

    @property
    def more(self) -> str:
        """The link to what the table leaves out."""
        shown = len(self.table.rows)
        if self.wrong <= shown or shown > SHOWN:
            return ""
        if self.wrong > SHOWN_AT_MOST:
            return f"The newest {SHOWN_AT_MOST}"
        return f"All {self.wrong}"


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
    rows = tuple(
        DifferingRun(
            totals=totals,
            number=run_number(run.external_id),
            project=projects[run.project_id],
        )
        for run, totals in zip(shown, reconcile(shown), strict=True)
    )
    return Reconciliation(count=count, wrong=len(wrong), table=table(COLUMNS, rows))
