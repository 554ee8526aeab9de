"""Milestones: several vendors' releases or sprints of one name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    F,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Extract

from dashboard.addresses import address
from dashboard.filters import Filters, selected_projects
from dashboard.lists.listing import ONLY_RESULTS, Listing, PagePath, by_name
from dashboard.lists.projects import matching_runs
from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember, RunMilestone

# Without a due date a milestone stands after all others of the default order.
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One vendor's milestone. `connection` is an id."""

    connection: int
    external_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneRow:
    """`due_at` is the earliest of the members, `state` completed when all of them are."""

    id: int
    name: str
    due_at: datetime | None
    state: str
    projects: tuple[int, ...]
    members: tuple[MemberRow, ...]
    url: PagePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One vendor's milestone, as its page shows it; `project` is an id.

    `is_placed`: a person put it here, `placed_by` at `placed_at` where that is known.
    """

    id: int
    name: str
    project: int
    state: str
    due_at: datetime | None
    vendor_url: str
    is_placed: bool
    placed_by: str | None
    placed_at: datetime | None


def members_of(milestone: int) -> tuple[Member, ...]:
    """In the order in which they came."""
    rows = MilestoneMember.objects.filter(milestone=milestone, removed_at=None)
    rows = rows.order_by("pk")
    rows = rows.annotate(placed_by=F("placement__by"), placed_at=F("placement__at"))
    names = [field.name for field in fields(Member)]
    return tuple(Member(**row) for row in rows.values(*names))


def other_milestones(milestone: int, limit: int) -> tuple[tuple[int, str], ...]:
    """Id and name of others: open ones first, then the newest."""
    rows = Milestone.objects.exclude(pk=milestone)
    rows = rows.exclude(state=MilestoneState.REMOVED)
    rows = rows.order_by("-state", "-due_at", "pk")
    return tuple(rows.values_list("pk", "name")[:limit])


def select(filters: Filters) -> QuerySet[Milestone]:
    """Milestones of the chosen projects, with a run that passes the filters."""
    milestones = Milestone.objects.all()
    if filters.milestone:
        milestones = milestones.filter(pk__in=filters.milestone)
    if filters.project or filters.connection or filters.tool:
        members = MilestoneMember.objects.filter(
            project__in=selected_projects(filters), removed_at=None
        )
        milestones = milestones.filter(pk__in=members.values("milestone_id"))
    if (runs := matching_runs(filters)) is not None:
        links = RunMilestone.objects.filter(
            removed_at__isnull=True, run__in=runs.values("pk")
        )
        if not filters.milestone or _chooses_more(filters):
            milestones = milestones.filter(pk__in=links.values("member__milestone_id"))
    if filters.q:
        milestones = milestones.filter(name__icontains=filters.q)
    if filters.status:
        return milestones.filter(state__in=filters.status)
    return milestones.exclude(state=MilestoneState.REMOVED)


def _chooses_more(filters: Filters) -> bool:
    """Whether runs are asked for by more than their milestone."""
    return matching_runs(replace(filters, milestone=())) is not None


def rows(milestones: Sequence[Milestone]) -> list[MilestoneRow]:
    found: dict[int, list[MilestoneMember]] = {}
    members = MilestoneMember.objects.filter(
        milestone__in=[m.pk for m in milestones], removed_at=None
    )
    for member in members.select_related("project").order_by("pk"):
        found.setdefault(member.milestone_id, []).append(member)
    return [_row(milestone, found.get(milestone.pk, [])) for milestone in milestones]


def _row(milestone: Milestone, members: Sequence[MilestoneMember]) -> MilestoneRow:
    return MilestoneRow(
        id=milestone.pk,
        name=milestone.name,
        due_at=milestone.due_at,
        state=milestone.state,
        projects=tuple(sorted({member.project_id for member in members})),
        members=tuple(
            MemberRow(
                connection=member.project.connection_id,
                external_id=member.external_id,
                name=member.name,
            )
            for member in members
        ),
        url=PagePath(address("milestone", milestone.pk)),
    )


MILESTONES = Listing(
    name="milestones",
    row=MilestoneRow,
    select=select,
    rows=rows,
    sorts={
        "id": F("pk"),
        "due_at": Coalesce(
            "due_at", Value(NEVER, DateTimeField()), output_field=DateTimeField()
        ),
        "name": by_name(),
    },
    default_sort="-id",
    moving=frozenset({"due_at", "name"}),
    statuses=tuple(MilestoneState),
    refused=ONLY_RESULTS,
)
# Open ones first, the soonest due before the others; then the last ones completed.
_DUE_S = Cast(Extract("due_at", "epoch"), BigIntegerField())
_URGENCY = Case(
    When(state=MilestoneState.OPEN, due_at__isnull=True, then=Value(10**11)),
    When(state=MilestoneState.OPEN, then=_DUE_S),
    When(due_at__isnull=True, then=Value(10**13)),
    default=Value(10**12) - _DUE_S,
    output_field=BigIntegerField(),
)
URGENT = replace(
    MILESTONES,
    name="milestones by urgency",
    sorts={**MILESTONES.sorts, "urgency": _URGENCY},
    default_sort="urgency",
    moving=MILESTONES.moving | {"urgency"},
)
