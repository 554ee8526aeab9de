"""Groups of failures that say the same, given what counts as the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.dashboard.metrics.oracle.rows import Execution


@dataclass(frozen=True)
class Group:
    """`newest` are the messages of its newest results, which can be several in a run."""

    newest: frozenset[str]
    results: int
    cases: int
    runs: int
    first_at: datetime
    last_at: datetime
    projects: frozenset[int]


def groups(
    found: Iterable[Execution], masked: Callable[[str], Hashable]
) -> dict[Hashable, Group]:
    """By masked message; failures without a message are the group None."""
    by_mask: dict[Hashable, list[Execution]] = defaultdict(list)
    for execution in found:
        if execution.is_bad:
            message = execution.final.message
            by_mask[masked(message) if message else None].append(execution)
    return {mask: _group(members) for mask, members in by_mask.items()}


def _group(members: list[Execution]) -> Group:
    last = max(e.order for e in members)
    return Group(
        newest=frozenset(e.final.message for e in members if e.order == last),
        results=len(members),
        cases=len({e.case for e in members}),
        runs=len({e.run.id for e in members}),
        first_at=min(e.at for e in members),
        last_at=last[0],
        projects=frozenset(e.run.project for e in members),
    )
