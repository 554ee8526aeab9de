"""The page of one run, from its rows to what the template prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.metrics.compare import Comparison, compare_runs
from dashboard.metrics.reconciliation import RunReconciliation, reconcile
from dashboard.metrics.run_before import next_run, previous_run
from dashboard.models import Verdict
from dashboard.pages.runs import outcome
from dashboard.pages.runs.against import (
    Against,
    against_card,
    against_empty,
    named_cases,
    with_mutes,
)
from dashboard.pages.runs.judgement import EXCLUDE, PUT_BACK, Judgement, judgement
from dashboard.pages.runs.results_card import (
    ResultsCard,
    listed_results,
    results_card,
    totals_only,
)
from dashboard.pages.runs.state import RunState, read_state
from dashboard.pages.runs.threads import ThreadsCard, threads_card
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import links, run_head, run_rows
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import Prose
from dashboard.ui.notes_and_mutes import remarks_on
from dashboard.ui.parts import (
    Button,
    Crumb,
    EmptyState,
    Fact,
    Note,
    OutcomeBar,
    Pill,
    Sentence,
    Tool,
)
from dashboard.ui.run_head import OutcomeCount
from dashboard.ui.svg.outcomes import STATUS_ORDER
from ingest.contract import Detail
from ingest.models import Milestone, Run, Thread
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`against` None prints `against_empty`. `summary` ends the line of counts.

    `live_href` is asked every 15 s while the run is open, "" once it ended.
    """

    name: Prose
    number: str
    crumbs: tuple[Crumb, ...]
    pill: Pill
    facts: tuple[Fact, ...]
    bar: OutcomeBar
    counts: tuple[OutcomeCount, ...]
    results: ResultsCard
    against_empty: EmptyState
    summary: Sentence | None = None
    threads: ThreadsCard | None = None
    against: Against | None = None
    judgement: Judgement | None = None
    previous_href: str = ""
    previous_title: str = ""
    next_href: str = ""
    next_title: str = ""
    buttons: tuple[Button, ...] = ()
    notes: tuple[Note, ...] = ()
    live_href: str = ""


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
        number=run_rows.run_label(run),
        crumbs=_crumbs(run),
        pill=run_head.run_pill(run),
        facts=outcome.facts(
            run, tool, clock, before=before, milestones=_milestones(run), totals=totals
        ),
        bar=OutcomeBar(counts={str(s): getattr(run, s) for s in STATUS_ORDER}),
        counts=run_head.outcome_counts(run),
        summary=run_head.run_summary(run, before),
        threads=threads_card(state, tool, threads),
        against=panel,
        against_empty=against_empty(run, before),
        judgement=judgement(run, clock, may_write=may_write),
        results=results,
        previous_href=links.run(before.pk) if before else "",
        previous_title=_title("Run before", before),
        next_href=links.run(following.pk) if following else "",
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
        Crumb(text=project.name, href=links.project(project.pk)),
        Crumb(text="Runs", href=f"/runs/?project={project.pk}"),
    )


def _title(words: str, run: Run | None) -> str:
    return f"{words}, {run.name} {run_rows.run_label(run)}" if run else ""


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


def judged_again(page: RunPage, verdict: str, reason: str, problem: str) -> RunPage:
    """The page with the form as it was sent, which counts when it is sent again."""
    sent = {Verdict.KEPT.value: PUT_BACK, Verdict.EXCLUDED.value: EXCLUDE}
    found = page.judgement or Judgement()
    form = sent.get(verdict) or found.form
    if form is not None:
        form = replace(form, value=reason)
    found = replace(found, form=form, problem=problem)
    return replace(page, judgement=found)
