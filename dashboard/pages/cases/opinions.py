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

NOTHING = EmptyState(
    title="Nothing to judge",
    text="No automated result was decided in this time.",
    glyph="run",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRow:
    """What one published rule says, and the figure that it looks at."""

    name: str
    is_flaky: bool
    figure: Number
    rule: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCard:
    """Progress of the proof that a test was mended: `share` is 0-1 of the way."""

    fact: str
    text: str
    share: float
    is_done: bool = False


def opinions_card(data: PageData) -> Card:
    """Ours first, then the published rules."""
    if data.histories is None:
        return Card(empty=did_not_load("table", data.state.href))
    ours, history = data.flakiness, data.history
    if ours is None or history is None:
        return Card(empty=NOTHING)
    rows = [
        _row(RULES[name], opinion)
        for name, opinion in opinions(history, data.default_branch).items()
    ]
    flaky = sum(row.is_flaky for row in rows)
    return Card(
        subtitle=f"{flaky} of {len(RULES)} published rules call it flaky",
        rows=(_ours(ours), *rows),
    )


def _ours(ours: FlakyCase) -> OpinionRow:
    text = f"{numbers.percent(ours.rate)}, {ours.k} of {numbers.count(ours.n)}"
    figure = Number(text=text, metric="rate", value=ours.rate)
    if ours.upper_bound is not None:
        figure = Number(
            text=f"below {numbers.percent(ours.upper_bound)}",
            metric="flaky_upper_bound",
            value=ours.upper_bound,
        )
    return OpinionRow(
        name="Passline",
        is_flaky=ours.is_flaky,
        figure=figure,
        rule="flake rate by 95 %: flaky from two events and 1 %, or with proof",
        is_ours=True,
    )


def _row(rule: Rule, opinion: Opinion) -> OpinionRow:
    return OpinionRow(
        name=rule.label,
        is_flaky=opinion.is_flaky,
        figure=_figure(rule, opinion),
        rule=f"{rule.figure}: flaky when {rule.flaky}",
    )


def _figure(rule: Rule, opinion: Opinion) -> Number:
    figure = opinion.figure
    text = numbers.percent(figure)
    if figure is not None and rule.unit == "results":
        text = numbers.count(floor(figure))
    return Number(text=text, metric="opinion", value=figure)


def proof_card(data: PageData) -> ProofCard | None:
    """Only of a flaky test: others have nothing to be mended."""
    ours, history = data.flakiness, data.history
    if ours is None or history is None or not ours.is_flaky:
        return None
    proof = proof_of_fix(history)
    if proof is None:
        return None
    needed = numbers.plural(proof.needed, "pass", "passes")
    if proof.is_proven:
        fact = f"{numbers.count(proof.passed)} passes in a row, {needed} needed."
        text = "As flaky as before it would pass so often with a chance of 5 % at most."
    else:
        fact = f"{numbers.count(proof.passed)} of {needed} needed."
        text = (
            "In a row since its last flake event; as flaky as before, it would get so "
            "far with a chance of 5 % only."
        )
    return ProofCard(
        fact=fact,
        text=text,
        share=min(proof.passed / proof.needed, 1.0),
        is_done=proof.is_proven,
    )
