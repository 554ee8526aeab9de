"""Vendors' milestones that a person joins to one release, or splits off from it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from dashboard.annotations.audit_log import Said, record
from dashboard.annotations.versions import raise_versions
from dashboard.models import ActKind, MilestonePlacement
from dashboard.reading.scope import everything
from ingest.milestones import place, split_off
from ingest.models import Milestone, MilestoneMember

GONE = "One of the two milestones is there no longer."
NO_PART = "This part of the milestone is there no longer."


class CannotPlace(Exception):
    """A milestone cannot be joined or split so; the sentence says why."""


@transaction.atomic
def join(milestone: int, into: int, *, by: str) -> Milestone:
    """All of `milestone` belongs to `into` from now on; it disappears itself.

    Raises:
        CannotPlace: it is one milestone, or one of them is gone.
    """
    if milestone == into:
        raise CannotPlace("A milestone cannot be joined to itself.")
    # What the person does not see is not there for them.
    if Milestone.objects.filter(pk__in=[milestone, into]).count() < 2:
        raise CannotPlace(GONE)
    return _join(milestone, into, by)


@everything()
def _join(milestone: int, into: int, by: str) -> Milestone:
    members = _lock_members(milestone, into)
    both = Milestone.objects.in_bulk([milestone, into])
    left, target = both.get(milestone), both.get(into)
    moved = [member for member in members if member.milestone_id == milestone]
    if left is None or target is None or not moved:
        raise CannotPlace(GONE)
    place(moved, target)
    _note(ActKind.JOIN, moved, left, target, by)
    raise_versions(member.project_id for member in members)
    return target


@transaction.atomic
def split(milestone: int, member: int, *, by: str) -> Milestone:
    """A milestone of the member's own, which it gives the name.

    Raises:
        CannotPlace: the member is not there, or nothing would be left without it.
    """
    if not MilestoneMember.objects.filter(pk=member).exists():
        raise CannotPlace(NO_PART)
    return _split(milestone, member, by)


@everything()
def _split(milestone: int, member: int, by: str) -> Milestone:
    members = _lock_members(milestone)
    moved = [one for one in members if one.pk == member]
    if not moved:
        raise CannotPlace(NO_PART)
    if len(members) == 1:
        raise CannotPlace("There is nothing to split: it has one part only.")
    left = moved[0].milestone
    new = split_off(moved[0])
    _note(ActKind.SPLIT, moved, left, new, by)
    raise_versions(member.project_id for member in members)
    return new


def _lock_members(*milestones: int) -> list[MilestoneMember]:
    """The members of the milestones; a sync and two people do not cross."""
    rows = MilestoneMember.objects.select_for_update()
    return list(rows.filter(milestone__in=milestones).order_by("pk"))


def _note(
    kind: ActKind,
    members: Collection[MilestoneMember],
    left: Milestone,
    target: Milestone,
    by: str,
) -> None:
    before, after = _part_of(left), _part_of(target)
    for member in members:
        record(kind, member, before, after, by=by)
        MilestonePlacement.objects.update_or_create(member=member, defaults={"by": by})


def _part_of(milestone: Milestone) -> Said:
    return {"milestone": milestone.pk, "name": milestone.name}
