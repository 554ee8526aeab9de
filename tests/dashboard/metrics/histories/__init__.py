"""Random small worlds: runs that attempts, time and vendors make as odd as they can be."""

from tests.dashboard.metrics.histories.plans import (
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
from tests.dashboard.metrics.histories.storing import stored
from tests.dashboard.metrics.histories.strategies import (
    CHOICES,
    histories,
    long_histories,
    moments,
    phased_histories,
    some,
    wide_windows,
    windows,
)

__all__ = [
    "CHOICES",
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
    "phased_histories",
    "plan_counts",
    "some",
    "stored",
    "wide_windows",
    "windows",
]
