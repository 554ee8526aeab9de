"""A row of a list of tests, and its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from dashboard.addresses import of_each
from dashboard.filters import Filters
from dashboard.lists.case_figures import case_figures
from dashboard.lists.cases import CaseRow
from dashboard.lists.failing import RankedCase
from dashboard.lists.names import ProjectName
from dashboard.lists.ranked import Ranking
from dashboard.metrics.strips import Cell, letters
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import mute_words, owner_of, remarks_on
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Delta, Number, State
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.tables import Column

# Outcomes of a case that a list shows.
LAST = 20
NOT_RUN = State(glyph="run", word="not run")
NEVER_RUN = State(glyph="run", word="never run")
NAME = Column("name", "Test", "name", sort="name", css="a")
PROJECT = Column("project", "Project", "project", css="trunc")
STRIP = Column("strip", f"Last {LAST}", css="e")
NO_REASON = Column("no_reason", "", css="d nowrap")
SEEN = Column(
    "last_seen",
    "Last seen",
    "last_seen_at",
    sort="-last_seen_at",
    css="f nowrap sec",
)


def columns(
    since: Column = NO_REASON, *, results: str = "Results"
) -> tuple[Column, ...]:
    """`since` tells when a case began to be what it is listed for."""
    return NAME, PROJECT, STRIP, Column("results", results, css="b num"), since, SEEN


def series_words(configuration: str, branch: str) -> str:
    """ "Chrome, main"; "" where runs tell neither."""
    return ", ".join(word for word in (configuration, branch) if word)


def whole(ranking: Ranking[Any]) -> Ranking[Any]:
    """The items themselves: a row of the page shows more of them than one of the API."""
    return replace(ranking, rows=lambda _, items: list(items))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase:
    """A case with the letters of its last outcomes. `muted` says until when, by whom
    and why, `owner` who looks after it; "" where nobody said so. A project that is gone
    meanwhile is None.

    `results` are those of the list's window, or of them those that passed. `item` is
    what a metric lists it for, `series` names the one that it goes by, `delta` says
    whether its duration changed.
    """

    case: CaseRow | RankedCase
    project: ProjectName | None
    strip: str
    muted: str
    owner: str = ""
    state: State | None = None
    results: Number | None = None
    seen_at: datetime | None = None
    item: Any = None
    series: str = ""
    delta: Delta | None = None


def listed_cases(
    layout: ListLayout,
    cases: Iterable[CaseRow | RankedCase],
    cells: Mapping[int, tuple[Cell, ...]],
) -> list[ListedCase]:
    """What stands beside each case in any list; one query."""
    cases, clock = list(cases), layout.clock
    remarks = remarks_on({case.id for case in cases}, clock.now)
    return [
        ListedCase(
            case=case,
            project=layout.projects.get(case.project),
            strip=letters(cells.get(case.id, ())),
            muted=mute_words(remarks.get(case.id), clock.moment),
            owner=owner_of(remarks.get(case.id)),
        )
        for case in cases
    ]


def case_rows(
    layout: ListLayout,
    cases: Sequence[CaseRow | RankedCase],
    filters: Filters,
    cells: Mapping[int, tuple[Cell, ...]],
) -> list[ListedCase]:
    """With figures of the list's window in `filters`; three queries."""
    ids, projects = {case.id for case in cases}, {case.project for case in cases}
    figures = case_figures(ids, projects, filters)
    results_of = of_each("case", partial(links.case_results, filters))

    def with_figures(row: ListedCase) -> ListedCase:
        case, figure = row.case, figures.get(row.case.id)
        results = figure.results if figure else 0
        last_seen_at = case.last_seen_at if isinstance(case, CaseRow) else None
        never_ran = isinstance(case, CaseRow) and last_seen_at is None
        without_result = NEVER_RUN if never_ran else NOT_RUN
        return replace(
            row,
            state=status_state(figure.status) if figure else without_result,
            results=counted("results", results, results_of(case.id)),
            seen_at=figure.at if figure else last_seen_at,
        )

    return [with_figures(row) for row in listed_cases(layout, cases, cells)]


def status_state(status: str) -> State:
    return State(glyph=by_status(status).css, word=str(status))
