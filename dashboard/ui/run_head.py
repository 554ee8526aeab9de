"""What stands at the head of a run: its outcome in a word, in counts and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.metrics.rates import decided_count, pass_rate
from dashboard.metrics.run_durations import run_duration_ms
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import Prose
from dashboard.ui.number_links import NO_ROWS, counted
from dashboard.ui.parts import Crumb, Fact, Number, Piece, Pill, Sentence
from dashboard.ui.run_rows import run_label
from dashboard.ui.svg.outcomes import STATUS_ORDER
from dashboard.ui.text import numbers, runs, times
from ingest.contract import Detail, RunStatus
from ingest.models import Run

_PILLS: dict[str, Pill] = {
    RunStatus.PASSED: Pill(glyph="pass", word="Passed", tone="pass"),
    RunStatus.FAILED: Pill(glyph="fail", word="Failed", tone="fail"),
    RunStatus.RUNNING: Pill(glyph="run", word="Running", tone="run"),
    RunStatus.CANCELLED: Pill(glyph="skip", word="Cancelled", tone="skip"),
}
_UNKNOWN = Pill(glyph="unknown", word="Unknown", tone="skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHead:
    """`number` is what people call it ("#4187"); each of `counts` filters the results
    below.
    """

    name: Prose
    number: str
    pill: Pill
    counts: tuple[Number, ...]
    summary: Sentence | None


def run_head(run: Run, before: Run | None = None) -> RunHead:
    """`before` is the run that its pass rate is told beside."""
    return RunHead(
        name=run.name,
        number=run_label(run),
        pill=_PILLS.get(run.status, _UNKNOWN),
        counts=_counts(run),
        summary=_summary(run, before),
    )


def crumbs(run: Run | None) -> tuple[Crumb, ...]:
    """The path to a run, without one to all runs."""
    if run is None:
        return (Crumb(text="Runs", href=address("runs")),)
    project = run.project
    return (
        Crumb(text=project.name, href=address("project", project.pk)),
        Crumb(text="Runs", href=f"{address('runs')}?project={project.pk}"),
    )


def run_facts(run: Run, clock: Clock) -> tuple[Fact, ...]:
    """Source, configuration, code, start and duration; a dash for what is not known."""
    code = " @ ".join(part for part in (run.branch, run.commit[:8]) if part)
    configuration = run.configuration.name if run.configuration else numbers.DASH
    return (
        Fact(
            label="Source",
            text=run.source.name if run.source else numbers.DASH,
            icon="source",
        ),
        Fact(label="Configuration", text=configuration),
        Fact(
            label="Branch and commit",
            text=code or numbers.DASH,
            icon="branch",
            is_code=bool(code),
            title=run.commit,
        ),
        Fact(
            label="Started",
            text=clock.date_and_time(run.started_at),
            title=clock.timestamp(run.started_at),
        ),
        Fact(label="Duration", text=times.duration(run_duration_ms(run))),
    )


def _counts(run: Run) -> tuple[Number, ...]:
    """Of each status that occurs; a run with totals only has no rows to open."""
    has_rows = run.detail != Detail.COUNTS
    return tuple(
        counted(
            status,
            count,
            f"{links.run(run.pk, [status])}#results" if has_rows else "",
            title="" if has_rows else NO_ROWS,
        )
        for status in STATUS_ORDER
        if (count := getattr(run, status))
    )


def _summary(run: Run, before: Run | None) -> Sentence | None:
    """The run's pass rate, and that of the run before."""
    rate = pass_rate(before.counts).value if before else None
    piece = Piece(text=run_label(before), href=links.run(before.pk)) if before else None
    has_rows = run.detail != Detail.COUNTS
    href = f"{links.run(run.pk, links.DECIDED_WORDS)}#results" if has_rows else ""
    return runs.run_summary(
        run.passed, decided_count(run.counts), before=rate, before_run=piece, href=href
    )
