"""Keys to the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import cached_property

from dashboard.models.people import (
    HIDDEN_PROJECTS,
    Profile,
    role_and_hidden_projects,
    role_of,
)
from dashboard.models.uses import Used
from dashboard.readers import Role
from ingest.columns import Columns
from ingest.models import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

TOKEN_PREFIX = "passline_"
# What is said of the projects of a token that is bound when there is none to name.
PROJECTS_GONE = "bound to projects that are gone"


class Scope(StrEnum):
    """What a token may do. All but INTAKE may read too."""

    READ = "read"
    INTAKE = "intake"
    START = "start"
    SHARE = "share"
    ADMIN = "admin"


# What a token's user must be for each, whatever the token says.
NEEDED = {
    Scope.READ: Role.VIEWER,
    Scope.INTAKE: Role.EDITOR,
    Scope.START: Role.EDITOR,
    Scope.SHARE: Role.EDITOR,
    Scope.ADMIN: Role.ADMIN,
}
# What `--write` gives.
WRITING = (Scope.READ, Scope.INTAKE, Scope.START)


def token_hash(token: str) -> str:
    """What is stored of a token. It has 256 random bits, so no slow hash is needed."""
    # What is sent for one may hold halves of letters, which UTF-8 has no bytes for.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def password_stamp(stored: str) -> str:
    """What is kept of a user's password as it is stored, to tell when it changed."""
    return hashlib.sha256(f"password\n{stored}".encode()).hexdigest()


def stored_password(name: str) -> str:
    """How the password of the user called `name` is stored; "" where there is none."""
    users = get_user_model().objects.filter(username=name)
    return users.values_list("password", flat=True).first() or ""


class ApiToken(Used):
    """A key to the API in a user's name; only its hash is stored.

    `projects`: those that it is for, where it `is_bound`; else it is for all. Projects
    are deleted, and one that was bound to them must not become one for all others.
    It ends with the password that its user had when it was made: whoever changes a
    password because somebody else knows it must not have to think of tokens too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    password_stamp = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=10))
    is_bound = models.BooleanField(default=False)
    projects = models.ManyToManyField(Project, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user}"

    @classmethod
    def issue(
        cls,
        user_id: int,
        *,
        scopes: Iterable[str] = (Scope.READ,),
        projects: Iterable[Project] = (),
        expires_at: datetime | None = None,
    ) -> tuple[Self, str]:
        """A new token and its text, which cannot be had again."""
        text = TOKEN_PREFIX + secrets.token_urlsafe(32)
        user = get_user_model()._default_manager.get(pk=user_id)
        bound_to = list(projects)
        token = cls.objects.create(
            user=user,
            token_hash=token_hash(text),
            password_stamp=password_stamp(user.password),
            scopes=sorted({str(Scope(scope)) for scope in scopes}),
            is_bound=bool(bound_to),
            expires_at=expires_at,
        )
        token.projects.set(bound_to)
        return token, text

    @classmethod
    def valid(cls, text: str) -> ApiToken | None:
        """The token of this text, unless it expired or was revoked, or its user is gone
        or has another password by now.
        """
        tokens, users, statement = _valid_token(cls)
        with connection.cursor() as cursor:
            cursor.execute(statement, [token_hash(text), timezone.now()])
            found = cursor.fetchone()
        if found is None:
            return None
        row = iter(found)
        token = tokens.made(row)
        token.user, token.project_ids = users.made(row), frozenset(next(row))
        token.role, token.hidden_ids = (
            _role(token.user, next(row)),
            frozenset(next(row)),
        )
        return token if token.is_of_present_password else None

    def allows(self, scope: Scope) -> bool:
        """Whether it has this right, and its user still has it too."""
        if not self.role.includes(NEEDED[scope]):
            return False
        if scope is Scope.READ:
            return set(self.scopes) != {Scope.INTAKE}
        return scope in self.scopes

    @cached_property
    def project_ids(self) -> frozenset[int]:
        """Those that there still are of the projects that it is bound to."""
        return frozenset(self.projects.values_list("pk", flat=True))

    @cached_property
    def role(self) -> Role:
        """Its user's."""
        return role_of(self.user) or Role.VIEWER

    @cached_property
    def hidden_ids(self) -> frozenset[int]:
        """The projects of teams that its user is not in."""
        return role_and_hidden_projects(self.user_id)[1]

    def may_push_to(self, project_id: int) -> bool:
        """Whether the project, if there is one of this id, is its user's and its own. One
        that is not must be answered like one that never was.
        """
        if self.role is not Role.ADMIN and project_id in self.hidden_ids:
            return False
        return not self.is_bound or project_id in self.project_ids

    @property
    def is_of_present_password(self) -> bool:
        stamp = password_stamp(self.user.password)
        return constant_time_compare(self.password_stamp, stamp)

    @classmethod
    def go_on_with(cls, user: AbstractBaseUser, *, before: str) -> None:
        """The same password is stored in another way than `before`: no token ends."""
        tokens = cls.objects.filter(
            user_id=user.pk, password_stamp=password_stamp(before)
        )
        tokens.update(password_stamp=password_stamp(user.password))


def _role(user: Any, said: str | None) -> Role:
    if user.is_superuser:
        return Role.ADMIN
    return Role(said or Role.VIEWER)


@cache
def _valid_token(
    model: type[ApiToken],
) -> tuple[Columns[ApiToken], Columns[Any], str]:
    """With its user and the ids of its projects, by its hash and the time: one statement
    for what each request asks before all else.
    """
    user = get_user_model()
    tokens, users = Columns(model, "t"), Columns(user, "u")
    statement = f"""
        SELECT {tokens.sql}, {users.sql},
               ARRAY(SELECT project_id FROM {model.projects.through._meta.db_table}
                      WHERE apitoken_id = t.id),
               (SELECT role FROM {Profile._meta.db_table} p WHERE p.user_id = u.id),
               ARRAY({HIDDEN_PROJECTS.format(user="u.id")})
          FROM {model._meta.db_table} t JOIN {user._meta.db_table} u ON u.id = t.user_id
         WHERE t.token_hash = %s AND t.revoked_at IS NULL AND u.is_active
           AND (t.expires_at IS NULL OR t.expires_at > %s)
    """
    return tokens, users, statement
