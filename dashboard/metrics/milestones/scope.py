"""Which tests stand behind a milestone's numbers, and what rules for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from dashboard.column_store.selection import microseconds
from dashboard.filters import Filters
from dashboard.metrics.milestones.finals import Finals, MilestoneFinals
from dashboard.reading.scope import scope_key
from dashboard.request_cache import cached_in_request
from ingest.contract import Status
from ingest.models import STATUS_CODES, STATUS_OF_CODE, Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the tests in scope: those whose ruling result is of one of `projects`,
    or of `run`; `is_added`: those that came into scope in the window, which then says
    nothing of results.
    """

    projects: tuple[int, ...] = ()
    run: int | None = None
    is_added: bool = False


def cases_in_scope(filters: Filters, part: Part) -> QuerySet[Case]:
    """The cases that count for the milestones of the filters, one for each test.

    Of cases that are the same test, the one whose result rules. `status` is that of the
    ruling result; `q` and `case` are left to the list.
    """
    found = [
        case
        for entered, ruling in _rulings(filters, part)
        for case in ruling.cases[_is_in(part, filters, entered, ruling)].tolist()
    ]
    ids = RawSQL("SELECT unnest(%s::bigint[])", [found])  # nosec B611 # a parameter
    return Case.objects.filter(pk__in=ids)


def ruling_statuses(
    filters: Filters, part: Part, cases: Collection[int]
) -> Mapping[int, Status]:
    """The status that counts for each of some cases."""
    asked = np.fromiter(cases, dtype=np.int64)
    found: dict[int, Status] = {}
    for _, ruling in _rulings(filters, part):
        some = ruling.chosen(np.isin(ruling.cases, asked))
        statuses = (STATUS_OF_CODE[code] for code in some.statuses.tolist())
        found.update(zip(some.cases.tolist(), statuses, strict=True))
    return found


def _rulings(filters: Filters, part: Part) -> Sequence[tuple[np.ndarray, Finals]]:
    """Of each milestone what rules for its tests, and since when these are in scope."""
    of_results = replace(filters, q="", case=(), status=())
    if part.is_added:
        of_results = replace(of_results, since=None, until=None, window_days=None)
    return cached_in_request(
        f"rulings {of_results!r} {scope_key()}",
        lambda: _rulings_of(filters.milestone, of_results),
    )


def _rulings_of(
    milestones: Collection[int], filters: Filters
) -> list[tuple[np.ndarray, Finals]]:
    read = MilestoneFinals(milestones, filters)
    finals = map(read.of, milestones)
    return [(one.entered(), one.ruling()) for one in finals]


def _is_in(
    part: Part, filters: Filters, entered: np.ndarray, ruling: Finals
) -> np.ndarray:
    """Which of the tests are in the part, and of the filters' statuses."""
    found = np.ones(len(ruling), dtype=bool)
    if filters.status:
        codes = [STATUS_CODES[Status(word)] for word in filters.status]
        found &= np.isin(ruling.statuses, codes)
    if part.projects:
        found &= np.isin(ruling.projects, part.projects)
    if part.run is not None:
        found &= ruling.runs == part.run
    if part.is_added and (window := filters.list_window()) is not None:
        found &= entered >= microseconds(window.since)
        found &= entered < microseconds(window.until)
    return found
