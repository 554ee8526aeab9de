"""Failures grouped by what they say, as the API gives them."""

from __future__ import annotations

from dashboard import lists
from dashboard.api import schema
from dashboard.api.metrics import RankedView


@schema.describe_metric("list_failures")
class FailuresView(RankedView):
    """Groups of failures with one message but for ids and numbers, of most cases first."""

    metric, source = "failure-groups", lists.FAILURES
    page, stream = lists.ranked_page, lists.ranked_stream
