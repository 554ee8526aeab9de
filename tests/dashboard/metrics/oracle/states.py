"""What became of flaky cases: new, worse, settled, by the words of the definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.dashboard.metrics.oracle.flaky import Flakiness, flakiness
from tests.dashboard.metrics.oracle.proof import Proof, proof
from tests.dashboard.metrics.oracle.rows import Execution

# What the filters choose of a time.
Between = Callable[[datetime, datetime], list[Execution]]
WEEK, QUARTER = timedelta(days=7), timedelta(days=90)


@dataclass(frozen=True)
class States:
    """`before` and `first_seen` are of the cases that are flaky, or were before."""

    flaky: set[int]
    new: set[int]
    worse: set[int]
    settled: dict[int, Flakiness]
    proofs: dict[int, Proof]
    before: dict[int, Flakiness]
    first_seen: dict[int, datetime]


def states(between: Between, since: datetime, until: datetime) -> States:
    length = until - since
    both = between(since - length, until)
    now, before = (
        flakiness(between(since, until)),
        flakiness(between(*_prior(since, until))),
    )
    a_week_ago = flakiness(between(since - WEEK, until - WEEK))
    seen = flakiness(between(until - max(QUARTER, 2 * length), until))
    flaky = _flaky(now)
    settled = {
        case: row
        for case, row in now.items()
        if row.executions and _has_settled(row, before.get(case), proof(both, case))
    }
    told = flaky | _flaky(before)
    return States(
        flaky=flaky,
        new=flaky - _flaky(a_week_ago),
        worse={case for case in flaky if _is_worse(now[case], before.get(case))},
        settled=settled,
        proofs={case: made for case in settled if (made := proof(both, case))},
        before={case: row for case, row in before.items() if case in told},
        first_seen={case: seen[case].event_times[0] for case in told},
    )


def _prior(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    return since - (until - since), since


def _flaky(rows: Mapping[int, Flakiness]) -> set[int]:
    return {case for case, row in rows.items() if row.is_flaky}


def _is_worse(now: Flakiness, before: Flakiness | None) -> bool:
    return before is not None and before.n >= 1 and now.rate > before.high


def _has_settled(now: Flakiness, before: Flakiness | None, made: Proof | None) -> bool:
    was_flaky = before is not None and before.is_flaky
    if was_flaky and now.k == 0 and now.not_passed == 0:
        return True
    is_proven = made is not None and made.passed >= made.needed
    return (now.is_flaky or was_flaky) and is_proven
