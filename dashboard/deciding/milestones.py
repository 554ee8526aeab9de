"""Vendors' milestones that a person joins to one release, or splits off from it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from dashboard.deciding.versions import raise_versions
from dashboard.models import MilestonePlacement
from ingest.milestones import place, split_off
from ingest.models import Milestone, MilestoneMember


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
    members = _locked(milestone, into)
    target = Milestone.objects.filter(pk=into).first()
    moved = [member for member in members if member.milestone_id == milestone]
    if target is None or not moved:
        raise CannotPlace("One of the two milestones is there no longer.")
    place(moved, target)
    _note(moved, by)
    raise_versions(member.project_id for member in members)
    return target


@transaction.atomic
def split(milestone: int, member: int, *, by: str) -> Milestone:
    """A milestone of the member's own, which it gives the name.

    Raises:
        CannotPlace: the member is not there, or nothing would be left without it.
    """
    members = _locked(milestone)
    moved = [one for one in members if one.pk == member]
    if not moved:
        raise CannotPlace("This part of the milestone is there no longer.")
    if len(members) == 1:
        raise CannotPlace("There is nothing to split: it has one part only.")
    new = split_off(moved[0])
    _note(moved, by)
    raise_versions(member.project_id for member in members)
    return new


def _locked(*milestones: int) -> list[MilestoneMember]:
    """The members of the milestones; a sync and two people do not cross."""
    rows = MilestoneMember.objects.select_for_update()
    return list(rows.filter(milestone__in=milestones).order_by("pk"))


def _note(members: Collection[MilestoneMember], by: str) -> None:
    for member in members:
        MilestonePlacement.objects.update_or_create(member=member, defaults={"by": by})
