"""Cases of several tools that a person says are the same test, or are not."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.audit_log import NOTHING, Said, record
from dashboard.annotations.versions import raise_versions
from dashboard.ids import id_of
from dashboard.models import ActKind, CaseGroup, GroupedCase, OtherCase
from dashboard.reading.scope import everything
from ingest.models import Case, Connection


class CannotLink(Exception):
    """Two cases cannot be one test; the sentence says why."""


def case_named(text: str) -> Case | None:
    """The test that a person names by its number or by its address here."""
    path = text.strip().partition("?")[0].rstrip("/")
    number = id_of(path.rpartition("/")[2])
    return None if number is None else Case.objects.filter(pk=number).first()


@everything()
@transaction.atomic
def link(case: Case, other: Case, *, by: str) -> None:
    """Both are the same test from now on, with all that were linked to either.

    Raises:
        CannotLink: it is one case, or a project would have two cases in the group.
    """
    if case.pk == other.pk:
        raise CannotLink("A test cannot be linked to itself.")
    members = _lock_members([case.pk, other.pk])
    groups = sorted({member.group_id for member in members})
    together = {member.case_id: member.case for member in members}
    together |= {case.pk: case, other.pk: other}
    if len({one.project_id for one in together.values()}) < len(together):
        raise CannotLink(
            "Both sides have a test of the same project, and a project has the same "
            "test once only. Unlink one of them first."
        )
    if len(groups) == 1 and len(members) == len(together):
        return
    _record_link(members, together.values(), by=by)
    group = groups[0] if groups else CaseGroup.objects.create().pk
    GroupedCase.objects.filter(group__in=groups[1:]).update(
        group=group, by=by, at=timezone.now()
    )
    CaseGroup.objects.filter(pk__in=groups[1:]).delete()
    for one in together.keys() - {member.case_id for member in members}:
        GroupedCase.objects.create(group_id=group, case_id=one, by=by)
    # Who links two tests says so of all that are linked to them.
    pairs = OtherCase.objects.filter(first__in=together, second__in=together)
    _take_back(pairs, by=by)
    raise_versions([one.project_id for one in together.values()])


@everything()
@transaction.atomic
def unlink(case: Case, of: Case | None = None, *, by: str) -> None:
    """The case stands for itself again; a group of one is none. With `of`, only if it
    is in the group of that.
    """
    members = _lock_members([case.pk])
    if not members or not (of is None or any(m.case_id == of.pk for m in members)):
        return
    rest = [member for member in members if member.case_id != case.pk]
    _record_parted(members, case, by=by)
    if len(rest) < 2:
        CaseGroup.objects.filter(pk=members[0].group_id).delete()
    else:
        GroupedCase.objects.filter(case=case).delete()
    raise_versions([member.case.project_id for member in members])


@everything()
@transaction.atomic
def tell_apart(case: Case, other: Case, *, by: str) -> None:
    """They are not the same test: unlinked if they were, and not offered again."""
    if case.pk == other.pk:
        return
    members = _lock_members([case.pk])
    if any(member.case_id == other.pk for member in members):
        unlink(other, by=by)
    first, second = sorted((case, other), key=lambda one: one.pk)
    _, is_new = OtherCase.objects.get_or_create(
        first=first, second=second, defaults={"by": by}
    )
    if is_new:
        _record_apart(first, second, by=by)


@everything()
def ask_again(case: Case, other: Case, *, by: str) -> None:
    """What `tell_apart` said is taken back: the case may be offered again."""
    with advisory_lock("linking tests"):
        _take_back(_pair(case, other), by=by)


def linked_through(connection: Connection) -> list[GroupedCase]:
    """The members of all groups with a test of the connection."""
    own = GroupedCase.objects.filter(case__project__connection=connection)
    rows = GroupedCase.objects.filter(group__in=own.values("group")).order_by("pk")
    return list(rows.select_related("case__project"))


def part_from(linked: Collection[GroupedCase], *, by: str, because: str) -> set[int]:
    """End groups of which fewer than two tests are left, now that some are gone.

    `linked` are the members from before. Gives the projects of those that are left.
    Call it in the transaction in which the others were deleted.
    """
    pks = [member.pk for member in linked]
    alive = set(GroupedCase.objects.filter(pk__in=pks).values_list("pk", flat=True))
    stay: set[int] = set()
    for group in {member.group_id for member in linked}:
        members = [member for member in linked if member.group_id == group]
        rest = [member for member in members if member.pk in alive]
        _record_gone(members, rest, by=by, because=because)
        if len(rest) < 2:
            CaseGroup.objects.filter(pk=group).delete()
        stay |= {member.case.project_id for member in rest}
    return stay


def _lock_members(cases: Collection[int]) -> list[GroupedCase]:
    """The members of all groups of these cases, which nobody else changes until the
    transaction ends: groups can merge, and cases without one have no row to lock.
    """
    with advisory_lock("linking tests"):
        groups = GroupedCase.objects.filter(case__in=cases).values("group")
        rows = GroupedCase.objects.filter(group__in=groups).order_by("pk")
        return list(rows.select_related("case__project"))


def _pair(case: Case, other: Case) -> QuerySet[OtherCase]:
    first, second = sorted((case.pk, other.pk))
    return OtherCase.objects.filter(first_id=first, second_id=second)


def _take_back(pairs: QuerySet[OtherCase], *, by: str) -> None:
    """These pairs may be the same test after all."""
    for pair in pairs.select_related("first__project", "second__project"):
        _record_apart(pair.first, pair.second, by=by, taken_back=True)
    pairs.delete()


def _record_apart(
    first: Case, second: Case, *, by: str, taken_back: bool = False
) -> None:
    """Each of the two tests has the act in its own history."""
    for one, other in ((first, second), (second, first)):
        before, after = NOTHING, _told(other)
        if taken_back:
            before, after = after, before
        record(ActKind.APART, one, before, after, by=by)


def _record_link(
    members: Collection[GroupedCase], together: Collection[Case], *, by: str
) -> None:
    groups = {member.case_id: member.group_id for member in members}
    for one in together:
        group = groups.get(one.pk)
        before = [m.case for m in members if m.group_id == group]
        record(ActKind.SAME_TEST, one, _with(one, before), _with(one, together), by=by)


def _record_parted(members: Collection[GroupedCase], case: Case, *, by: str) -> None:
    """One of the members of a group has left it."""
    before = [member.case for member in members]
    after = [one for one in before if one.pk != case.pk]
    for one in before:
        now = NOTHING if one.pk == case.pk else _with(one, after)
        record(ActKind.SAME_TEST, one, _with(one, before), now, by=by)


def _record_gone(
    members: Collection[GroupedCase],
    rest: Collection[GroupedCase],
    *,
    by: str,
    because: str,
) -> None:
    """Some of the members of a group are gone, with their histories."""
    before, after = [m.case for m in members], [m.case for m in rest]
    for one in after:
        now = {**_with(one, after), "because": because}
        record(ActKind.SAME_TEST, one, _with(one, before), now, by=by)


def _with(case: Case, group: Collection[Case]) -> Said:
    """The other tests of a group."""
    others = sorted((one for one in group if one.pk != case.pk), key=lambda one: one.pk)
    return {"with": [_told(one) for one in others]} if others else NOTHING


def _told(case: Case) -> Said:
    """A test as it was called then: it may be gone when somebody reads of it."""
    return {"case": case.pk, "name": case.name, "project": case.project.name}
