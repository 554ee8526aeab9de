"""One row for each flaky test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.flaky_choice import SETTLED
from dashboard.lists.names import ProjectName
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.flaky_states import WEEK
from dashboard.metrics.last_failures import LastFailure
from dashboard.metrics.strips import LETTERS, Cell, strips
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.text import flake_bounds, flake_score
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Number, Strip
from dashboard.ui.svg.strips import StripCell
from dashboard.ui.text.numbers import DASH, count, percent, plural
from ingest.series.proof import Proof

EVIDENCE = {
    "proven": "proven by a retry or on the same commit",
    "suspected": "suspected from the order of results",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyTestRow:
    """A flaky test. `proof` is told of what has settled, `news` is "new", or "newly
    flaky" where it flaked before without being flaky; `failure` is its newest one.
    """

    figures: FlakyCase
    case: RankedCase
    project: ProjectName
    not_passed: Number
    executions: Number
    strip: Strip
    proof: Proof | None
    first_seen: datetime | None
    news: str
    failure: LastFailure | None
    muted: str

    @property
    def score(self) -> Number:
        rate, below = self.figures.rate, self.figures.upper_bound
        events = (
            plural(self.figures.k, "flake event") if below is None else "no flake event"
        )
        title = f"{events} in {plural(self.figures.n, 'execution')}"
        if below is not None:
            title += f": below {percent(below)} (95 %)"
            return Number(
                text=f"<{flake_score(below)}", metric="rate", value=rate, title=title
            )
        if self.figures.evidence:
            title += f", {EVIDENCE[self.figures.evidence]}"
        return Number(text=flake_score(rate), metric="rate", value=rate, title=title)

    @property
    def bounds(self) -> str:
        """How sure the score is; of what has settled how far the proof is."""
        if self.proof is None:
            return flake_bounds(self.figures.low, self.figures.high)
        needed = plural(self.proof.needed, "pass", "passes")
        return f"{count(self.proof.passed)} of {needed}"

    @property
    def flips(self) -> Number:
        figures, rate = self.figures, self.figures.flip_rate
        if rate is None:
            return Number(text=DASH, title="no two results in a row")
        title = (
            f"{count(figures.flips)} of {plural(figures.pairs, 'neighbour')} differ, "
            f"{figures.expected_flips:.1f} expected by chance"
        )
        text = f"{100 * rate:.0f}%"
        return Number(text=text, metric="flip_rate", value=rate, title=title)

    @property
    def lost_title(self) -> str:
        unknown = self.figures.unknown_durations
        return f"{plural(unknown, 'unknown duration')} not counted" if unknown else ""


def rows(data: PageData) -> tuple[FlakyTestRow, ...]:
    """A fixed number of queries."""
    shown = data.shown.rows if data.shown else ()
    ids, window = [case.case for case in shown], data.filters.window()
    cases = ranked_cases(ids)
    cells = load_or_none("strips", lambda: strips(ids, data.filters, window)) or {}
    failures = load_or_none("messages", lambda: data.cases.failures(shown)) or {}
    return tuple(
        _row(
            data, one, cases[one.case], cells.get(one.case, ()), failures.get(one.case)
        )
        for one in shown
        if one.case in cases and one.project in data.layout.projects
    )


def _row(
    data: PageData,
    figures: FlakyCase,
    case: RankedCase,
    cells: Sequence[Cell],
    failure: LastFailure | None,
) -> FlakyTestRow:
    results = partial(links.results_of_flakiness, data.filters, case.id)
    states, is_settled = data.states, data.choice.state == SETTLED
    first_seen = states.first_seen.get(case.id) if states else None
    return FlakyTestRow(
        figures=figures,
        case=case,
        project=data.layout.projects[figures.project],
        not_passed=counted(
            "not_passed", figures.not_passed, results(links.NOT_PASSED_WORDS)
        ),
        executions=counted(
            "executions", figures.executions, results(links.DECIDED_WORDS)
        ),
        strip=Strip(cells=tuple(_cell(data, cell) for cell in cells)),
        proof=states.proofs.get(case.id) if states and is_settled else None,
        first_seen=first_seen or figures.first_event_at,
        news=_news(data, case.id, first_seen or figures.first_event_at),
        failure=failure,
        muted=data.muted(case.id),
    )


def _cell(data: PageData, cell: Cell) -> StripCell:
    return StripCell(
        outcome=LETTERS.get(cell.status, "U"),
        href=links.run(cell.run),
        title=f"{data.clock.moment(cell.at)}, {cell.status}",
    )


def _news(data: PageData, case: int, first_seen: datetime | None) -> str:
    if data.states is None or case not in data.states.new:
        return ""
    week = data.filters.window().until - WEEK
    return "new" if first_seen and first_seen >= week else "newly flaky"
