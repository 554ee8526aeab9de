"""The page of one run, from its rows to what the template prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.lists.run_parts import threads_of_run
from dashboard.metrics.compare import Comparison, compare_runs
from dashboard.metrics.reconciliation import RunReconciliation, reconcile
from dashboard.metrics.run_before import next_run, previous_run
from dashboard.models import Verdict
from dashboard.pages.runs import outcome
from dashboard.pages.runs.against import Against, against_card, against_empty
from dashboard.pages.runs.judgement import EXCLUDE, PUT_BACK, Judgement, judgement
from dashboard.pages.runs.results_card import ResultsCard, listed_results, results_card
from dashboard.pages.runs.state import read_state
from dashboard.pages.runs.threads import ThreadsCard, threads_card
from dashboard.readers import for_signed_in
from dashboard.ui import links, run_head
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool as tool_of
from dashboard.ui.freshness import left_out_of_address
from dashboard.ui.notes_and_mutes import mute_titles
from dashboard.ui.parts import Button, Crumb, EmptyState, Fact, Link, Note, Tool
from dashboard.ui.run_head import RunHead
from dashboard.ui.run_rows import run_label
from ingest.contract import Detail
from ingest.models import Run
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`against` None prints `against_empty`. `mutes` are titles of muted tests, by id.

    `live_href` is asked every 15 s while the run is open, "" once it ended.
    """

    head: RunHead
    crumbs: tuple[Crumb, ...]
    facts: tuple[Fact, ...]
    results: ResultsCard
    against_empty: EmptyState
    threads: ThreadsCard | None
    against: Against | None
    judgement: Judgement | None
    mutes: Mapping[int, str]
    previous: Link | None
    next: Link | None
    vendor: Button | None
    notes: tuple[Note, ...]
    live_href: str


def run_page(run: Run, query: QueryDict, clock: Clock, *, may_write: bool) -> RunPage:
    """`run` comes from run_with_acts."""
    tool = tool_of(run.project.connection.vendor)
    threads = threads_of_run(run)
    state = read_state(run, query, threads)
    before, totals = previous_run(run), _totals(run)
    against = _against(run, before)
    panel, page = against_card(state, against, clock), listed_results(state, against)
    named = panel.cases if panel else set()
    listed = {row.case.id for row in page.rows} if page else set()
    return RunPage(
        head=run_head.run_head(run, before),
        crumbs=run_head.crumbs(run),
        facts=outcome.facts(run, tool, clock, before, totals),
        threads=threads_card(state, tool, threads),
        against=panel,
        against_empty=against_empty(run, before),
        mutes=mute_titles(named | listed, clock),
        judgement=judgement(run, clock, may_write=may_write),
        results=results_card(state, page, tool, threads, against, clock),
        previous=_neighbour("Run before", before),
        next=_neighbour("Next run", next_run(run)),
        vendor=_at_its_vendor(run, tool),
        notes=(*left_out_of_address(state.problems), *outcome.notes(run, tool, totals)),
        live_href=state.href() if run.is_open and not run.removed_at else "",
    )


def _against(run: Run, before: Run | None) -> Comparison | None:
    if before is None or Detail.COUNTS in (run.detail, before.detail):
        return None
    return compare_runs(before, run)


def _totals(run: Run) -> RunReconciliation | None:
    """The vendor's totals against the rows; an open run is still being read."""
    if run.detail != Detail.ROWS or run.vendor_counts is None or run.is_open:
        return None
    return reconcile([run])[0]


def _neighbour(words: str, run: Run | None) -> Link | None:
    if run is None:
        return None
    return Link(text=f"{words}, {run.name} {run_label(run)}", href=links.run(run.pk))


def _at_its_vendor(run: Run, tool: Tool) -> Button | None:
    """The way to the run at its vendor, where the vendor's address of it is known."""
    url = web_link(for_signed_in(run.vendor_url))
    return (
        Button(text=f"Open in {tool.label}", href=url, icon="external") if url else None
    )


def judged_again(page: RunPage, verdict: str, reason: str, problem: str) -> RunPage:
    """The page with the form as it was sent, which counts when it is sent again."""
    sent = {Verdict.KEPT.value: PUT_BACK, Verdict.EXCLUDED.value: EXCLUDE}
    found = page.judgement or Judgement()
    form = sent.get(verdict) or found.form
    if form is not None:
        form = replace(form, value=reason)
    found = replace(found, form=form, problem=problem)
    return replace(page, judgement=found)
