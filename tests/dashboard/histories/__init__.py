"""Random small worlds: runs that attempts, time and vendors make as odd as they can be."""

from tests.dashboard.histories.plans import (
    HOURS,
    MILESTONES,
    SINCE,
    VENDORS,
    WHOLE,
    Row,
    RunPlan,
    Span,
    drawn,
    plan_counts,
)
from tests.dashboard.histories.storing import stored
from tests.dashboard.histories.strategies import (
    histories,
    long_histories,
    moments,
    some,
    spread_histories,
    spread_windows,
    wide_windows,
    windows,
)

__all__ = [
    "HOURS",
    "MILESTONES",
    "SINCE",
    "VENDORS",
    "WHOLE",
    "Row",
    "RunPlan",
    "Span",
    "drawn",
    "histories",
    "long_histories",
    "moments",
    "plan_counts",
    "some",
    "spread_histories",
    "spread_windows",
    "stored",
    "wide_windows",
    "windows",
]
