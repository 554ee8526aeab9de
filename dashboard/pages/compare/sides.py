"""The head of a comparison: both runs side by side, and what to know about them."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.parts import EmptyState, Fact, Link, Note, Tool
from dashboard.ui.run_head import RunHead, duration_ms, run_head
from dashboard.ui.run_rows import run_label
from dashboard.ui.text import numbers, times
from ingest.contract import Detail
from ingest.models import Run

# Labels of facts that usually are the same. That two runs began at different times goes
# without saying.
USUALLY_THE_SAME = ("Source", "Configuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """One of the two runs: `role` is Base or Head, `differing` labels of facts."""

    role: str
    head: RunHead
    tool: Tool
    project: Link
    facts: tuple[Fact, ...]
    differing: frozenset[str]


def sides(base: Run, head: Run, clock: Clock) -> tuple[ComparedRun, ...]:
    facts = [_facts(run, clock) for run in (base, head)]
    differing = frozenset(
        before.label
        for before, after in zip(*facts, strict=True)
        if before.label in USUALLY_THE_SAME and before.text != after.text
    )
    return tuple(
        ComparedRun(
            role=role,
            head=run_head(run),
            tool=tool(run.project.connection.vendor),
            project=Link(text=run.project.name, href=links.project(run.project_id)),
            facts=of_run,
            differing=differing,
        )
        for role, run, of_run in zip(("Base", "Head"), (base, head), facts, strict=True)
    )


def _facts(run: Run, clock: Clock) -> tuple[Fact, ...]:
    commit = " @ ".join(part for part in (run.branch, run.commit[:8]) if part)
    configuration = run.configuration.name if run.configuration else ""
    started, title = (
        clock.date_and_time(run.started_at),
        clock.timestamp(run.started_at),
    )
    return (
        Fact(label="Source", text=run.source.name if run.source else numbers.DASH),
        Fact(label="Configuration", text=configuration or numbers.DASH),
        Fact(
            label="Branch and commit",
            text=commit or numbers.DASH,
            is_code=bool(commit),
            title=run.commit,
        ),
        Fact(label="Started", text=started, title=title),
        Fact(label="Duration", text=times.duration(duration_ms(run))),
    )


def notes(base: Run, head: Run) -> tuple[Note, ...]:
    """What a reader of the counts should know."""
    said = []
    if base.pk == head.pk:
        said.append(("Base and head are the same run.", "Nothing can differ."))
    for run in {run.pk: run for run in (base, head)}.values():
        name = f"{run.name} {run_label(run)}"
        if run.removed_at:
            text = "Its results are on neither side."
            said.append((f"{name} is gone at its tool.", text))
        elif run.is_open:
            text = "Tests that it has not decided yet are gone or missing here."
            said.append((f"{name} is still running.", text))
    if base.project_id != head.project_id:
        text = "Tests of both are paired by their key; most tools make their own."
        said.append(("The runs are of two projects.", text))
    return tuple(
        Note(kind="warn", glyph="stale", fact=fact, text=text) for fact, text in said
    )


def not_comparable(base: Run, head: Run) -> EmptyState:
    """Why two runs have no list."""
    silent = [run for run in (base, head) if run.detail == Detail.COUNTS]
    names = " and ".join(f"{run.name} {run_label(run)}" for run in silent)
    verb = "has" if len(silent) == 1 else "have"
    return EmptyState(
        title="Not comparable",
        text=f"{names} {verb} totals only. A comparison needs results test by test.",
        icon="info",
    )
