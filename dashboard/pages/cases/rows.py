"""A row of a list of tests, and its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.filters import Filters
from dashboard.lists.case_figures import CaseFigures, case_figures
from dashboard.lists.cases import CaseRow
from dashboard.lists.failing import RankedCase
from dashboard.lists.names import ProjectName
from dashboard.lists.ranked import Ranking
from dashboard.metrics.strips import Cell, letters
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import mute_words, remarks_on
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number, Piece, State
from dashboard.ui.svg.outcomes import by_status
from dashboard.ui.tables import Column

# Outcomes of a case that a list shows.
LAST = 20
NAME = Column("name", "Test", "name", sort="name", css="a")
PROJECT = Column("project", "Project", "project", css="trunc")
STRIP = Column("strip", f"Last {LAST}", css="e")
SEEN = Column(
    "last_seen",
    "Last seen",
    "last_seen_at",
    sort="-last_seen_at",
    css="f nowrap sec",
)


def columns(*, since: str = "", results: str = "Results") -> tuple[Column, ...]:
    figures = Column("results", results, css="b num")
    return NAME, PROJECT, STRIP, figures, Column("since", since, css="d nowrap"), SEEN


def whole(ranking: Ranking[Any]) -> Ranking[Any]:
    """The items themselves: a row of the page shows more of them than one of the API."""
    return replace(ranking, rows=lambda _, items: list(items))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase:
    """A case with the letters of its last outcomes. `muted` says until when, by whom
    and why; "" where it is not. A project that is gone meanwhile is None.
    """

    case: CaseRow | RankedCase
    project: ProjectName | None
    strip: str
    muted: str
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListRow(ListedCase):
    """`since` tells when it began to be what it is listed for, in the class `tone`."""

    results: Number
    seen_at: datetime | None
    since: Piece | None = None
    tone: str = ""


def case_rows(
    layout: ListLayout,
    cases: Sequence[CaseRow | RankedCase],
    filters: Filters,
    cells: Mapping[int, tuple[Cell, ...]],
) -> list[CaseListRow]:
    """With figures of the list's window in `filters`; three queries."""
    ids, projects = {case.id for case in cases}, {case.project for case in cases}
    figures = case_figures(ids, projects, filters)
    remarks = remarks_on(ids, layout.clock.now)

    def row(case: CaseRow | RankedCase) -> CaseListRow:
        figure = figures.get(case.id)
        results = figure.results if figure else 0
        otherwise = case.last_seen_at if isinstance(case, CaseRow) else None
        return CaseListRow(
            case=case,
            project=layout.projects.get(case.project),
            strip=letters(cells.get(case.id, ())),
            muted=mute_words(remarks.get(case.id), layout.clock.moment),
            state=_state(figure),
            results=counted("results", results, links.case_results(filters, case.id)),
            seen_at=figure.at if figure else otherwise,
        )

    return [row(case) for case in cases]


def status_state(status: str) -> State:
    return State(glyph=by_status(status).css, word=status)


def _state(figure: CaseFigures | None) -> State:
    if figure is None:
        return State(glyph="run", word="not run")
    return status_state(str(figure.status))
