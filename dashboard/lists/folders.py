"""A project's tests by their folders: how many, how many never ran, how they went last."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet

from dashboard.filters import Filters, result_conditions
from dashboard.filters.parsing import COMMON
from dashboard.lists.cases import CASES, CaseRow
from dashboard.lists.listing import Listing
from dashboard.metrics.newest import newest
from dashboard.precomputed.cached import Metric, cached
from ingest.contract import Status
from ingest.folders import SEPARATOR
from ingest.models import STATUS_OF_CODE, Case, Result

# The last results of more tests at once take longer than somebody waits for a page.
MOST_TESTS = 10_000
# Those that a person excluded from every number are rows of lists all the same.
EVERY_RUN = Filters(with_uncounted=True)
TAKEN = frozenset({"q", "sort", "never_executed"})
REFUSED = dict.fromkeys(
    COMMON - TAKEN, "Tests are listed here whatever the runs that they were in."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCounts:
    """Tests, and of them those without any result."""

    tests: int
    never_executed: int


def folder_counts(filters: Filters) -> dict[str, FolderCounts]:
    """Of the tests that lie in each folder itself, not below it; one query."""
    counted = (
        CASES.select(replace(filters, sort=""))
        .order_by()
        .values_list("folder")
        .annotate(tests=Count("*"), never=Count("declared_at"))
    )
    return {
        folder: FolderCounts(tests=tests, never_executed=never)
        for folder, tests, never in counted
    }


def last_statuses(filters: Filters, folder: str) -> Mapping[str, Mapping[Status, int]]:
    """By folder, the tests in and below one by the status of their newest final result;
    those that never ran are left out. Two queries, or what they gave this minute.
    """
    metric = Metric(
        name=f"last-statuses-{folder_digest(folder)}",
        kind=dict[str, dict[str, int]],
        compute=lambda filters: _last_statuses(filters, folder),
        is_timeless=True,
    )
    found = cached(metric, replace(filters, sort=""))
    return {
        name: {Status(word): n for word, n in own.items()}
        for name, own in found.items()
    }


def tests_in(folder: str) -> Listing[CaseRow]:
    """The tests in a folder and below it, "" for all of the project's."""

    def select(filters: Filters) -> QuerySet[Case]:
        return CASES.select(filters).filter(_inside(folder))

    return replace(
        CASES,
        # A page of one folder's list is none of another's.
        name=f"tests in {folder_digest(folder)}",
        select=select,
        default_sort="name",
        refused=REFUSED,
    )


def folder_digest(folder: str) -> str:
    """Names it where its path is too long or has signs that do not go."""
    return hashlib.md5(folder.encode(), usedforsecurity=False).hexdigest()


def _last_statuses(filters: Filters, folder: str) -> dict[str, dict[str, int]]:
    cases = CASES.select(filters).filter(_inside(folder)).filter(declared_at=None)
    folders = dict(cases.order_by().values_list("pk", "folder"))
    finals = Result.objects.filter(
        result_conditions(EVERY_RUN), project_id__in=filters.project, is_final=True
    )
    rows = newest(finals, list(folders), ("status", "at", "ordinal"), last=1)
    counts: dict[str, Counter[str]] = {}
    for case, code, *_ in rows:
        own = counts.setdefault(folders[case], Counter())
        own[str(STATUS_OF_CODE[code])] += 1
    return {name: dict(own) for name, own in counts.items()}


def _inside(folder: str) -> Q:
    if not folder:
        return Q()
    return Q(folder=folder) | Q(folder__startswith=folder + SEPARATOR)
