"""Groups of failures that say the same, those of most cases first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.filters import Filters
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.ranked import Ranking, two_ways
from dashboard.metrics.failures import FailureGroup, failure_groups, known_before


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """Final results that did not pass with one message but for ids and numbers in it.

    `signature` and `masking`, the version of its rules, are null for failures without a
    message. `message` is the newest one, cut after 16,384 letters; the result
    `newest_result` has it whole. `share` is that of all failures.
    `first_at` and `last_at` lie in the window; `known_before` tells whether the message
    occurred before it.
    """

    signature: str | None
    masking: int | None
    message: str
    newest_result: int
    results: int
    share: float
    cases: int
    runs: int
    first_at: datetime
    last_at: datetime
    known_before: bool
    projects: tuple[int, ...]


def rows(filters: Filters, groups: Sequence[FailureGroup]) -> list[FailureRow]:
    known = known_before(filters, [g.signature for g in groups if g.signature])
    return [
        FailureRow(
            signature=str(group.signature) if group.signature else None,
            masking=group.masking,
            message=group.message,
            newest_result=group.newest,
            results=group.results,
            share=group.share,
            cases=group.cases,
            runs=group.runs,
            first_at=group.first_at,
            last_at=group.last_at,
            known_before=group.signature in known,
            projects=group.projects,
        )
        for group in groups
    ]


FAILURES = Ranking(
    name="failures",
    row=FailureRow,
    compute=failure_groups,
    key=lambda group: (
        group.signature is None,
        -group.cases,
        -group.results,
        str(group.signature),
    ),
    rows=rows,
    refused={name: why for name, why in ONLY_LISTS.items() if name != "message"},
    sorts={
        "cases": lambda group: (group.cases,),
        **two_ways("results", lambda group: group.results),
        **two_ways("runs", lambda group: group.runs),
        **two_ways("first_at", lambda group: group.first_at.timestamp()),
        **two_ways("last_at", lambda group: group.last_at.timestamp()),
    },
    default_sort="-cases",
)
