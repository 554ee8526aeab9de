"""People and teams: who may do what, and which projects are whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models

from dashboard.readers import Role
from ingest.models import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User


class Profile(models.Model):
    """What Django's user does not know: whether they edit. Administrators are its
    superusers, whatever is said here.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile"
    )
    role = models.CharField(
        max_length=6,
        choices=[(str(role), str(role)) for role in (Role.VIEWER, Role.EDITOR)],
        default=Role.VIEWER.value,
    )

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Team(models.Model):
    """People who see projects that others do not.

    A project of one team or more is seen by their members and by administrators, a
    project of none by everybody who is signed in.
    """

    name = models.CharField(max_length=200, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="teams"
    )
    projects = models.ManyToManyField(Project, blank=True, related_name="teams")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Ids of the projects of teams that a user, named by {user}, is in none of.
HIDDEN_PROJECTS = f"""
SELECT owned.project_id FROM {Team.projects.through._meta.db_table} owned
 GROUP BY owned.project_id
HAVING NOT bool_or(EXISTS (
       SELECT 1 FROM {Team.members.through._meta.db_table} member
        WHERE member.team_id = owned.team_id AND member.user_id = {{user}}))
"""


def role_and_hidden_projects(user_id: int | None) -> tuple[Role, frozenset[int]]:
    """Of somebody who is no administrator; without anybody, what strangers do not see."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT role FROM {Profile._meta.db_table} WHERE user_id = %(user)s),"  # nosec B608 # names of ours; values are parameters
            f" ARRAY({HIDDEN_PROJECTS.format(user='%(user)s')})",
            {"user": user_id},
        )
        role, hidden = cursor.fetchone()
    return Role(role or Role.VIEWER), frozenset(hidden)


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """None for a stranger; a viewer unless something else was said."""
    if not user.is_authenticated:
        return None
    if getattr(user, "is_superuser", False):
        return Role.ADMIN
    return role_and_hidden_projects(user.pk)[0]


def set_role(user: User, role: Role) -> None:
    """Give the user this role; whether the last administrator may go is the caller's."""
    is_admin = role is Role.ADMIN
    user.is_superuser = user.is_staff = is_admin
    user.save(update_fields=["is_superuser", "is_staff"])
    kept = Role.EDITOR if is_admin else role
    Profile.objects.update_or_create(user=user, defaults={"role": kept})
