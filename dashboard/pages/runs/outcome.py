"""The head of a run's page: its verdict, facts, counts and what a person should know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.metrics.reconciliation import RunReconciliation
from dashboard.readers import is_signed_in
from dashboard.ui import links as links_module
from dashboard.ui.clock import Clock
from dashboard.ui.parts import Delta, Fact, Link, Note, Tool
from dashboard.ui.run_head import duration_ms
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.text.runs import difference_words
from ingest.contract import RunKind
from ingest.models import Milestone, Run


def facts(
    run: Run,
    tool: Tool,
    clock: Clock,
    *,
    before: Run | None,
    milestones: Sequence[Milestone],
    totals: RunReconciliation | None,
) -> tuple[Fact, ...]:
    found = [
        Fact(label="Tool", text=tool.label, tool=tool),
        *_origin(run),
        *_milestones(milestones),
        *_commit(run),
        Fact(
            label="Started",
            text=clock.date_and_time(run.started_at),
            title=clock.timestamp(run.started_at),
        ),
        Fact(
            label="Duration",
            text=times.duration(duration_ms(run)),
            delta=_longer(run, before),
        ),
        *_threads(run),
        *_totals(tool, totals),
        _last_sync(run, clock),
    ]
    return tuple(found)


def _origin(run: Run) -> list[Fact]:
    found = []
    if run.kind == RunKind.MANUAL:
        found.append(Fact(label="Kind", text="Manual"))
    if run.source:
        found.append(Fact(label="Source", text=run.source.name, icon="source"))
    if run.configuration:
        found.append(Fact(label="Configuration", text=run.configuration.name))
    return found


def _milestones(milestones: Sequence[Milestone]) -> list[Fact]:
    if not milestones:
        return []
    links = tuple(
        Link(text=milestone.name, href=links_module.milestone(milestone.pk))
        for milestone in milestones
    )
    label = "Milestone" if len(links) == 1 else "Milestones"
    return [Fact(label=label, text="", links=links)]


def _commit(run: Run) -> list[Fact]:
    short = run.commit[:8]
    text = " @ ".join(part for part in (run.branch, short) if part)
    if not text:
        return []
    label = "Commit" if short else "Branch"
    return [Fact(label=label, text=text, icon="branch", is_code=True, title=run.commit)]


def _longer(run: Run, before: Run | None) -> Delta | None:
    now_ms, before_ms = duration_ms(run), duration_ms(before) if before else None
    if now_ms is None or before_ms is None or run.is_open:
        return None
    return deltas.duration_delta(now_ms, before_ms)


def _threads(run: Run) -> list[Fact]:
    if not run.thread_count:
        return []
    return [Fact(label="Threads", text=numbers.count(run.thread_count))]


def _totals(tool: Tool, totals: RunReconciliation | None) -> list[Fact]:
    if totals is None:
        return []
    text = "agree" if totals.agrees else "differ"
    title = f"The totals that {tool.label} states against the rows that are stored here"
    return [Fact(label=f"{tool.label} totals", text=text, title=title)]


def _last_sync(run: Run, clock: Clock) -> Fact:
    connection = run.project.connection
    link = Link(
        text=clock.ago(connection.last_success_at),
        href=f"/sync/#connection-{connection.pk}",
    )
    title = clock.timestamp(connection.last_success_at)
    return Fact(label="Last sync", text="", links=(link,), title=title)


def notes(
    run: Run, tool: Tool, *, totals: RunReconciliation | None, rejected: int
) -> tuple[Note, ...]:
    """What a reader of these numbers should know, gravest first."""
    found: list[Note] = []
    if run.removed_at:
        found.append(
            _warn(
                f"{tool.label} no longer has this run.",
                "Its rows stay here to be read; no number anywhere counts them.",
            )
        )
    if totals is not None and not totals.agrees:
        found.append(_differs(tool, totals))
    if rejected:
        href = f"/sync/rejects/?run={run.pk}&state=open&kept=0"
        fact = f"{numbers.plural(rejected, 'row')} of this run could not be read."
        found.append(
            _warn(
                fact,
                "They are kept whole, and each sync tries them again.",
                Link(text="See rows", href=href) if is_signed_in() else None,
            )
        )
    if run.unknown_words:
        found.append(_unmapped(run.unknown_words))
    return tuple(found)


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
