"""People and teams: who may do what, and which projects are whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models

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


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """None for a stranger; a viewer unless something else was said."""
    if not user.is_authenticated:
        return None
    if getattr(user, "is_superuser", False):
        return Role.ADMIN
    said = Profile.objects.filter(user_id=user.pk).values_list("role", flat=True)
    return Role(said.first() or Role.VIEWER)


def set_role(user: User, role: Role) -> None:
    """Give the user this role; whether the last administrator may go is the caller's."""
    is_admin = role is Role.ADMIN
    user.is_superuser = user.is_staff = is_admin
    user.save(update_fields=["is_superuser", "is_staff"])
    kept = Role.EDITOR if is_admin else role
    Profile.objects.update_or_create(user=user, defaults={"role": kept})


def is_last_admin(user: AbstractBaseUser) -> bool:
    """Whether nobody else who can log in decides about people."""
    admins = get_user_model()._default_manager.filter(is_superuser=True, is_active=True)
    others = admins.exclude(pk=user.pk)
    return admins.filter(pk=user.pk).exists() and not others.exists()
