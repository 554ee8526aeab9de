"""The page of one run, from its rows to what the template prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.addresses import address
from dashboard.lists.run_parts import milestones_of_run, rejected_rows
from dashboard.metrics.reconciliation import RunReconciliation
from dashboard.metrics.run_before import next_run
from dashboard.metrics.run_durations import run_duration_ms
from dashboard.pages.runs.against import Against, against_card, against_empty
from dashboard.pages.runs.attached import run_evidence
from dashboard.pages.runs.base_choice import BaseChoice, base_choice
from dashboard.pages.runs.judgement import Judgement, judgement, sent_again
from dashboard.pages.runs.page_data import PageData
from dashboard.pages.runs.pushed import pushed_notes
from dashboard.pages.runs.results_card import ResultsCard, results_card
from dashboard.pages.runs.threads import ThreadsCard, threads_card
from dashboard.readers import for_signed_in, is_signed_in
from dashboard.ui import links, run_head
from dashboard.ui.clock import Clock
from dashboard.ui.evidence import ShownEvidence
from dashboard.ui.freshness import left_out_of_address
from dashboard.ui.notes_and_mutes import mute_titles
from dashboard.ui.parts import (
    Button,
    Crumb,
    Delta,
    EmptyState,
    Fact,
    Link,
    Note,
    Tool,
    warning,
)
from dashboard.ui.run_head import RunHead, run_facts
from dashboard.ui.run_rows import run_label
from dashboard.ui.start_buttons import rerun_button
from dashboard.ui.text import deltas, numbers
from dashboard.ui.text.runs import difference_words, sentence_case
from ingest.contract import RunKind
from ingest.models import Run
from ingest.models.connection import PUSH
from ingest.origins import web_link


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`against` None prints `against_empty`. `mutes` are titles of muted tests, by id.

    `live_href` is asked every 15 s while the run is open, "" once it ended.
    """

    run: Run
    head: RunHead
    crumbs: tuple[Crumb, ...]
    facts: tuple[Fact, ...]
    results: ResultsCard
    against_empty: EmptyState
    threads: ThreadsCard | None
    against: Against | None
    base_choice: BaseChoice | None
    judgement: Judgement | None
    mutes: Mapping[int, str]
    previous: Link | None
    next: Link | None
    vendor: Button | None
    rerun: Button | None
    notes: tuple[Note, ...]
    live_href: str
    evidence: tuple[ShownEvidence, ...] = ()


def run_page(data: PageData, *, may_write: bool) -> RunPage:
    run, state, against = data.run, data.state, against_card(data)
    cases = {row.case.id for row in data.results.rows} if data.results else set()
    return RunPage(
        run=run,
        head=run_head.run_head(run, data.before),
        crumbs=run_head.crumbs(run),
        facts=_facts(data),
        threads=threads_card(data),
        against=against,
        against_empty=against_empty(run, data.before),
        base_choice=base_choice(data),
        mutes=mute_titles(cases | (against.cases if against else set()), data.clock),
        judgement=judgement(run, data.clock, may_write=may_write),
        results=results_card(data),
        previous=_neighbour("Run before", data.before),
        next=_neighbour("Next run", next_run(run)),
        vendor=_vendor_button(data),
        rerun=rerun_button(run.project.connection.vendor, run, may_write=may_write),
        notes=(*left_out_of_address(state.problems), *_notes(data)),
        live_href=state.href() if run.is_open and not run.removed_at else "",
        evidence=run_evidence(data),
    )


def _neighbour(words: str, run: Run | None) -> Link | None:
    if run is None:
        return None
    return Link(text=f"{words}, {run.name} {run_label(run)}", href=links.run(run.pk))


def _vendor_button(data: PageData) -> Button | None:
    """The way to the run at its vendor, where the vendor's address of it is known."""
    url = web_link(for_signed_in(data.run.vendor_url))
    text = f"Open in {data.tool.label}"
    return Button(text=text, href=url, icon="external") if url else None


def judged_again(page: RunPage, verdict: str, reason: str, problem: str) -> RunPage:
    """The page with the form as it was sent, which counts when it is sent again."""
    current = page.judgement or Judgement()
    return replace(page, judgement=sent_again(current, verdict, reason, problem))


def _facts(data: PageData) -> tuple[Fact, ...]:
    run, tool, totals = data.run, data.tool, data.totals
    source, configuration, code, started, duration = run_facts(run, data.clock)
    facts = [Fact(label="Tool", text=tool.label, tool=tool)]
    if run.kind == RunKind.MANUAL:
        facts.append(Fact(label="Kind", text="Manual"))
    facts += [source] if run.source else []
    facts += [configuration] if run.configuration else []
    facts += _milestones(run)
    if run.branch or run.commit:
        facts.append(replace(code, label="Commit" if run.commit else "Branch"))
    facts += [started, replace(duration, delta=_longer(run, data.before))]
    if run.thread_count:
        facts.append(Fact(label="Threads", text=numbers.count(run.thread_count)))
    if totals is not None:
        facts.append(
            Fact(
                label=f"{tool.label} totals",
                text="agree" if totals.agrees else "differ",
                title=f"The totals that {tool.label} states against the rows that are "
                "stored here",
            )
        )
    return (*facts, _last_sync(run, data.clock))


def _milestones(run: Run) -> list[Fact]:
    names = tuple(
        Link(text=milestone.name, href=links.milestone(milestone.pk))
        for milestone in milestones_of_run(run)
    )
    label = "Milestone" if len(names) == 1 else "Milestones"
    return [Fact(label=label, text="", links=names)] if names else []


def _longer(run: Run, before: Run | None) -> Delta | None:
    now_ms = run_duration_ms(run)
    before_ms = run_duration_ms(before) if before else None
    if now_ms is None or before_ms is None or run.is_open:
        return None
    return deltas.duration_delta(now_ms, before_ms)


def _last_sync(run: Run, clock: Clock) -> Fact:
    connection = run.project.connection
    at, href = connection.last_success_at, links.sync_of(connection.pk)
    if connection.vendor == PUSH:
        title = clock.timestamp(at)
        return Fact(label="Last push", text=clock.ago(at), title=title)
    link = Link(text=clock.ago(at), href=href)
    return Fact(label="Last sync", text="", links=(link,), title=clock.timestamp(at))


def _notes(data: PageData) -> tuple[Note, ...]:
    """What a reader of these numbers should know, gravest first."""
    run, tool, totals = data.run, data.tool, data.totals
    notes = []
    if run.removed_at:
        fact = f"{tool.label} no longer has this run."
        text = "Its rows stay here to be read; no number anywhere counts them."
        notes.append(warning(fact, text))
    if totals is not None and not totals.agrees:
        notes.append(_differs(tool, totals))
    if not run.is_clean and (rejected := rejected_rows(run)):
        href = f"{address('sync-rejects')}?run={run.pk}&state=open&kept=0"
        fact = f"{numbers.plural(rejected, 'row')} of this run could not be read."
        text = "They are kept whole, and each sync tries them again."
        link = Link(text="See rows", href=href) if is_signed_in() else None
        notes.append(warning(fact, text, link))
    if run.unknown_words:
        notes.append(_unmapped(run.unknown_words))
    return (*notes, *pushed_notes(run, tool))


def _differs(tool: Tool, totals: RunReconciliation) -> Note:
    theirs, ours = sum(totals.vendor.values()), sum(totals.ours.values())
    fact = f"{tool.label} states {numbers.plural(theirs, 'result')}, {numbers.count(ours)} are stored."
    if theirs == ours:
        fact = f"{tool.label} states other totals than the rows that are stored."
    text = f"{sentence_case(difference_words(totals))}. Both numbers stay as they are."
    return warning(
        fact,
        text,
        Link(text="Every difference", href=f"{address('sync')}#reconciliation"),
    )


def _unmapped(unknown: Mapping[str, int]) -> Note:
    names = ", ".join(f"“{word[:40]}”" for word in unknown)
    results = sum(unknown.values())
    verb = "carries a status" if results == 1 else "carry a status"
    return warning(
        f"{numbers.plural(results, 'result')} {verb} that nobody mapped: {names}.",
        "Say what it counts as, then the run is read again.",
        Link(text="Map status", href=f"{address('sync')}#rejects"),
    )
