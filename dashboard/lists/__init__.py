"""The lists behind the numbers: filters -> pages of frozen rows, in keyset order."""

from dashboard.lists.cases import CASES
from dashboard.lists.connections import CONNECTIONS
from dashboard.lists.listing import Listing, Sort
from dashboard.lists.milestones import MILESTONES
from dashboard.lists.paging import Page, Position, page, stream
from dashboard.lists.projects import PROJECTS
from dashboard.lists.reconciliation import RECONCILIATION
from dashboard.lists.results import RESULTS, case_results, one_result, run_results
from dashboard.lists.runs import RUNS
from dashboard.lists.syncs import SYNCS
from dashboard.lists.threads import run_threads

__all__ = [
    "CASES",
    "CONNECTIONS",
    "MILESTONES",
    "PROJECTS",
    "RECONCILIATION",
    "RESULTS",
    "RUNS",
    "SYNCS",
    "Listing",
    "Page",
    "Position",
    "Sort",
    "case_results",
    "one_result",
    "page",
    "run_results",
    "run_threads",
    "stream",
]
