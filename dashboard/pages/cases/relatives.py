"""The cases of other tools that are the same test, may be, or are not, with figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.annotations.notes_and_mutes import CaseRemarks
from dashboard.filters import Filters
from dashboard.metrics.executions import counts_of_cases
from dashboard.metrics.same_tests import (
    Alike,
    candidates,
    match_score,
    members_of,
    told_apart,
    word_shares,
)
from dashboard.metrics.strips import Cell, strips
from dashboard.models import GroupedCase
from dashboard.ui.list_layout import ListLayout
from dashboard.ui.notes_and_mutes import remarks_on
from ingest.contract import Counts
from ingest.models import Case

LAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """Another case; `by` linked it or told it apart at `at`, "" and None: nobody did."""

    case: Case
    score: float
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """`linked` is the confirmed group without the case itself. Counts and cells are of
    the page's time range and default branches and of no other filter: names of sources
    and configurations differ from tool to tool.
    """

    linked: Sequence[Relative]
    offered: Sequence[Relative]
    apart: Sequence[Relative]
    counts: Mapping[int, Counts]
    cells: Mapping[int, tuple[Cell, ...]]
    noted: Mapping[int, CaseRemarks]


def plain(
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


def relatives_of(frame: ListLayout, case: Case) -> Relatives:
    """Seven queries, however many there are."""
    window = frame.state.filters.window()
    shares = word_shares()
    group = members_of(case.pk) if hasattr(case, "grouped") else ()
    members = [one for one in group if one.case_id != case.pk]
    linked = [_of_member(case, member, shares) for member in members]
    apart = _apart(case, shares)
    offered = _offered(
        candidates(
            case,
            shares,
            settled={one.case.pk for one in apart},
            projects={one.case.project_id for one in linked},
        )
    )
    shown = [one.case for one in (*linked, *offered, *apart)] + [case]
    ids, projects = [c.pk for c in shown], sorted({c.project_id for c in shown})
    chosen = plain(frame.state.filters, projects)
    alone = len(shown) == 1
    return Relatives(
        linked=linked,
        offered=offered,
        apart=apart,
        counts={} if alone else counts_of_cases(chosen, ids, window),
        cells={} if alone else strips(ids, chosen, window, last=LAST),
        noted=remarks_on({*ids} - {case.pk}, frame.state.filters.now),
    )


def _of_member(
    case: Case, member: GroupedCase, shares: Mapping[str, float]
) -> Relative:
    score = _score(case, member.case, shares)
    return Relative(case=member.case, score=score, by=member.by, at=member.at)


def _offered(alike: Sequence[Alike]) -> list[Relative]:
    return [
        Relative(
            case=Case(
                pk=one.case,
                project_id=one.project,
                name=one.name,
                folder=one.folder,
            ),
            score=one.score,
        )
        for one in alike
    ]


def _apart(case: Case, shares: Mapping[str, float]) -> list[Relative]:
    said = told_apart(case)
    others = [(p.second if p.first_id == case.pk else p.first, p) for p in said]
    return [
        Relative(case=other, score=_score(case, other, shares), by=pair.by, at=pair.at)
        for other, pair in others
    ]


def _score(case: Case, other: Case, shares: Mapping[str, float]) -> float:
    return match_score(case.name, case.folder, other.name, other.folder, shares)
