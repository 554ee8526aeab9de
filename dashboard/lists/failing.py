"""Cases that fail now, longest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.filters import Filters
from dashboard.lists.listing import ONLY_LISTS
from dashboard.lists.ranked import Ranking
from dashboard.metrics.failing import FailingCase
from dashboard.metrics.strips import letters, strips
from dashboard.precomputed.failing import failing_cases, retired_cases
from ingest.models import Case, Configuration


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
    """A failing case with the series of it that fails longest, in `configuration` and
    `branch`, "" for none. `strip`: the last 30 final results of that series in the
    window, oldest first, letters as `letter` gives them.
    """

    case: RankedCase
    since_run: int
    since: datetime
    streak: int
    configuration: str
    branch: str
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


def configuration_names(failing: Iterable[FailingCase]) -> Mapping[int | None, str]:
    """Of their series; "" for none and for one that went meanwhile."""
    ids = {item.configuration for item in failing if item.configuration}
    named = Configuration.objects.filter(pk__in=ids).values_list("pk", "name")
    return defaultdict(str, named if ids else ())


def rows(filters: Filters, failing: Sequence[FailingCase]) -> list[FailingRow]:
    series = {item.case: item.series for item in failing}
    cases, names = ranked_cases([*series]), configuration_names(failing)
    cells = strips(series, filters, filters.window())
    return [
        FailingRow(
            case=cases[item.case],
            since_run=item.since_run,
            since=item.since,
            streak=item.streak,
            configuration=names[item.configuration],
            branch=item.branch,
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
# Those of which only series fail that nobody runs any more.
FAILING_WHEN_LAST_RUN = replace(
    FAILING, name="failing when last run", compute=retired_cases
)
