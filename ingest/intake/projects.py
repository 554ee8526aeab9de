"""Projects without a vendor, for what is pushed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import QuerySet

from ingest.intake.errors import InvalidError
from ingest.models import Connection, Project
from ingest.models.connection import PUSH

# Of the one connection that they hang on; a person may rename it.
CONNECTION = "Pushed results"
LONGEST_NAME = 200
# Any number will do that nothing else locks together with a project.
LOCK = 7_261_124
# Whether the caller may know of the project of this id.
Sees = Callable[[int], bool]


def _all(project_id: int) -> bool:
    return True


def create_project(name: str, sees: Sees = _all) -> Project:
    """A project of this name for pushed results; raises InvalidError if there is one that
    the caller sees. A name that a hidden one has is as free as any other.
    """
    wanted = " ".join(name.split())
    if not wanted:
        raise InvalidError("A project needs a name.", {"name": ["It is empty."]})
    if len(wanted) > LONGEST_NAME:
        said = f"It has more than {LONGEST_NAME} letters."
        raise InvalidError("The name is too long.", {"name": [said]})
    with transaction.atomic():
        # One of two who come at once waits here, and then finds the other's.
        row = Connection.objects.select_for_update(no_key=True).get(pk=_connection().pk)
        for pk in _pushed(wanted).values_list("pk", flat=True):
            if sees(pk):
                said = f"There is a project {wanted} (id {pk}) already."
                raise InvalidError(said, {"name": [said]})
        # Not the name, nor the name with a number: either would tell of hidden ones.
        return row.projects.create(external_id=str(uuid4()), name=wanted)


def find_project(named: str, sees: Sees = _all) -> Project | None:
    """By our id, else by name, of those that the caller sees: of these the ones without a
    vendor first, and of several the oldest.
    """
    text = named.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        known = chain(Project.objects.filter(pk=int(text), removed_at=None))
    else:
        others = Project.objects.filter(name=text, removed_at=None).order_by("pk")
        known = chain(_pushed(text), others)
    return next((project for project in known if sees(project.pk)), None)


def _pushed(name: str) -> QuerySet[Project]:
    known = Project.objects.filter(name=name, removed_at=None)
    return known.filter(connection__vendor=PUSH).order_by("pk")


def one_at_a_time(project: Project) -> None:
    """Let others who open runs in the project wait for the end of the transaction.

    The project's row would do that too, but appends, which hold a run, change it: each
    would wait for the other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, project.pk])


def _connection() -> Connection:
    found = Connection.objects.filter(vendor=PUSH).order_by("pk").first()
    if found:
        return found
    name = CONNECTION
    while Connection.objects.filter(name=name).exists():
        name = f"{name} (Passline)"
    return Connection.objects.get_or_create(
        name=name, defaults={"vendor": PUSH, "base_url": ""}
    )[0]
