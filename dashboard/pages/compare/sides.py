"""The head of a comparison: both runs side by side, and what to know about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.ui import links, run_head, run_rows
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.parts import EmptyState, Link, Note, OutcomeBar, Pill, Sentence, Tool
from dashboard.ui.run_head import OutcomeCount
from dashboard.ui.svg.outcomes import STATUS_ORDER
from dashboard.ui.text import numbers, times
from ingest.contract import Detail
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFact:
    """A fact of one run; `differs` from the other run's."""

    label: str
    text: str
    differs: bool = False
    is_code: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """One of the two runs: `role` is Base or Head."""

    role: str
    run: Link
    number: str
    pill: Pill
    tool: Tool
    project: Link
    facts: tuple[SideFact, ...]
    bar: OutcomeBar
    counts: tuple[OutcomeCount, ...]
    summary: Sentence | None = None


def sides(base: Run, head: Run, clock: Clock) -> tuple[ComparedRun, ...]:
    before, after = _facts(base, clock), _facts(head, clock)
    return (
        _side("Base", base, _marked(before, after)),
        _side("Head", head, _marked(after, before)),
    )


def _side(role: str, run: Run, facts: tuple[SideFact, ...]) -> ComparedRun:
    return ComparedRun(
        role=role,
        run=Link(text=run.name or "Run", href=links.run(run.pk)),
        number=run_rows.run_label(run),
        pill=run_head.run_pill(run),
        tool=tool(run.project.connection.vendor),
        project=Link(text=run.project.name, href=links.project(run.project_id)),
        facts=facts,
        bar=OutcomeBar(counts={str(s): getattr(run, s) for s in STATUS_ORDER}),
        counts=run_head.outcome_counts(run),
        summary=run_head.run_summary(run, None),
    )


def _facts(run: Run, clock: Clock) -> list[SideFact]:
    commit = " @ ".join(part for part in (run.branch, run.commit[:8]) if part)
    configuration = run.configuration.name if run.configuration else ""
    return [
        SideFact(label="Source", text=run.source.name if run.source else numbers.DASH),
        SideFact(label="Configuration", text=configuration or numbers.DASH),
        SideFact(
            label="Branch and commit",
            text=commit or numbers.DASH,
            is_code=bool(commit),
            title=run.commit,
        ),
        SideFact(
            label="Started",
            text=clock.date_and_time(run.started_at),
            title=clock.timestamp(run.started_at),
        ),
        SideFact(label="Duration", text=times.duration(run_head.duration_ms(run))),
    ]


# That two runs began at different times goes without saying.
_USUALLY_THE_SAME = frozenset({"Source", "Configuration"})


def _marked(
    facts: Sequence[SideFact], others: Sequence[SideFact]
) -> tuple[SideFact, ...]:
    return tuple(
        SideFact(
            label=fact.label,
            text=fact.text,
            differs=fact.label in _USUALLY_THE_SAME and fact.text != other.text,
            is_code=fact.is_code,
            title=fact.title,
        )
        for fact, other in zip(facts, others, strict=True)
    )


def notes(base: Run, head: Run) -> tuple[Note, ...]:
    """What a reader of the counts should know."""
    found = []
    if base.pk == head.pk:
        found.append(("Base and head are the same run.", "Nothing can differ."))
    for run in {run.pk: run for run in (base, head)}.values():
        name = f"{run.name} {run_rows.run_label(run)}"
        if run.removed_at:
            text = "Its results are on neither side."
            found.append((f"{name} is gone at its tool.", text))
        elif run.is_open:
            text = "Tests that it has not decided yet are gone or missing here."
            found.append((f"{name} is still running.", text))
    if base.project_id != head.project_id:
        text = "Tests of both are paired by their key; most tools make their own."
        found.append(("The runs are of two projects.", text))
    return tuple(
        Note(kind="warn", glyph="stale", fact=fact, text=text) for fact, text in found
    )


def not_comparable(base: Run, head: Run) -> EmptyState:
    """Why two runs have no list."""
    silent = [run for run in (base, head) if run.detail == Detail.COUNTS]
    names = " and ".join(f"{run.name} {run_rows.run_label(run)}" for run in silent)
    verb = "has" if len(silent) == 1 else "have"
    return EmptyState(
        title="Not comparable",
        text=f"{names} {verb} totals only. A comparison needs results test by test.",
        icon="info",
    )
