"""Why there is no result at an address that once led to one."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.parts import Button, Crumb, EmptyState, Note
from dashboard.ui.run_head import crumbs
from dashboard.ui.run_rows import run_label
from ingest.contract import Detail
from ingest.models import Run
from ingest.partitions import existing_months


@dataclass(frozen=True, slots=True, kw_only=True)
class GonePage:
    title: str
    crumbs: tuple[Crumb, ...]
    empty: EmptyState
    notes: tuple[Note, ...] = ()


def gone_page(run: Run, clock: Clock) -> GonePage:
    """The run is known, and has no such result."""
    label, title = tool(run.project.connection.vendor).label, "No such result"
    text = "The run that this address names has no result of this number."
    if run.detail == Detail.COUNTS:
        title = "Totals only"
        text = f"{label} gives totals only for this run; no result can be told apart."
    elif run.partition_on.replace(day=1) not in existing_months():
        title = "No longer kept"
        text = (
            f"Single results are kept for {settings.RETENTION_DAYS} days. The totals of "
            f"the run of {clock.date_and_time(run.at)} stay."
        )
    button = Button(text=f"Open run {run_label(run)}", href=links.run(run.pk))
    empty = EmptyState(title=title, text=text, icon="results", button=button)
    return GonePage(title="Result", crumbs=crumbs(run), empty=empty)
