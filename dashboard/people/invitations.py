"""Invitations made and used."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dashboard.addresses import link_address
from dashboard.annotations.audit_log import note, plain
from dashboard.models import ActKind, Invitation, Team
from dashboard.people.errors import CannotChange
from dashboard.people.persons import checked_email, create_person
from dashboard.readers import Role

MOST_DAYS = 90
USED = "This invitation was used already. Sign in, or ask whoever invited you."
EXPIRED = "This invitation has expired. Ask whoever invited you for another."
TAKEN_BACK = "This invitation was taken back. Ask whoever invited you."
UNKNOWN = "There is no such invitation. Copy the whole link, or ask for another."


def invite(
    *, email: str, role: Role, teams: Collection[Team], days: int, by: str
) -> tuple[Invitation, str]:
    """The invitation and the path of its link, which cannot be had again.

    Raises CannotChange.
    """
    email = checked_email(email)
    if not 1 <= days <= MOST_DAYS:
        raise CannotChange(f"An invitation holds 1 to {MOST_DAYS} days.")
    with transaction.atomic():
        row, text = Invitation.issue(
            email=email,
            role=role,
            teams=teams,
            expires_at=timezone.now() + timedelta(days=days),
            by=by,
        )
        after = {"role": str(role), "teams": sorted(team.name for team in teams)}
        note(ActKind.INVITATION, by=by, name=str(row), about=row.pk, after=after)
    return row, link_address("invitation", text)


def problem_of(row: Invitation | None) -> str:
    """Why it makes nobody any more; "" where it holds."""
    if row is None:
        return UNKNOWN
    if row.used_at:
        return USED
    if row.taken_back_at:
        return TAKEN_BACK
    return "" if row.holds else EXPIRED


def accept(row: Invitation, name: str, email: str = "") -> User:
    """The person of the invitation, without a password yet.

    Raises CannotChange, and then it is as open as it was. Call it in a transaction
    with what gives the person a way to sign in.
    """
    with transaction.atomic():
        if not row.use(by=plain(name)[:200]):
            row.refresh_from_db()
            raise CannotChange(problem_of(row))
        user = create_person(
            name,
            by=name,
            role=Role(row.role),
            teams=row.teams.all(),
            email=email or row.email,
            why=f"invitation of {row.by}",
        )
        note(
            ActKind.INVITATION,
            by=user.username,
            name=str(row),
            about=row.pk,
            before={"open": True},
            after={"used by": user.username},
        )
    return user
