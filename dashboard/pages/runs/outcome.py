"""The head of a run's page: its verdict, facts, counts and what a person should know."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.lists.run_parts import milestones_of_run, rejected_rows
from dashboard.metrics.reconciliation import RunReconciliation
from dashboard.readers import is_signed_in
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Fact, Link, Note, Tool
from dashboard.ui.run_head import duration_ms
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.text.runs import difference_words
from ingest.contract import RunKind
from ingest.models import Run


def facts(
    run: Run,
    tool: Tool,
    clock: Clock,
    before: Run | None,
    totals: RunReconciliation | None,
) -> tuple[Fact, ...]:
    """`totals` are the vendor's against the rows, where it states any."""
    facts = [Fact(label="Tool", text=tool.label, tool=tool)]
    if run.kind == RunKind.MANUAL:
        facts.append(Fact(label="Kind", text="Manual"))
    if run.source:
        facts.append(Fact(label="Source", text=run.source.name, icon="source"))
    if run.configuration:
        facts.append(Fact(label="Configuration", text=run.configuration.name))
    facts += [*_milestones(run), *_commit(run), *_times(run, before, clock)]
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
    return (*facts, _last_sync(run, clock))


def _milestones(run: Run) -> list[Fact]:
    names = tuple(
        Link(text=milestone.name, href=links.milestone(milestone.pk))
        for milestone in milestones_of_run(run)
    )
    label = "Milestone" if len(names) == 1 else "Milestones"
    return [Fact(label=label, text="", links=names)] if names else []


def _commit(run: Run) -> list[Fact]:
    short = run.commit[:8]
    text = " @ ".join(part for part in (run.branch, short) if part)
    if not text:
        return []
    label = "Commit" if short else "Branch"
    return [Fact(label=label, text=text, icon="branch", is_code=True, title=run.commit)]


def _times(run: Run, before: Run | None, clock: Clock) -> tuple[Fact, Fact]:
    now_ms, before_ms = duration_ms(run), duration_ms(before) if before else None
    is_longer = None
    if now_ms is not None and before_ms is not None and not run.is_open:
        is_longer = deltas.duration_delta(now_ms, before_ms)
    started, title = (
        clock.date_and_time(run.started_at),
        clock.timestamp(run.started_at),
    )
    return (
        Fact(label="Started", text=started, title=title),
        Fact(label="Duration", text=times.duration(now_ms), delta=is_longer),
    )


def _last_sync(run: Run, clock: Clock) -> Fact:
    connection = run.project.connection
    at, href = connection.last_success_at, f"/sync/#connection-{connection.pk}"
    link = Link(text=clock.ago(at), href=href)
    return Fact(label="Last sync", text="", links=(link,), title=clock.timestamp(at))


def notes(run: Run, tool: Tool, totals: RunReconciliation | None) -> tuple[Note, ...]:
    """What a reader of these numbers should know, gravest first."""
    notes = []
    if run.removed_at:
        fact = f"{tool.label} no longer has this run."
        text = "Its rows stay here to be read; no number anywhere counts them."
        notes.append(_warn(fact, text))
    if totals is not None and not totals.agrees:
        notes.append(_differs(tool, totals))
    if not run.is_clean and (rejected := rejected_rows(run)):
        href = f"/sync/rejects/?run={run.pk}&state=open&kept=0"
        fact = f"{numbers.plural(rejected, 'row')} of this run could not be read."
        text = "They are kept whole, and each sync tries them again."
        link = Link(text="See rows", href=href) if is_signed_in() else None
        notes.append(_warn(fact, text, link))
    if run.unknown_words:
        notes.append(_unmapped(run.unknown_words))
    return tuple(notes)


def _warn(fact: str, text: str, link: Link | None = None) -> Note:
    return Note(kind="warn", glyph="stale", fact=fact, text=text, link=link)


def _differs(tool: Tool, totals: RunReconciliation) -> Note:
    theirs, ours = sum(totals.vendor.values()), sum(totals.ours.values())
    fact = f"{tool.label} states {numbers.plural(theirs, 'result')}, {numbers.count(ours)} are stored."
    if theirs == ours:
        fact = f"{tool.label} states other totals than the rows that are stored."
    text = f"{sentence_case(difference_words(totals))}. Both numbers stay as they are."
    return _warn(
        fact, text, Link(text="Every difference", href="/sync/#reconciliation")
    )


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unmapped(unknown: Mapping[str, int]) -> Note:
    names = ", ".join(f"“{word[:40]}”" for word in unknown)
    results = sum(unknown.values())
    verb = "carries a status" if results == 1 else "carry a status"
    return _warn(
        f"{numbers.plural(results, 'result')} {verb} that nobody mapped: {names}.",
        "Say what it counts as, then the run is read again.",
        Link(text="Map status", href="/sync/#rejects"),
    )
