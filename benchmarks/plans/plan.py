"""A plan in few lines: what was read how, how many rows, how long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

LONGEST_CONDITION = 90
_MONTH = re.compile(r"_y\d{4}_?m\d{2}|_\d{4}_\d{2}|_\d{6}")
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Join Filter")


@dataclass(slots=True)
class Node:
    """One step, or the same step in several months: `ms` and `rows` are sums over all of
    its loops.
    """

    words: str
    ms: float
    rows: int
    loops: int
    conditions: list[str] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)
    months: int = 1


def lines_of(told: dict[str, Any]) -> list[str]:
    """Of EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)."""
    if not told:
        return ["It was not asked again."]
    plan = told["Plan"]
    hit, read = plan.get("Shared Hit Blocks", 0), plan.get("Shared Read Blocks", 0)
    return [
        *_lines(_node(plan), 0),
        f"planning {told['Planning Time']:.1f} ms, execution {told['Execution Time']:.1f} ms, "
        f"{hit + read:,} pages of 8 kB, {read:,} of them not in shared buffers",
    ]


def _node(plan: dict[str, Any]) -> Node:
    loops = plan["Actual Loops"]
    node = Node(
        words=_words(plan),
        ms=plan.get("Actual Total Time", 0) * loops,
        rows=round(plan["Actual Rows"] * loops),
        loops=loops,
        conditions=list(_conditions(plan)),
    )
    for one in plan.get("Plans", ()):
        below = _node(one)
        # Months that the plan left out tell nothing.
        if below.loops:
            _add(node.below, below)
    return node


def _words(plan: dict[str, Any]) -> str:
    kind = plan["Node Type"]
    if plan.get("Join Type", "Inner") != "Inner":
        kind = f"{kind} ({plan['Join Type'].lower()})"
    if plan.get("Strategy") == "Hashed":
        kind = f"Hash{kind}"
    name = plan.get("Index Name", "")
    place = plan.get("Relation Name") or plan.get("CTE Name") or ""
    using = f" by {_MONTH.sub('', name)}" if name else ""
    at = f" of {_MONTH.sub('', place)}" if place else ""
    return f"{kind}{using}{at}"


def _conditions(plan: dict[str, Any]) -> Iterator[str]:
    for name in _CONDITIONS:
        if text := plan.get(name):
            plain = re.sub(r"'\{[^']{40,}'", "'{…}'", text)
            plain = plain.replace("::text", "")
            yield f"{name}: {_cut(plain)}"
    if removed := plan.get("Rows Removed by Filter"):
        yield f"Rows removed by filter: {removed * plan['Actual Loops']:,.0f}"
    if key := plan.get("Sort Key"):
        yield f"Sort key: {_cut(', '.join(key))}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CONDITION else f"{text[:LONGEST_CONDITION]}…"


def _add(nodes: list[Node], new: Node) -> None:
    """To the one before it, where that is the same of another month."""
    last = nodes[-1] if nodes else None
    if last is None or _form(last) != _form(new):
        nodes.append(new)
        return
    _sum_up(last, new)


def _sum_up(into: Node, other: Node) -> None:
    into.ms += other.ms
    into.rows += other.rows
    into.loops += other.loops
    into.months += 1
    for one, another in zip(into.below, other.below, strict=True):
        _sum_up(one, another)


def _form(node: Node) -> Any:
    return node.words, tuple(_form(one) for one in node.below)


def _lines(node: Node, depth: int) -> Iterator[str]:
    indent = "  " * depth
    months = f" in {node.months} months" if node.months > 1 else ""
    loops = f", {node.loops:,} times" if node.loops > 1 else ""
    yield f"{indent}{node.words}{months}: {node.rows:,} rows, {node.ms:.1f} ms{loops}"
    yield from (f"{indent}    {one}" for one in node.conditions)
    for below in node.below:
        yield from _lines(below, depth + 1)
