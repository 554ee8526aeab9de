"""What a page or an API answer is about: one frozen object, parsed once from the URL."""

from dashboard.filters.branches import has_default_branches, with_default_branches
from dashboard.filters.counting import with_what_counts
from dashboard.filters.known import are_known, unknown_values
from dashboard.filters.parsing import (
    Accepts,
    FilterError,
    ParsedQuery,
    lenient,
    parse,
    strict,
)
from dashboard.filters.scope import (
    default_scope,
    start_pairs,
    without_all,
    written_pairs,
    written_query,
)
from dashboard.filters.selection import (
    canonical_configuration,
    needs_rows,
    result_conditions,
    run_conditions,
    selected_connections,
    selected_projects,
)
from dashboard.filters.state import DEFAULT_WINDOW_DAYS, Filters, Problem, Window

__all__ = [
    "DEFAULT_WINDOW_DAYS",
    "Accepts",
    "FilterError",
    "Filters",
    "ParsedQuery",
    "Problem",
    "Window",
    "are_known",
    "canonical_configuration",
    "default_scope",
    "has_default_branches",
    "lenient",
    "needs_rows",
    "parse",
    "result_conditions",
    "run_conditions",
    "selected_connections",
    "selected_projects",
    "strict",
    "unknown_values",
    "with_default_branches",
    "with_what_counts",
    "start_pairs",
    "without_all",
    "written_pairs",
    "written_query",
]
