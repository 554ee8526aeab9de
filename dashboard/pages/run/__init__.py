"""The page of one run, from its rows to what the template prints."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

from dashboard.contexts import (
    Against,
    Button,
    Crumb,
    Note,
    OutcomeBar,
    ResultsCard,
    RunPage,
    Tool,
)
from dashboard.metrics.compare import Comparison, compare_runs
from dashboard.metrics.reconciliation import RunReconciliation, reconcile
from dashboard.metrics.run_before import next_run, previous_run
from dashboard.pages import doors
from dashboard.pages.clock import Clock
from dashboard.pages.remarks import remarks_on
from dashboard.pages.run import outcome
from dashboard.pages.run.against import (
    against_card,
    against_empty,
    named_cases,
    with_mutes,
)
from dashboard.pages.run.judgement import judgement
from dashboard.pages.run.results import listed_results, results_card, totals_only
from dashboard.pages.run.state import STATUS_ORDER, RunState, read_state
from dashboard.pages.run.threads import threads_card
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from ingest.contract import Detail
from ingest.models import Milestone, Run, Thread
from ingest.origins import web_link


def run_page(run: Run, query: QueryDict, clock: Clock, *, may_write: bool) -> RunPage:
    """`run` comes with its project, connection, source, configuration and judgement."""
    vendor = run.project.connection.vendor
    tool = Tool(vendor=vendor, label=tool_label(vendor))
    threads = {thread.pk: thread for thread in _threads(run)}
    state = read_state(run, query, threads)
    before, following = previous_run(run), next_run(run)
    against = _against(run, before)
    totals = _totals(run)
    panel, results = _tests(state, tool, threads, against, clock)
    return RunPage(
        name=run.name,
        number=outcome.number(run),
        crumbs=_crumbs(run),
        pill=outcome.pill(run),
        facts=outcome.facts(
            run, tool, clock, before=before, milestones=_milestones(run), totals=totals
        ),
        bar=OutcomeBar(counts={str(s): getattr(run, s) for s in STATUS_ORDER}),
        counts=outcome.counts(run),
        summary=outcome.summary(run, before),
        threads=threads_card(state, tool, threads),
        against=panel,
        against_empty=against_empty(run, before),
        judgement=judgement(run, clock, may_write=may_write),
        results=results,
        previous_href=doors.run(before.pk) if before else "",
        previous_title=_title("Run before", before),
        next_href=doors.run(following.pk) if following else "",
        next_title=_title("Next run", following),
        buttons=_buttons(run, tool),
        notes=(*_problems(state), *_notes(run, tool, totals)),
        live_href=state.href() if run.is_open and not run.removed_at else "",
    )


def _tests(
    state: RunState,
    tool: Tool,
    threads: Mapping[int, Thread],
    against: Comparison | None,
    clock: Clock,
) -> tuple[Against | None, ResultsCard]:
    """The two parts that name tests; one query tells which of these are muted."""
    panel, page = against_card(state, against, clock), listed_results(state, against)
    listed = {row.case.id for row in page.rows} if page else set()
    noted = remarks_on(named_cases(panel) | listed, clock.now)
    panel = with_mutes(panel, noted, clock)
    if page is None:
        return panel, totals_only(state, tool)
    return panel, results_card(state, page, threads, against, noted, clock)


def _threads(run: Run) -> list[Thread]:
    if not run.thread_count:
        return []
    return list(run.threads.order_by("pk"))


def _milestones(run: Run) -> list[Milestone]:
    links = Milestone.objects.filter(
        members__runmilestone__run=run, members__runmilestone__removed_at__isnull=True
    )
    return list(links.distinct().order_by("name"))


def _against(run: Run, before: Run | None) -> Comparison | None:
    if before is None or Detail.COUNTS in (run.detail, before.detail):
        return None
    return compare_runs(before, run)


def _totals(run: Run) -> RunReconciliation | None:
    """The vendor's totals against the rows; an open run is still being read."""
    if run.detail != Detail.ROWS or run.vendor_counts is None or run.is_open:
        return None
    return reconcile([run])[0]


def _crumbs(run: Run) -> tuple[Crumb, ...]:
    project = run.project
    return (
        Crumb(text=project.name, href=doors.project(project.pk)),
        Crumb(text="Runs", href=f"/runs/?project={project.pk}"),
    )


def _title(words: str, run: Run | None) -> str:
    return f"{words}, {run.name} {outcome.number(run)}" if run else ""


def _buttons(run: Run, tool: Tool) -> tuple[Button, ...]:
    """The way to the run at its vendor, where the vendor's address of it is known."""
    url = web_link(for_signed_in(run.vendor_url))
    if not url:
        return ()
    return (Button(text=f"Open in {tool.label}", href=url, icon="external"),)


def _problems(state: RunState) -> tuple[Note, ...]:
    return tuple(
        Note(kind="warn", glyph="stale", fact="Left out of the address.", text=sentence)
        for sentence in state.problems
    )


def _notes(run: Run, tool: Tool, totals: RunReconciliation | None) -> tuple[Note, ...]:
    rejected = 0
    if not run.is_clean:
        rejected = run.rejects.filter(resolved_at=None, is_stored=False).count()
    return outcome.notes(run, tool, totals=totals, rejected=rejected)
