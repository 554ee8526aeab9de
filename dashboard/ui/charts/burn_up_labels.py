"""What a burn-up says in words beside its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from dashboard.metrics.milestones import BandDay, BurnUpDay, ScopeAdded
from dashboard.ui.charts.parts import Figure
from dashboard.ui.text.numbers import count
from dashboard.ui.text.times import day

# What a narrow chart has no room for; charts.js leaves these labels out there.
WIDE_ONLY = "wide"
# How near two labels on top may be, as a share of the days shown.
LABELS_MEET, LABELS_MEET_IF_NARROW = 0.09, 0.24


def labels(
    past: Sequence[BurnUpDay],
    future: Sequence[BandDay],
    due: date | None,
    growth: ScopeAdded | None,
    end: date,
    *,
    is_over: bool,
) -> list[Figure]:
    """Of a chart that ends at `end`; `is_over`: its last day is not today."""
    last = past[-1]
    found = [
        _of_due_day(due, past[0].day, end) if due else {},
        {} if is_over else _of_today(last.day, due, past[0].day, end),
        _of_passed(last, has_room=(end - last.day) * 5 > end - past[0].day),
        _of_finished(last) if future and _is_apart(last) else {},
        _of_scope(past),
        _of_growth(past, growth) if growth else {},
        _of_due(due, past, future) if due else {},
    ]
    return [label for label in found if label]


def _of_due_day(due: date, first: date, end: date) -> Figure:
    """Centred over its line, to the left of it where the chart ends soon after."""
    label = _on_top(due, f"<b>\N{BLACK FLAG} due {day(due)}</b>", "var(--ink)")
    return {**label, "xanchor": "right"} if _ends_soon(due, first, end) else label


def _ends_soon(due: date, first: date, end: date) -> bool:
    return (end - due) * 6 < end - first


def _of_today(at: date, due: date | None, first: date, end: date) -> Figure:
    """None where the due day's label would meet it, which is sooner the case in a narrow
    chart, and before a due day whose label stands to the left.
    """
    span = max((end - first).days, 1)
    apart = abs((due - at).days) / span if due else 1
    to_the_left = due is not None and at < due and _ends_soon(due, first, end)
    reach = 1.5 if to_the_left else 1
    if apart < LABELS_MEET * reach:
        return {}
    is_narrow = apart < LABELS_MEET_IF_NARROW * reach
    return {**_on_top(at, "today"), **({"name": WIDE_ONLY} if is_narrow else {})}


def _is_apart(last: BurnUpDay) -> bool:
    return last.decided - last.passed > last.scope * 0.04


def _label(at: date, y: float, text: str, **more: object) -> Figure:
    return {
        "x": at.isoformat(),
        "y": y,
        "xref": "x",
        "yref": "y",
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": "var(--ink-2)"},
        **more,
    }


def _on_top(at: date, text: str, colour: str = "var(--ink-2)") -> Figure:
    font = {"size": 12, "color": colour}
    return _label(at, 1, text, yref="paper", yanchor="bottom", font=font)


def _of_passed(last: BurnUpDay, *, has_room: bool) -> Figure:
    """To the right of the dot where the forecast leaves room, else to its left."""
    side = {"xanchor": "left", "xshift": 8} if has_room else {}
    side = side or {"xanchor": "right", "xshift": -8}
    font = {"size": 13, "color": "var(--pass-t)"}
    text = f"<b>{count(last.passed)} passed</b>"
    return _label(last.day, last.passed, text, yshift=-16, font=font, **side)


def _of_finished(last: BurnUpDay) -> Figure:
    return _label(
        last.day,
        last.decided,
        f"{count(last.decided)} finished",
        xanchor="right",
        xshift=-8,
        yshift=10,
        name=WIDE_ONLY,
    )


def _of_scope(past: Sequence[BurnUpDay]) -> Figure:
    first = past[0]
    text = f"{count(first.scope)} in scope"
    return _label(
        first.day,
        first.scope,
        text,
        xanchor="left",
        xshift=8,
        yshift=11,
        name=WIDE_ONLY,
    )


def _of_growth(past: Sequence[BurnUpDay], growth: ScopeAdded) -> Figure:
    scope = next(row.scope for row in past if row.day == growth.most_on)
    # Where the first label stands there is no room to the left.
    is_early = (growth.most_on - past[0].day).days * 4 < (
        past[-1].day - past[0].day
    ).days
    if is_early:
        return {}
    return _label(
        growth.most_on,
        scope,
        f"<b>+{count(growth.most)}</b> on {day(growth.most_on)}",
        xanchor="right",
        xshift=-4,
        yshift=2,
        name=WIDE_ONLY,
    )


def _of_due(due: date, past: Sequence[BurnUpDay], future: Sequence[BandDay]) -> Figure:
    """What is foreseen for the due day, where that is open and the chart reaches it."""
    then = next((row for row in future if row.day >= due), None)
    if then is None or then.day > due + timedelta(days=1) or then.low == then.scope:
        return {}
    reach = f"{count(then.low)} to {count(then.high)}"
    text = f"<b>On the due date: {reach}</b><br>of {count(then.scope)} passed"
    font = {"size": 12, "color": "var(--ink)"}
    # Below the band: to the right of the line, or left of it where that has no room.
    side = {"xanchor": "left", "xshift": 10, "align": "left"}
    height = then.low * 0.78
    if (future[-1].day - due).days * 4 < (future[-1].day - past[0].day).days:
        side = {"xanchor": "right", "xshift": -10, "align": "right"}
        height = past[-1].passed * 0.75
    return _label(due, height, text, font=font, name=WIDE_ONLY, **side)
