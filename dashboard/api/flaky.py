"""Flaky cases as the API gives them, with what narrows the table of the page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from dashboard import lists
from dashboard.api import schema
from dashboard.api.metrics import RankedView
from dashboard.api.queries import single
from dashboard.lists.flaky import flaky_ranking
from dashboard.lists.flaky_choice import PARAMETERS, STATES, read_choice

DESCRIBED = [
    OpenApiParameter(
        "find",
        str,
        description="Part of a test's name, folder, key or newest failure message.",
    ),
    OpenApiParameter(
        "state",
        str,
        enum=list(STATES),
        description="new: not flaky a week ago. worse: above the interval of the window "
        "before. settled: flaky in the window before, only passes in this one.",
    ),
    OpenApiParameter("min_rate", float, description="Least flake rate, 0 to 1."),
    OpenApiParameter("min_executions", int, description="Least number of executions."),
]


@schema.describe_metric("list_flaky_cases", DESCRIBED)
class FlakyView(RankedView):
    """Flaky cases by the lower bound of their flake rate, worst first."""

    metric, source = "flaky-tests", lists.FLAKY
    page, stream = lists.ranked_page, lists.ranked_stream

    def chosen(self, request: Request) -> Any:
        given = {
            name: single(request.query_params, name)
            for name in PARAMETERS
            if name in request.query_params
        }
        choice, problems = read_choice(given)
        if problems:
            raise ValidationError({p.name: [p.sentence] for p in problems})
        return flaky_ranking(choice)
