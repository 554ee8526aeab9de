"""What somebody leaves behind who may do less from now on."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.annotations.audit_log import note
from dashboard.models import ActKind, Invitation
from dashboard.people.ways_in import end_other_sessions


def take_back(row: Invitation, *, by: str) -> bool:
    """Whether it was still open."""
    with transaction.atomic():
        if not row.take_back():
            return False
        note(
            ActKind.INVITATION,
            by=by,
            name=str(row),
            about=row.pk,
            before={"role": row.role},
        )
    return True


def end_what_is_left(user: User, *, was_admin: bool, by: str) -> None:
    """Invitations of whoever is no administrator any more, and sessions of whoever may
    not sign in: they would go on once the user is switched on again.
    """
    if was_admin and not (user.is_superuser and user.is_active):
        for row in Invitation.objects.filter(by=user.username, used_at=None):
            take_back(row, by=by)
    if not user.is_active:
        end_other_sessions(user, None)
