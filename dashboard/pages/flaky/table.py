"""The table of flaky tests: its columns, and a row for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dashboard.lists.failing import RankedCase, ranked_cases
from dashboard.lists.flaky_choice import DEFAULT_SORT, SETTLED
from dashboard.lists.names import ProjectName
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.flaky_states import WEEK
from dashboard.metrics.last_failures import LastFailure
from dashboard.metrics.strips import strips
from dashboard.pages.flaky.page_data import PageData
from dashboard.pages.flaky.text import flake_bounds
from dashboard.ui import links
from dashboard.ui.flake_evidence import (
    attempt_links,
    evidence,
    evidence_tags,
    lost_number,
)
from dashboard.ui.notes_and_mutes import owner_of
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Number, Piece, Strip
from dashboard.ui.run_strips import run_strip
from dashboard.ui.tables import Column, Table, table
from dashboard.ui.text.messages import no_message
from dashboard.ui.text.numbers import (
    DASH,
    count,
    percent_above,
    plural,
    score,
    score_above,
    whole_percent,
)
from ingest.series.proof import Proof

COLUMNS = (
    Column("name", "Test, project / folder", "case", css="a"),
    Column(
        "score", "Score, 95% interval", "rate", sort="-score", css="b", width="154px"
    ),
    Column("flips", "Flips", "flip_rate", sort="-flips", css="num", width="52px"),
    Column(
        "evidence", "Evidence", "events", sort="-failed", css="c", width="var(--events)"
    ),
    Column("strip", "Last 30, newest right", "strip", css="e", width="var(--strip)"),
    Column(
        "lost", "Lost", "time_lost_ms", sort="-lost", css="f num strong", width="78px"
    ),
    Column("first_seen", "First flake", css="sec nowrap", width="82px"),
    Column("message", "Last failure", css="d", width="var(--message)"),
)
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
    tags: tuple[str, ...]
    evidence: tuple[Piece, ...]
    strip: Strip
    proof: Proof | None
    first_seen: datetime | None
    news: str
    failure: LastFailure | None
    lost: Number
    muted: str
    owner: str

    @property
    def score(self) -> Number:
        figures, below = self.figures, self.figures.upper_bound
        executions, text = plural(figures.n, "execution"), score(figures.rate)
        title = f"{plural(figures.k, 'flake event')} in {executions}"
        if figures.evidence:
            title += f", {EVIDENCE[figures.evidence]}"
        if below is not None:
            text = f"<{score_above(below)}"
            title = (
                f"no flake event in {executions}: below {percent_above(below)} (95 %)"
            )
        return Number(text=text, metric="rate", value=figures.rate, title=title)

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
        if not figures.flips:
            return Number(text=DASH, title="no neighbours differ")
        title = (
            f"{count(figures.flips)} of {plural(figures.pairs, 'neighbour')} differ, "
            f"{figures.expected_flips:.1f} expected by chance"
        )
        return Number(
            text=whole_percent(rate), metric="flip_rate", value=rate, title=title
        )

    @property
    def failure_text(self) -> str:
        """What it failed on last, or that nobody says."""
        said = self.failure.message if self.failure else ""
        return said if said.strip() else no_message(self.project.tool)

    @property
    def failure_href(self) -> str:
        failure = self.failure
        return links.case_in_run(failure.run, failure.case) if failure else ""


def flaky_table(data: PageData) -> Table:
    return table(
        COLUMNS,
        tuple(_rows(data)),
        css="tall fixed blocks flk",
        state=data.state,
        default_sort=DEFAULT_SORT,
    )


def _rows(data: PageData) -> Iterator[FlakyTestRow]:
    """A fixed number of queries."""
    rows = data.page.rows if data.page else ()
    ids, filters = [figures.case for figures in rows], data.filters
    to = attempt_links(filters)
    cells = load_or_none("strips", lambda: strips(ids, filters, filters.window())) or {}
    of = {figures.project for figures in rows}
    failures = load_or_none("messages", lambda: data.cases.failures(ids, of)) or {}
    cases, projects = ranked_cases(ids), data.layout.projects
    clock = data.layout.clock
    proofs = data.states.proofs if data.states and data.choice.state == SETTLED else {}
    for figures in rows:
        id_ = figures.case
        if id_ not in cases or figures.project not in projects:
            continue
        yield FlakyTestRow(
            figures=figures,
            case=cases[id_],
            project=projects[figures.project],
            tags=evidence_tags(figures),
            evidence=evidence(figures, to),
            strip=run_strip(cells.get(id_, ()), clock),
            proof=proofs.get(id_),
            first_seen=data.first_seen(figures),
            news=_news(data, figures),
            failure=failures.get(id_),
            lost=lost_number(figures, to),
            muted=data.muted(id_),
            owner=owner_of(data.remarks.get(id_)),
        )


def _news(data: PageData, figures: FlakyCase) -> str:
    if data.states is None or figures.case not in data.states.new:
        return ""
    first_seen, week = data.first_seen(figures), data.filters.window().until - WEEK
    return "new" if first_seen and first_seen >= week else "newly flaky"
