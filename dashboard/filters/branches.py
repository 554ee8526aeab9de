"""Which branch of each project counts when nobody chose a branch."""

from __future__ import annotations

from dataclasses import replace

from dashboard.filters.state import Filters
from dashboard.models import ProjectChoice
from dashboard.unchanged import while_unchanged


def with_default_branches(filters: Filters, *, is_metric: bool = True) -> Filters:
    """The filters with the default branches that are in force; one query at most.

    Metrics keep to them unless `default_branch` is off, lists only if it is on. What
    says the same as nothing is taken out, so that equal views have equal addresses.
    """
    asked = filters.default_branch
    if filters.branch or asked is is_metric:
        asked = None
    is_wanted = is_metric if asked is None else asked
    if filters.branch or not is_wanted:
        return replace(filters, default_branch=asked, default_branches=())
    # Of all projects: links lead from the chosen ones to others with the same filters.
    return replace(filters, default_branch=asked, default_branches=_chosen())


def has_default_branches() -> bool:
    """Whether any project has one, so that lists and metrics may differ."""
    return bool(_chosen())


def _chosen() -> tuple[tuple[int, str], ...]:
    choices = ProjectChoice.objects.exclude(default_branch="").order_by("project_id")
    return while_unchanged(
        "default branches",
        lambda: tuple(choices.values_list("project_id", "default_branch")),
    )
