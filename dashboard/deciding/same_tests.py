"""Cases of several tools that a person says are the same test, or are not."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.deciding.versions import raise_versions
from dashboard.models import CaseGroup, GroupedCase, OtherCase
from dashboard.turns import one_at_a_time
from ingest.models import Case


class CannotLink(Exception):
    """Two cases cannot be one test; the sentence says why."""


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
    group = groups[0] if groups else CaseGroup.objects.create().pk
    GroupedCase.objects.filter(group__in=groups[1:]).update(
        group=group, by=by, at=timezone.now()
    )
    CaseGroup.objects.filter(pk__in=groups[1:]).delete()
    for one in together.keys() - {member.case_id for member in members}:
        GroupedCase.objects.create(group_id=group, case_id=one, by=by)
    # Who links two tests says so of all that are linked to them.
    OtherCase.objects.filter(first__in=together, second__in=together).delete()
    raise_versions([one.project_id for one in together.values()])


@transaction.atomic
def unlink(case: Case, of: Case | None = None) -> None:
    """The case stands for itself again; a group of one is none. With `of`, only if it
    is in the group of that.
    """
    members = _lock_members([case.pk])
    if not members or not (of is None or any(m.case_id == of.pk for m in members)):
        return
    rest = [member for member in members if member.case_id != case.pk]
    if len(rest) < 2:
        CaseGroup.objects.filter(pk=members[0].group_id).delete()
    else:
        GroupedCase.objects.filter(case=case).delete()
    raise_versions([member.case.project_id for member in members])


@transaction.atomic
def tell_apart(case: Case, other: Case, *, by: str) -> None:
    """They are not the same test: unlinked if they were, and not offered again."""
    if case.pk == other.pk:
        return
    members = _lock_members([case.pk])
    if any(member.case_id == other.pk for member in members):
        unlink(other)
    first, second = sorted((case.pk, other.pk))
    OtherCase.objects.update_or_create(
        first_id=first, second_id=second, defaults={"by": by}
    )


def ask_again(case: Case, other: Case) -> None:
    """What `tell_apart` said is taken back: the case may be offered again."""
    _pair(case, other).delete()


def _lock_members(cases: Collection[int]) -> list[GroupedCase]:
    """The members of all groups of these cases, which nobody else changes until the
    transaction ends: groups can merge, and cases without one have no row to lock.
    """
    with one_at_a_time("linking tests"):
        groups = GroupedCase.objects.filter(case__in=cases).values("group")
        return list(GroupedCase.objects.filter(group__in=groups).select_related("case"))


def _pair(case: Case, other: Case) -> QuerySet[OtherCase]:
    first, second = sorted((case.pk, other.pk))
    return OtherCase.objects.filter(first_id=first, second_id=second)
