"""The outcome bar: attention is thick and first, passed is thin and last."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.ui.svg.outcomes import OUTCOMES, grouped


def outcome_bar(counts: Mapping[str, int], *, large: bool = False) -> str:
    """Counts by status as a row of parts; widths in per cent of the total.

    Passed has no width: it takes the rest, so that the minimum widths of small parts
    never push the bar over its edge.
    """
    sums = grouped(counts)
    total = sum(sums.values())
    words = [f"{sums[o.key]:,} {o.word.lower()}" for o in OUTCOMES if sums[o.key]]
    parts = "".join(
        _part(outcome.css, sums[outcome.key], total)
        for outcome in OUTCOMES
        if sums[outcome.key]
    )
    name = "ob lg" if large else "ob"
    label = ", ".join(words) or "no results"
    return f'<span class="{name}" role="img" aria-label="{label}">{parts}</span>'


def _part(css: str, count: int, total: int) -> str:
    if css == "pass":
        return '<i class="pass"></i>'
    return f'<i class="{css}" style="width:{100 * count / total:.2f}%"></i>'
