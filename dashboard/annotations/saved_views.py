"""Saved views and the projects that a person starts with, written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from dashboard.advisory_lock import advisory_lock
from dashboard.models import DefaultScope, SavedView
from dashboard.models.saved_views import MOST_PROJECTS
from ingest.models import Project

LONGEST_NAME = 200
# What a sidebar and one query hold.
MOST_VIEWS = 100
# What turns the direction of the text that stands after it.
_DIRECTIONS = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class CannotSave(Exception):
    """What a person wants to keep cannot be kept; the sentence says why."""


class NameTaken(CannotSave):
    """There is a view of this name, which can be replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A person or a team, by id."""

    kind: Literal["user", "team"]
    id: int


def save_view(
    owner: Owner, name: str, *, path: str, query: str, replaces: bool = False
) -> SavedView:
    """Keep a page under a name, as the last one; `replaces` one of the same name.

    Raises:
        CannotSave: of the name, or because there are too many.
    """
    name = clean_name(name)
    with advisory_lock(_lock_name(owner)):
        there = _called(owner, name).first()
        if there and not replaces:
            raise NameTaken(_taken(there))
        if there:
            there.name, there.path, there.query = name, path, query
            there.save(update_fields=["name", "path", "query"])
            return there
        number = _of(owner).count()
        if number >= MOST_VIEWS:
            raise CannotSave(
                f"There are {MOST_VIEWS} views already. Delete one that nobody uses."
            )
        last = _of(owner).order_by("-place").values_list("place", flat=True).first()
        return SavedView.objects.create(
            **_is_of(owner),
            name=name,
            path=path,
            query=query,
            place=(last or 0) + 1,
        )


def rename_view(view: SavedView, name: str) -> None:
    """Raises CannotSave: of the name."""
    name = clean_name(name)
    owner = _owner_of(view)
    with advisory_lock(_lock_name(owner)):
        other = _called(owner, name).exclude(pk=view.pk).first()
        if other:
            raise NameTaken(_taken(other))
        SavedView.objects.filter(pk=view.pk).update(name=name)


def move_view(view: SavedView, *, is_up: bool) -> None:
    """Change places with the one before it or after it; at the end nothing happens."""
    owner = _owner_of(view)
    with advisory_lock(_lock_name(owner)):
        ordered = list(_of(owner))
        at = next((i for i, one in enumerate(ordered) if one.pk == view.pk), None)
        if at is None:
            return
        to = at - 1 if is_up else at + 1
        if not 0 <= to < len(ordered):
            return
        ordered[at], ordered[to] = ordered[to], ordered[at]
        for place, one in enumerate(ordered, 1):
            one.place = place
        SavedView.objects.bulk_update(ordered, ["place"])


def delete_view(view: SavedView) -> None:
    SavedView.objects.filter(pk=view.pk).delete()


def choose_scope(user: int, *, is_of_teams: bool, projects: Iterable[int]) -> None:
    """The projects that a person's pages start with; none and no teams: all of them.

    Raises:
        CannotSave: too many to stand in an address.
    """
    wanted = set(projects)
    if len(wanted) > MOST_PROJECTS:
        raise CannotSave(
            f"Choose {MOST_PROJECTS} projects at most, or all: each stands in the "
            "address of every page."
        )
    with advisory_lock(f"default scope of {user}"):
        if not wanted and not is_of_teams:
            DefaultScope.objects.filter(user_id=user).delete()
            return
        scope, _ = DefaultScope.objects.update_or_create(
            user_id=user, defaults={"is_of_teams": is_of_teams}
        )
        # Of what is seen alone: an id that is hidden is kept by nobody.
        seen = () if is_of_teams else Project.objects.filter(pk__in=wanted)
        scope.projects.set([project.pk for project in seen])


def clean_name(text: str) -> str:
    """A name in one line, without letters that nobody sees.

    Raises:
        CannotSave: nothing is left of it, or too much.
    """
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(
        " " if unicodedata.category(letter) == "Cc" else letter
        for letter in composed
        if letter not in _DIRECTIONS
    )
    name = " ".join(plain.split())
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in name):
        raise CannotSave("Give the view a name.")
    if len(name) > LONGEST_NAME:
        raise CannotSave(
            f"A name has {LONGEST_NAME} letters at most; this one has {len(name):,}."
        )
    return name


def _of(owner: Owner) -> QuerySet[SavedView]:
    return SavedView.objects.filter(**_is_of(owner))


def _is_of(owner: Owner) -> dict[str, Any]:
    return {f"{owner.kind}_id": owner.id}


def _called(owner: Owner, name: str) -> QuerySet[SavedView]:
    """Those of the name, whatever the case of its letters."""
    return _of(owner).annotate(key=Lower("name")).filter(key=Lower(Value(name)))


def _owner_of(view: SavedView) -> Owner:
    if view.team_id is not None:
        return Owner(kind="team", id=view.team_id)
    assert view.user_id is not None, "the database says that one of them is set"
    return Owner(kind="user", id=view.user_id)


def _lock_name(owner: Owner) -> str:
    return f"views of {owner.kind} {owner.id}"


def _taken(view: SavedView) -> str:
    return f"There is a view “{view.name[:80]}” already. Choose another name."
