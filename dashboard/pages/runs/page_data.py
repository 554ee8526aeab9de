"""What the page of a run is made of, each part asked for once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict

from dashboard.lists.attached import (
    NOTHING,
    Attached,
    attached_to_runs,
    attached_to_threads,
)
from dashboard.lists.comparable_runs import named_run
from dashboard.lists.run_parts import threads_of_run
from dashboard.lists.run_results import ResultSelection, ResultsPage, results_page
from dashboard.lists.thread_timeline import ThreadTimeline, thread_timeline
from dashboard.metrics.compare import Comparison, compare_runs
from dashboard.metrics.reconciliation import RunReconciliation, reconcile
from dashboard.metrics.run_before import previous_run
from dashboard.pages.runs.state import RunState, read_state
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.lengths import LONGEST_OF_MANY
from dashboard.ui.panels import part
from dashboard.ui.parts import Tool
from ingest.contract import Detail
from ingest.models import Run, Thread


@dataclass(frozen=True, kw_only=True)
class PageData:
    """`run` comes from run_with_acts_or_404."""

    run: Run
    query: QueryDict
    clock: Clock

    @property
    def tool(self) -> Tool:
        return tool(self.run.project.connection.vendor)

    @cached_property
    def threads(self) -> Mapping[int, Thread]:
        return threads_of_run(self.run)

    @part("what is attached")
    def attached(self) -> tuple[Attached, Mapping[int, Attached]]:
        """To the run, and to its threads by their ids. Two queries at most."""
        of_run = attached_to_runs([self.run.pk], most=LONGEST_OF_MANY + 1)
        of_threads = attached_to_threads(list(self.threads), most=LONGEST_OF_MANY + 1)
        return of_run.get(self.run.pk, NOTHING), of_threads

    @cached_property
    def state(self) -> RunState:
        return read_state(self.run, self.query, self.threads)

    @cached_property
    def before(self) -> Run | None:
        return previous_run(self.run)

    @cached_property
    def base(self) -> Run | None:
        """What this run is held against: a run that a person chose, or the one before."""
        chosen = self.state.base
        return self.before if chosen is None else named_run(chosen)

    @cached_property
    def against(self) -> Comparison | None:
        """This run against its base; None where one of them has totals only."""
        if self.base is None or Detail.COUNTS in (self.run.detail, self.base.detail):
            return None
        return compare_runs(self.base, self.run)

    @cached_property
    def totals(self) -> RunReconciliation | None:
        """The vendor's totals against the rows; an open run is still being read."""
        run = self.run
        if run.detail != Detail.ROWS or run.vendor_counts is None or run.is_open:
            return None
        return reconcile([run])[0]

    @cached_property
    def timeline(self) -> ThreadTimeline:
        return thread_timeline(self.run, self.tool.vendor)

    @property
    def sort(self) -> str:
        return self.state.sort or ("-change" if self.against else "name")

    @cached_property
    def results(self) -> ResultsPage | None:
        """The results that the table lists; None of a run with totals only."""
        state, against = self.state, self.against
        if self.run.detail == Detail.COUNTS:
            return None
        cases: set[int] | None = set(state.cases) if state.cases else None
        if state.change is not None:
            changed = set(against.cases[state.change]) if against else set()
            cases = changed if cases is None else cases & changed
        selection = ResultSelection(
            statuses=state.shown_statuses,
            q=state.q,
            thread=state.thread,
            cases=cases,
            signature=state.signature,
            has_attempts=state.attempts,
            sort=self.sort,
            page=state.page,
        )
        return results_page(self.run, selection, against)
