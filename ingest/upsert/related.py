"""What a run belongs to: source, configuration, milestones, found or made by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from ingest.contract import MilestoneRecord, MilestoneState, Reject
from ingest.milestones import sum_up
from ingest.models import (
    Configuration,
    Milestone,
    MilestoneCase,
    MilestoneMember,
    Project,
    Run,
    RunMilestone,
    Source,
)
from ingest.models.runs import NAMED_HERE, label, normalised_name
from ingest.recording import recording_time
from ingest.upsert.named import Named, named
from ingest.upsert.rejects import store_project_notes

# Any number will do that nothing else locks; see ingest/partitions.py.
LOCK = 7_261_123


class Related:
    """Ids of a project's sources, configurations and milestones, looked up once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._ids: dict[tuple[type[Named], str, str], int] = {}
        self._members: dict[str, int] | None = None

    def forget(self) -> None:
        """Drop what was looked up, after a transaction that was rolled back."""
        self._ids.clear()

    def source_id(self, name: str, external_id: str) -> int | None:
        return self._id(Source, name, external_id)

    def configuration_id(self, name: str, external_id: str) -> int | None:
        return self._id(Configuration, name, external_id)

    def _id(self, model: type[Named], name: str, external_id: str) -> int | None:
        known = model, name, external_id
        if name and known not in self._ids:
            self._ids[known] = named(self._project, model, label(name), external_id).pk
        return self._ids.get(known)

    def member_ids(self, external_ids: Iterable[str]) -> set[int]:
        """Our ids of the vendor's milestones; ids that it does not list are left out."""
        if self._members is None:
            rows = self._project.milestone_members.filter(removed_at=None)
            self._members = dict(rows.values_list("external_id", "pk"))
        return {self._members[i] for i in external_ids if i in self._members}


def upsert_milestones(project: Project, records: Iterable[MilestoneRecord]) -> None:
    """Store a vendor's milestones and join each to the one of its normalised name.

    A member that a person placed stays where it is, whatever it is called.
    """
    touched: set[int] = set()
    is_moved = False
    records = list(records)
    with transaction.atomic():
        # Locked, so that nobody places a member between its reading and its writing.
        members = project.milestone_members.select_for_update().order_by("pk")
        stored = {member.external_id: member for member in members}
        for record in records:
            found = _upsert_member(project, stored.get(record.external_id), record)
            touched |= found
            is_moved = is_moved or len(found) > 1
        sum_up(touched)
        if is_moved:
            # Runs of old are another milestone's now, though none of them was written.
            Project.objects.filter(pk=project.pk).update(version=F("version") + 1)
        notes = [_note(record) for record in records if record.oddity]
        places = {_place(record) for record in records}
        store_project_notes(project, places, notes, timezone.now())


def milestone_named(project: Project, name: str) -> MilestoneMember:
    """The project's milestone of this name, the vendor's own first; made if there is
    none.
    """
    key = normalised_name(name)
    members = project.milestone_members.filter(removed_at=None).order_by("pk")
    found = [one for one in members if normalised_name(one.name) == key]
    if found:
        return min(found, key=lambda one: (_is_named_here(one), one.name != name))
    with transaction.atomic():
        member, is_new = MilestoneMember.objects.get_or_create(
            project=project,
            external_id=label(f"{NAMED_HERE}{key}"),
            defaults={
                "milestone": _milestone_named(name),
                "name": name,
                "state": str(MilestoneState.OPEN),
            },
        )
        if is_new:
            sum_up({member.milestone_id})
    return member


def _is_named_here(member: MilestoneMember) -> bool:
    return member.external_id.startswith(NAMED_HERE)


def _place(record: MilestoneRecord) -> str:
    """Where something of a milestone is noted."""
    return f"milestone {record.external_id}"


def _note(record: MilestoneRecord) -> Reject:
    said = {"name": record.name, "state": str(record.state)}
    reason = record.oddity
    return Reject(where=_place(record), reason=reason, payload=said, is_stored=True)


def mark_milestones_removed(members: Sequence[MilestoneMember]) -> None:
    """Take milestones that their vendor no longer has out of the runs that had them."""
    with transaction.atomic():
        pks = [member.pk for member in members]
        held: list[QuerySet[Any]] = [
            MilestoneMember.objects.filter(pk__in=pks),
            RunMilestone.objects.filter(member__in=pks, removed_at=None),
            MilestoneCase.objects.filter(member__in=pks, removed_at=None),
        ]
        for rows in held:
            list(rows.select_for_update().order_by("pk").values_list("pk"))
        now = recording_time()
        for rows in held:
            rows.update(removed_at=now)
        sum_up({member.milestone_id for member in members})
        projects = {member.project_id for member in members}
        Project.objects.filter(pk__in=projects).update(version=F("version") + 1)


def _upsert_member(
    project: Project, member: MilestoneMember | None, record: MilestoneRecord
) -> set[int]:
    """Write what differs; gives the ids of the milestones that this touched."""
    otherwise = member.name if member else f"Milestone {record.external_id}"
    name = record.name or otherwise
    values = {
        "name": name,
        "state": str(record.state),
        "starts_at": record.starts_at,
        "due_at": record.due_at,
        "completed_at": record.completed_at,
        "parent_external_id": record.parent_external_id,
        "tags": list(record.tags),
        "vendor_url": record.url,
        "removed_at": None,
    }
    if member is None:
        milestone = _milestone_named(name)
        MilestoneMember.objects.create(
            project=project,
            milestone=milestone,
            external_id=record.external_id,
            **values,
        )
        return {milestone.pk}
    changed = [key for key, value in values.items() if getattr(member, key) != value]
    if not changed:
        return set()
    touched = {member.milestone_id}
    if member.name != name:
        member.milestone = _renamed(member, name)
        touched.add(member.milestone_id)
    for key, value in values.items():
        setattr(member, key, value)
    member.save()
    return touched


def _renamed(member: MilestoneMember, name: str) -> Milestone:
    """The milestone of a member with a new name: its own, unless others share it."""
    key, milestone = normalised_name(name), member.milestone
    if member.is_placed:
        if milestone.members.exclude(pk=member.pk).exists():
            return milestone
    elif milestone.name_key != key:
        is_shared = milestone.members.exclude(pk=member.pk).exists()
        if is_shared or Milestone.objects.filter(name_key=key).exists():
            return _milestone_named(name)
    elif milestone.name != member.name:
        # It bears another member's spelling of the same name.
        return milestone
    # Its page keeps its address.
    milestone.name, milestone.name_key = name, key
    milestone.save(update_fields=["name", "name_key"])
    return milestone


def _milestone_named(name: str) -> Milestone:
    key = normalised_name(name)
    named = Milestone.objects.filter(name_key=key).order_by("pk")
    if found := named.first():
        return found
    with connection.cursor() as cursor:
        # Two projects that meet the same new name at one moment make one milestone.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    return named.first() or Milestone.objects.create(name=name, name_key=key)


def link_milestones(
    run: Run, member_ids: set[int], now: datetime, *, is_new: bool
) -> bool:
    """Make the run a member of just these; tells whether anything changed."""
    links = {} if is_new else _links(run)
    gone = [pk for member, pk in links.items() if member not in member_ids]
    new = member_ids - links.keys()
    if gone:
        RunMilestone.objects.filter(pk__in=gone).update(removed_at=now)
    if new:
        RunMilestone.objects.bulk_create(
            RunMilestone(run=run, member_id=member, recorded_at=now) for member in new
        )
    return bool(gone or new)


def _links(run: Run) -> dict[int, int]:
    """The run's milestones of today, and by which row it is in each."""
    stored = RunMilestone.objects.filter(run=run, removed_at=None)
    return dict(stored.values_list("member_id", "pk"))
