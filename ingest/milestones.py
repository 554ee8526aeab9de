"""Milestones here as the sums of vendors' milestones, which name or person joined."""

from __future__ import annotations

from collections.abc import Collection

from ingest.contract import MilestoneState
from ingest.models import Milestone, MilestoneMember
from ingest.models.runs import normalised_name


def sum_up(milestones: Collection[int]) -> None:
    """Bring state and due date of these up to date; one without members disappears.

    Members that their vendor no longer has say nothing; without any other the milestone
    itself is removed.
    """
    for milestone in Milestone.objects.filter(pk__in=milestones).order_by("pk"):
        if members := list(milestone.members.all()):
            _sum_up(milestone, members)
        else:
            _delete_if_empty(milestone.pk)


def _sum_up(milestone: Milestone, members: Collection[MilestoneMember]) -> None:
    alive = [member for member in members if member.removed_at is None]
    due = [member.due_at for member in alive if member.due_at]
    milestone.due_at = min(due, default=None)
    milestone.state = str(_state(alive))
    milestone.save(update_fields=["due_at", "state"])


def _state(alive: Collection[MilestoneMember]) -> MilestoneState:
    if not alive:
        return MilestoneState.REMOVED
    done = all(member.state == MilestoneState.COMPLETED for member in alive)
    return MilestoneState.COMPLETED if done else MilestoneState.OPEN


def _delete_if_empty(milestone: int) -> None:
    # A member that is being stored at this moment holds the row: wait for it and look
    # again, because deleting takes members along.
    locked = Milestone.objects.select_for_update().filter(pk=milestone).first()
    if locked is not None and not locked.members.exists():
        locked.delete()


def place(members: Collection[MilestoneMember], milestone: Milestone) -> None:
    """Put members into the milestone for good: their names decide no more.

    Call it in a transaction. What they leave is summed up, and disappears when empty.
    """
    left = {member.milestone_id for member in members}
    MilestoneMember.objects.filter(pk__in=[member.pk for member in members]).update(
        milestone=milestone, is_placed=True
    )
    sum_up({*left, milestone.pk})


def split_off(member: MilestoneMember) -> Milestone:
    """A milestone of the member's own, by its own name. Call it in a transaction."""
    milestone = Milestone.objects.create(
        name=member.name, name_key=normalised_name(member.name)
    )
    place([member], milestone)
    return milestone
