"""Sentences on two runs side by side."""

from __future__ import annotations

from dashboard.ui.parts import Number, Piece, Verdict
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.verdicts import Words, compose_verdict, piece, pieces

# Below this chance a split is told apart from luck, as is usual.
LUCK = 0.05


def chance(p: float) -> str:
    """How a p value reads: "p = 0.013", "p < 0.001", and "p = 1" of nothing less."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p if p == 1 else min(p, 0.99):.2g}"


def compared_verdict(
    regressions: Number, fixed: Number, new_failures: Number
) -> Verdict:
    """ "12 regressions, 2 fixed. 3 tests fail that base did not decide." """
    worse, better = int(regressions.value or 0), int(fixed.value or 0)
    rest = _new(new_failures)
    if not worse and not better:
        glyph = "fail" if new_failures.value else "pass"
        return compose_verdict(glyph, ("No test changed its outcome.",), rest)
    bold = (
        piece(regressions, plural(worse, "regression")),
        ", ",
        piece(fixed, f"{better:,} fixed"),
        ".",
    )
    glyph = "fail" if worse or new_failures.value else "fixed"
    return compose_verdict(glyph, bold, rest)


def luck_remark(changed: int, p: float) -> tuple[Piece, ...]:
    """ "More than chance (p = 0.013). A fair coin would …": nothing where none changed."""
    if not changed:
        return ()
    luck = "No more than chance" if p >= LUCK else "More than chance"
    value = Piece(text=chance(p), metric="mcnemar_p", value=p)
    return pieces((f"{luck} (", value, f").{_meaning(changed, p)}"))


def _meaning(changed: int, p: float) -> str:
    if changed == 1:
        return " A single change says nothing about the rest."
    if p > 0.5:
        return " A fair coin would often split them at least as unevenly."
    if p < 0.001:
        return (
            " A fair coin would split them as unevenly less than once in 1,000 times."
        )
    times = f"{round(1 / p):,}"
    return f" A fair coin would split them as unevenly about once in {times} times."


def _new(number: Number) -> Words:
    count = int(number.value or 0)
    if not count:
        return ()
    verb = "fails" if count == 1 else "fail"
    return (
        " ",
        piece(number, plural(count, "test")),
        f" {verb} that base did not decide.",
    )
