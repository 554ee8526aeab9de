"""What stands at the head of a run: its outcome in a word, in counts and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from dashboard.metrics.rates import decided_count, pass_rate
from dashboard.ui import links
from dashboard.ui.number_links import NO_ROWS
from dashboard.ui.parts import Number, Piece, Pill, Sentence
from dashboard.ui.run_rows import run_label
from dashboard.ui.svg.outcomes import STATUS_ORDER, glyph_of
from dashboard.ui.text import numbers, runs
from ingest.contract import Detail, RunStatus, Status
from ingest.models import Run

_PILLS: dict[str, Pill] = {
    RunStatus.PASSED: Pill(glyph="pass", word="Passed", tone="pass"),
    RunStatus.FAILED: Pill(glyph="fail", word="Failed", tone="fail"),
    RunStatus.RUNNING: Pill(glyph="run", word="Running", tone="run"),
    RunStatus.CANCELLED: Pill(glyph="skip", word="Cancelled", tone="skip"),
}
_UNKNOWN = Pill(glyph="unknown", word="Unknown", tone="skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """A count under the large bar; its number filters the results below."""

    glyph: str
    word: str
    number: Number


def run_pill(run: Run) -> Pill:
    return _PILLS.get(run.status, _UNKNOWN)


def outcome_counts(run: Run) -> tuple[OutcomeCount, ...]:
    """A count for each status that occurs; a run with totals only has no rows to open."""
    found = [(status, getattr(run, status)) for status in STATUS_ORDER]
    shown = [(status, n) for status, n in found if n]
    return tuple(
        OutcomeCount(
            glyph=glyph_of(status),
            word=str(status).capitalize(),
            number=Number(
                text=numbers.count(n),
                metric=str(status),
                value=n,
                href=_rows_of(run, status),
                title=NO_ROWS if run.detail == Detail.COUNTS else "",
            ),
        )
        for status, n in shown
    )


def _rows_of(run: Run, status: Status) -> str:
    if run.detail == Detail.COUNTS:
        return ""
    return f"{links.run(run.pk, [status])}#results"


def run_summary(run: Run, before: Run | None) -> Sentence | None:
    """The run's pass rate, and that of the run before."""
    rate = pass_rate(before.counts).value if before else None
    piece = Piece(text=run_label(before), href=links.run(before.pk)) if before else None
    has_rows = run.detail != Detail.COUNTS
    href = f"{links.run(run.pk, links.DECIDED_WORDS)}#results" if has_rows else ""
    return runs.run_summary(
        run.passed, decided_count(run.counts), before=rate, before_run=piece, href=href
    )


def duration_ms(run: Run) -> int | None:
    """As the vendor states it, else from start to finish."""
    if run.duration_ms is not None or not (run.started_at and run.finished_at):
        return run.duration_ms
    return max(0, (run.finished_at - run.started_at) // timedelta(milliseconds=1))
