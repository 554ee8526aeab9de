"""Cases that fail now, longest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.filters import Filters
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.ranked import Ranking
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.strips import letters, strips
from dashboard.precomputed.failing import failing_cases
from ingest.models import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCase:
    """The case of a ranked row."""

    id: int
    key: str
    name: str
    folder: str
    project: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingRow:
    """A failing case. `strip`: its last 30 final results in the window, oldest first,
    letters as `letter` gives them.
    """

    case: RankedCase
    since_run: int
    since: datetime
    streak: int
    strip: str


def ranked_cases(ids: Sequence[int]) -> dict[int, RankedCase]:
    return {
        case.pk: RankedCase(
            id=case.pk,
            key=case.key,
            name=case.name,
            folder=case.folder,
            project=case.project_id,
        )
        for case in Case.objects.filter(pk__in=ids)
    }


def rows(filters: Filters, failing: Sequence[FailingCase]) -> list[FailingRow]:
    ids = [item.case for item in failing]
    cases = ranked_cases(ids)
    cells = strips(ids, filters, filters.window())
    return [
        FailingRow(
            case=cases[item.case],
            since_run=item.since_run,
            since=item.since,
            streak=item.streak,
            strip=letters(cells.get(item.case, ())),
        )
        for item in failing
    ]


FAILING = Ranking(
    name="failing",
    row=FailingRow,
    compute=failing_cases,
    key=lambda item: (item.since, item.case),
    rows=rows,
    refused=ONLY_LISTS,
)
