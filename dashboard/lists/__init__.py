"""The lists behind the numbers: filters -> pages of frozen rows, in keyset order."""

from dashboard.lists.cases import CASES
from dashboard.lists.connections import CONNECTIONS
from dashboard.lists.failing import FAILING, FAILING_WHEN_LAST_RUN
from dashboard.lists.failures import FAILURES
from dashboard.lists.flaky import FLAKY
from dashboard.lists.listing import Listing, PagePath
from dashboard.lists.milestones import MILESTONES
from dashboard.lists.paging import (
    Page,
    Position,
    first_rows,
    page,
    rows_with_ids,
    stream,
)
from dashboard.lists.projects import PROJECTS
from dashboard.lists.ranked import Ranking, ranked_page, ranked_stream
from dashboard.lists.reconciliation import RECONCILIATION
from dashboard.lists.results import RESULTS, results_of_case, results_of_run
from dashboard.lists.runs import RUNS
from dashboard.lists.single import one_case, one_connection, one_row, one_run
from dashboard.lists.slow import SLOW
from dashboard.lists.syncs import SYNCS, SYNCS_FOR_STRANGERS
from dashboard.lists.threads import THREADS, threads_of_run

__all__ = [
    "CASES",
    "CONNECTIONS",
    "FAILING",
    "FAILING_WHEN_LAST_RUN",
    "FAILURES",
    "FLAKY",
    "MILESTONES",
    "PROJECTS",
    "RECONCILIATION",
    "RESULTS",
    "RUNS",
    "SLOW",
    "SYNCS",
    "SYNCS_FOR_STRANGERS",
    "THREADS",
    "Listing",
    "Page",
    "PagePath",
    "Position",
    "Ranking",
    "results_of_case",
    "first_rows",
    "one_row",
    "one_case",
    "one_connection",
    "one_run",
    "page",
    "ranked_page",
    "ranked_stream",
    "results_of_run",
    "rows_with_ids",
    "threads_of_run",
    "stream",
]
