"""The steps of an execution, nested as they were pushed, and no deeper than a page goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.ui.lengths import Prose, QuoteOfMany
from dashboard.ui.text import times
from dashboard.ui.text.console import plain_text

# Deeper ones are listed on the last level, and those beyond are in the API alone.
DEEPEST, MOST = 8, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """`is_open`: something went wrong in it, or in one of its own."""

    title: Prose
    category: str
    duration: str
    error: QuoteOfMany
    steps: tuple[ShownStep, ...]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsCard:
    """`left_out` steps are not listed; `whole_href` has them."""

    subtitle: str
    steps: tuple[ShownStep, ...]
    left_out: int
    whole_href: str


@dataclass
class _Budget:
    left: int = MOST
    left_out: int = 0


def shown_steps(steps: Iterable[Any]) -> tuple[tuple[ShownStep, ...], int]:
    """What is listed, and how many are not."""
    budget = _Budget()
    return tuple(_level(steps, 1, budget)), budget.left_out


def _level(steps: Any, depth: int, budget: _Budget) -> Iterator[ShownStep]:
    for step in _objects(steps):
        if not budget.left:
            budget.left_out += 1 + _count(step)
            continue
        budget.left -= 1
        below = step.get("steps")
        inner = tuple(_level(below, depth + 1, budget)) if depth < DEEPEST else ()
        yield _shown(step, inner)
        if depth == DEEPEST:
            yield from _level(below, depth, budget)


def _shown(step: Mapping[str, Any], inner: tuple[ShownStep, ...]) -> ShownStep:
    took, error = step.get("duration_ms"), plain_text(_text(step, "error"))
    return ShownStep(
        title=_text(step, "title") or "step",
        category=_text(step, "category"),
        duration=times.duration(took) if isinstance(took, int) else "",
        error=error,
        steps=inner,
        is_open=bool(error) or any(one.is_open for one in inner),
    )


def _count(step: Mapping[str, Any]) -> int:
    """The steps below it, without a call for each level."""
    waiting, number = _objects(step.get("steps")), 0
    while waiting:
        one = waiting.pop()
        number += 1
        waiting += _objects(one.get("steps"))
    return number


def _objects(steps: Any) -> list[Mapping[str, Any]]:
    if not isinstance(steps, list | tuple):
        return []
    return [one for one in steps if isinstance(one, Mapping)]


def _text(step: Mapping[str, Any], name: str) -> str:
    found = step.get(name)
    return "" if found is None else str(found)
