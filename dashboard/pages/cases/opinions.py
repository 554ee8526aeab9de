"""What other systems would say of a test, and how far a fix of it is proven."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.other_flaky_rules import RULES, Opinion, Rule, opinions
from dashboard.metrics.proof import proof_of_fix
from dashboard.pages.cases.page_data import Card, PageData
from dashboard.ui.panels import did_not_load
from dashboard.ui.parts import EmptyState, Number
from dashboard.ui.text import numbers
from ingest.series.proof import Proof

NOTHING = EmptyState(
    title="Nothing to judge",
    text="No automated result was decided in this time.",
    glyph="run",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionsCard(Card):
    """Ours, its figure, and in `rows` each published rule with what it says."""

    ours: FlakyCase | None = None
    figure: Number | None = None


def opinions_card(data: PageData) -> OpinionsCard:
    if data.histories is None:
        return OpinionsCard(empty=did_not_load("table", data.state.href))
    ours, history = data.flakiness, data.history
    if ours is None or history is None:
        return OpinionsCard(empty=NOTHING)
    rows = [
        (RULES[name], opinion, _figure(RULES[name], opinion))
        for name, opinion in opinions(history, data.default_branch).items()
    ]
    flaky = sum(opinion.is_flaky for _, opinion, _ in rows)
    return OpinionsCard(
        subtitle=f"{flaky} of {len(RULES)} published rules call it flaky",
        ours=ours,
        figure=_our_figure(ours),
        rows=rows,
    )


def _our_figure(ours: FlakyCase) -> Number:
    if ours.upper_bound is not None:
        text = f"below {numbers.percent_above(ours.upper_bound)}"
        return Number(text=text, metric="flaky_upper_bound", value=ours.upper_bound)
    text = f"{numbers.percent(ours.rate)}, {ours.k} of {numbers.count(ours.n)}"
    return Number(text=text, metric="rate", value=ours.rate)


def _figure(rule: Rule, opinion: Opinion) -> Number:
    figure = opinion.figure
    text = numbers.percent(figure)
    if figure is not None and rule.unit == "results":
        text = numbers.count(floor(figure))
    return Number(text=text, metric="opinion", value=figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCard:
    """How far it is proven that a test was mended."""

    proof: Proof

    @property
    def fact(self) -> str:
        passed = numbers.count(self.proof.passed)
        needed = numbers.plural(self.proof.needed, "pass", "passes")
        if self.proof.is_proven:
            return f"{passed} passes in a row, {needed} needed."
        return f"{passed} of {needed} needed."


def proof_card(data: PageData) -> ProofCard | None:
    """Only of a flaky test: others have nothing to be mended."""
    ours, history = data.flakiness, data.history
    if ours is None or history is None or not ours.is_flaky:
        return None
    proof = proof_of_fix(history)
    return ProofCard(proof=proof) if proof else None
