"""Which projects a person may see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from dashboard.models.people import role_and_hidden_projects
from dashboard.readers import Reader, Role
from ingest.models import Project

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from dashboard.models import ApiToken, Embed, Share

NOBODY = Reader()


def reader_of(user: AbstractBaseUser | AnonymousUser) -> Reader:
    """The reader that a session is."""
    if getattr(user, "is_superuser", False):
        return Reader(user_id=user.pk, role=Role.ADMIN, projects=None)
    if not user.is_authenticated:
        return _stranger() if settings.PUBLIC_READ else NOBODY
    role, hidden = role_and_hidden_projects(user.pk)
    return Reader(user_id=user.pk, role=role, projects=_all_but(hidden))


def _stranger() -> Reader:
    _, hidden = role_and_hidden_projects(None)
    return Reader(projects=_all_but(hidden))


def reader_with(token: ApiToken) -> Reader:
    """The reader that a token is: its user, with its own projects alone."""
    seen = None if token.role is Role.ADMIN else _all_but(token.hidden_ids)
    who = Reader(user_id=token.user_id, role=token.role, projects=seen)
    return narrowed(who, token.project_ids if token.is_bound else None)


def _all_but(hidden: frozenset[int]) -> frozenset[int] | None:
    if not hidden:
        return None
    others = Project.objects.exclude(pk__in=hidden)
    return frozenset(others.values_list("pk", flat=True))


def narrowed(who: Reader, projects: Collection[int] | None) -> Reader:
    """The same reader, who sees no other than these projects; None leaves all."""
    if projects is None:
        return who
    mine = frozenset(projects)
    seen = mine if who.projects is None else who.projects & mine
    return replace(who, projects=seen)


class Owners:
    """What the owners of links may still show strangers: each is asked about once, and
    the projects of all of their links together. Ask it of the whole database.
    """

    def __init__(self, links: Iterable[Share | Embed]) -> None:
        ids = {pk for link in links for pk in link.projects}
        rows = Project.objects.filter(pk__in=ids).values_list("pk", flat=True)
        self._there = frozenset(rows)
        self._readers: dict[int, Reader] = {}

    def there(self, link: Share | Embed) -> frozenset[int]:
        """Those of its projects that there still are."""
        return self._there & frozenset(link.projects)

    def shown(self, link: Share | Embed) -> frozenset[int]:
        """Those of them that its owner may still show: none once they may share nothing."""
        who = self._reader(link)
        if not link.owner.is_active or not who.may(Role.EDITOR):
            return frozenset()
        there = self.there(link)
        return there if who.projects is None else there & who.projects

    def _reader(self, link: Share | Embed) -> Reader:
        found = self._readers.get(link.owner_id)
        if found is None:
            found = self._readers[link.owner_id] = reader_of(link.owner)
        return found
