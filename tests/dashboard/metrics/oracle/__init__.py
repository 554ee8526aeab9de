"""The same numbers again in plain Python, from the rows alone: slow and obvious.

Each noun has a module. None reads a roll-up or whether a result is final, and none
shares code with dashboard.metrics.
"""

from tests.dashboard.metrics.oracle.flaky import Flakiness, flakiness, flaky
from tests.dashboard.metrics.oracle.rates import (
    FAR,
    counts,
    counts_by,
    facts,
    run_count,
    wilson,
)
from tests.dashboard.metrics.oracle.rows import (
    Execution,
    ResultRow,
    RunRow,
    chosen,
    executions,
    load,
    names,
)
from tests.dashboard.metrics.oracle.series import Failing, failing, is_outage, series_of

__all__ = [
    "FAR",
    "Execution",
    "Failing",
    "Flakiness",
    "ResultRow",
    "RunRow",
    "chosen",
    "counts",
    "counts_by",
    "executions",
    "facts",
    "failing",
    "flakiness",
    "flaky",
    "is_outage",
    "load",
    "names",
    "run_count",
    "series_of",
    "wilson",
]
