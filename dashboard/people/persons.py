"""People made and changed: role, teams, e-mail, whether they may sign in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from dashboard.annotations.audit_log import note, plain
from dashboard.models import ActKind, Team, role_of, set_role
from dashboard.people.errors import LAST_ADMIN, CannotChange
from dashboard.people.lost_rights import end_what_is_left
from dashboard.people.versions import insist_on
from dashboard.readers import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """What is None stays as it is."""

    role: Role | None = None
    teams: Collection[Team] | None = None
    email: str | None = None
    full_name: str | None = None
    is_active: bool | None = None


def create_person(
    name: str,
    *,
    by: str,
    role: Role = Role.VIEWER,
    teams: Iterable[Team] = (),
    email: str = "",
    why: str = "",
) -> User:
    """Somebody without a password, who needs a link or the provider to sign in.

    Raises CannotChange. `why` is kept in the audit log ("invitation of ada").
    """
    name = checked_name(name)
    try:
        with transaction.atomic():
            user = User(username=name, email=checked_email(email))
            user.set_unusable_password()
            user.save()
            set_role(user, role)
            user.teams.set(teams)
            told = {**described(user), **({"why": why} if why else {})}
            note(ActKind.PERSON, by=by, name=name, about=user.pk, after=told)
    except IntegrityError:
        raise CannotChange(f"There is a user {name!r} already.") from None
    return user


def change_person(
    user_id: int, change: PersonChange, *, by: str, expected_version: str | None = None
) -> User:
    """Raises CannotChange; of two who would leave no administrator one gets it.

    `expected_version` is that of what the change was chosen by, None to ask for nothing.
    """
    with transaction.atomic():
        others = _other_admins(user_id)
        user = User.objects.select_for_update().get(pk=user_id)
        before, was_admin = described(user), user.is_superuser and user.is_active
        insist_on(expected_version, before, user.username)
        _keep_an_admin(user, change, others)
        _apply(user, change)
        note(
            ActKind.PERSON,
            by=by,
            name=user.username,
            about=user.pk,
            before=before,
            after=described(user),
        )
        end_what_is_left(user, was_admin=was_admin, by=by)
    return user


def described(user: User) -> dict[str, Any]:
    """What the audit log keeps of a person."""
    teams = user.teams.order_by("name").values_list("name", flat=True)
    return {
        "role": str(role_of(user)),
        "teams": list(teams),
        "email": user.email,
        "can sign in": user.is_active,
    }


def checked_name(name: str) -> str:
    """A user's name as it is stored. Raises CannotChange."""
    name = User.normalize_username(plain(name).strip())
    try:
        User._meta.get_field("username").clean(name, None)
    except ValidationError as error:
        raise CannotChange(f"{name[:50]!r}: {' '.join(error.messages)}") from None
    if User.objects.filter(username__iexact=name).exists():
        raise CannotChange(f"There is a user {name!r} already.")
    return name


def checked_email(email: str, user_id: int | None = None) -> str:
    """As it is stored, of the user or of somebody new. Raises CannotChange."""
    email = plain(email).strip()
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        raise CannotChange(f"{email[:80]!r} is no e-mail address.") from None
    if len(email) > 254:
        raise CannotChange("An e-mail address has 254 letters at most.")
    others = User.objects.filter(email__iexact=email).exclude(pk=user_id or 0)
    if others.exists():
        raise CannotChange("Somebody else has this e-mail address.")
    return email


def _other_admins(user_id: int) -> bool:
    """Whether there are any; their rows are held, so that two at the same moment wait
    for each other, in the same order.
    """
    admins = User.objects.filter(is_superuser=True, is_active=True)
    held = admins.select_for_update().order_by("pk").values_list("pk", flat=True)
    return any(pk != user_id for pk in list(held))


def _keep_an_admin(user: User, change: PersonChange, others: bool) -> None:
    is_admin = user.is_superuser and user.is_active
    is_lowered = change.role not in (None, Role.ADMIN) or change.is_active is False
    if is_admin and is_lowered and not others:
        raise CannotChange(LAST_ADMIN.format(name=user.username))


def _apply(user: User, change: PersonChange) -> None:
    if change.email is not None:
        user.email = checked_email(change.email, user.pk)
    if change.full_name is not None:
        first, _, last = " ".join(plain(change.full_name).split()).partition(" ")
        user.first_name, user.last_name = first[:150], last[:150]
    if change.is_active is not None:
        user.is_active = change.is_active
    user.save(update_fields=["email", "first_name", "last_name", "is_active"])
    if change.role is not None:
        set_role(user, change.role)
    if change.teams is not None:
        user.teams.set(change.teams)
