"""The tests of other tools that are the same, may be, or are not, with figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.filters import Filters
from dashboard.lists.names import ProjectName
from dashboard.metrics.executions import counts_of_cases
from dashboard.metrics.rates import pass_rate
from dashboard.metrics.same_tests import (
    candidates,
    match_score,
    members_of,
    told_apart,
    word_shares,
)
from dashboard.metrics.strips import letters, strips
from dashboard.readers import for_signed_in
from dashboard.tools import tool_label
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import mute_words, remarks_on
from dashboard.ui.number_links import rated
from dashboard.ui.parts import Number, Piece
from dashboard.ui.text import numbers
from ingest.contract import Counts
from ingest.models import Case

LAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTestRow:
    """A case with the letters of its last outcomes. The user `by` linked it or told it
    apart at `at`, "" and None: nobody did.
    """

    case: int
    name: str
    project: ProjectName | None
    strip: str
    rate: Number
    score: float
    muted: str
    by: str
    at: datetime | None

    @property
    def match(self) -> str:
        return f"{numbers.whole_percent(self.score)} match"


@dataclass(frozen=True, slots=True, kw_only=True)
class SameTests:
    """`linked` is the confirmed group without `this`, `offered` may be the same, and
    `apart` are those that a person said are not.
    """

    this: SameTestRow
    linked: tuple[SameTestRow, ...]
    offered: tuple[SameTestRow, ...]
    apart: tuple[SameTestRow, ...]

    @property
    def passing_elsewhere(self) -> Sequence[Piece]:
        """Tools in which a linked test passed last, each as a door to that test."""
        pieces: dict[str, Piece] = {}
        for row in self.linked:
            if row.project and row.strip.endswith("P"):
                name = tool_label(row.project.tool)
                pieces.setdefault(
                    name, Piece(text=name, href=links.same_test(row.case))
                )
        return tuple(pieces.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    case: Case
    score: float
    by: str = ""
    at: datetime | None = None


def load_same_tests(layout: ListLayout, case: Case) -> SameTests:
    """Seven queries, however many there are. Figures are of the page's time range and
    default branches and of no other filter: names of sources and configurations differ
    from tool to tool.
    """
    linked, offered, apart = _relatives(case)
    others = [one.case for one in (*linked, *offered, *apart)]
    cases = [*others, case] if others else []
    ids, projects = [one.pk for one in cases], {one.project_id for one in cases}
    filters, window = layout.state.filters, layout.state.filters.window()
    plain = _plain(filters, sorted(projects))
    counts = counts_of_cases(plain, ids, window)
    cells = strips(ids, plain, window, last=LAST)
    remarks = remarks_on({one.pk for one in others}, filters.now)

    def row(one: Relative) -> SameTestRow:
        pk, project = one.case.pk, one.case.project_id
        decided = links.results(_plain(filters, [project], (pk,)), links.DECIDED_WORDS)
        return SameTestRow(
            case=pk,
            name=one.case.name,
            project=layout.projects.get(project),
            strip=letters(cells.get(pk, ())),
            rate=rated(pass_rate(counts.get(pk, Counts())), decided),
            score=one.score,
            muted=mute_words(remarks.get(pk), layout.clock.moment),
            by=for_signed_in(one.by),
            at=one.at,
        )

    return SameTests(
        this=row(Relative(case=case, score=1.0)),
        linked=tuple(map(row, linked)),
        offered=tuple(map(row, offered)),
        apart=tuple(map(row, apart)),
    )


def _relatives(case: Case) -> tuple[list[Relative], ...]:
    shares = word_shares()

    def relative(other: Case, by: str, at: datetime) -> Relative:
        score = match_score(case.name, case.folder, other.name, other.folder, shares)
        return Relative(case=other, score=score, by=by, at=at)

    group = members_of(case.pk) if hasattr(case, "grouped") else ()
    others = [one for one in group if one.case_id != case.pk]
    linked = [relative(one.case, one.by, one.at) for one in others]
    apart = [
        relative(
            pair.second if pair.first_id == case.pk else pair.first, pair.by, pair.at
        )
        for pair in told_apart(case)
    ]
    alike = candidates(
        case,
        shares,
        settled={one.case.pk for one in apart},
        projects={one.case.project_id for one in linked},
    )
    offered = [
        Relative(
            case=Case(pk=one.case, project_id=one.project, name=one.name),
            score=one.score,
        )
        for one in alike
    ]
    return linked, offered, apart


def _plain(
    filters: Filters, projects: Sequence[int], case: tuple[int, ...] = ()
) -> Filters:
    """The filters of what is counted of cases of these projects."""
    return Filters(
        project=tuple(projects),
        window_days=filters.window_days,
        since=filters.since,
        until=filters.until,
        default_branches=filters.default_branches,
        now=filters.now,
        case=case,
    )
