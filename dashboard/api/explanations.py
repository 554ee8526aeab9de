"""What each metric says of how it is made, and the shape in which the API tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.api.shapes import Meta
from dashboard.filters import Filters, Window
from dashboard.lists import PagePath
from dashboard.metrics import explain
from dashboard.metrics.explain import Reason
from dashboard.metrics.standup import series_window

SENTENCES: Mapping[Reason, str] = {
    Reason.REMOVED: "Their tool no longer has them.",
    Reason.EXCLUDED: "A person excluded their runs from every number.",
    Reason.OTHER_BRANCH: "Their runs are not on their project's default branch.",
    Reason.COUNTS_ONLY: "Their tool gives totals of their runs and no rows.",
    Reason.MANUAL: "They were executed by hand.",
    Reason.OUTAGE: "Their runs are outages that nobody put back.",
    Reason.EXCLUDED_FROM_FLAKINESS: "A person excluded their runs from flakiness.",
    Reason.UNDECIDED: "They neither passed nor failed nor broke with an error.",
    Reason.NOT_PASSED: "They did not pass.",
    Reason.NOT_FAILED: "They did not fail.",
    Reason.NO_DURATION: "Nobody tells how long they took.",
    Reason.NO_VENDOR_TOTALS: "Their tool states no totals.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """Final results, how many of them are rows, and the runs that they are of."""

    results: int
    from_rows: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutRow:
    """Results that the number is not made of, each counted for its first reason. `listed`:
    the list behind `rows` holds them.
    """

    reason: str
    sentence: str
    listed: bool
    results: int
    from_rows: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsBehind:
    """The list of the rows: those used, and those left out that are `listed`; of two runs
    the list of the head's. `count`: of that list.
    """

    count: int
    url: PagePath


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationRow:
    """What a number was made of. `stored` final results lie in its window under its
    filters: those `used` and those `left_out` add up to them. Where `unit` is runs, it
    is runs that do. `denominator` says what the number is of; `definition` is the page
    that says how it is defined.
    """

    meta: Meta
    metric: str
    unit: str
    denominator: str
    stored: int
    used: PartRow
    left_out: tuple[LeftOutRow, ...]
    rows: RowsBehind
    filters: Mapping[str, tuple[str, ...]]
    definition: PagePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """How one metric is made: `anchor` names its definition."""

    anchor: str
    reasons: tuple[Reason, ...]
    denominator: str
    window: Callable[[Filters], Window] = Filters.window


_DECIDED = "Results that passed, failed or broke with an error."
METRICS: Mapping[str, Explained] = {
    "summary": Explained(anchor="summary", reasons=explain.RATE, denominator=_DECIDED),
    "pass-rate": Explained(
        anchor="pass-rate", reasons=explain.RATE, denominator=_DECIDED
    ),
    "failing": Explained(
        anchor="failing-now",
        reasons=explain.SERIES,
        denominator="Decided results of automated runs, in series of one test, "
        "configuration and branch; outages too.",
    ),
    "standup": Explained(
        anchor="stand-up",
        reasons=explain.SERIES,
        denominator="Decided results of automated runs in the 30 days to its end, in "
        "series of one test, configuration and branch; outages too.",
        window=series_window,
    ),
    "flaky": Explained(
        anchor="flaky-tests",
        reasons=explain.FLAKINESS,
        denominator="Decided results of automated runs, in series of one test, "
        "configuration and branch; of each test n are those outside of breakages.",
    ),
    "slow": Explained(
        anchor="slow-tests",
        reasons=explain.DURATIONS,
        denominator="Results that passed and whose duration is known.",
    ),
    "failures": Explained(
        anchor="failure-groups",
        reasons=explain.FAILURES,
        denominator="Results that failed or broke with an error; message= chooses among "
        "their groups.",
    ),
}


PROGRESS = Explained(
    anchor="milestone-progress",
    reasons=explain.PROGRESS,
    denominator="Distinct tests; of each the newest decided result counts, without any "
    "the newest.",
)
RECONCILIATION = Explained(
    anchor="reconciliation",
    reasons=(),
    denominator="Runs with rows here and totals of their tool.",
)
COMPARISON = Explained(
    anchor="comparing-two-runs",
    reasons=(),
    denominator="Results that passed, failed or broke with an error, paired by test.",
)
