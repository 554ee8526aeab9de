"""Projects without a vendor, for what is pushed."""

from __future__ import annotations

from django.db import connection, transaction

from ingest.intake.errors import InvalidError
from ingest.models import Connection, Project
from ingest.models.connection import PUSH

# Of the one connection that they hang on; a person may rename it.
CONNECTION = "Pushed results"
LONGEST_NAME = 200
# Any number will do that nothing else locks together with a project.
LOCK = 7_261_124


def create_project(name: str) -> Project:
    """A project of this name for pushed results; raises InvalidError if there is one."""
    wanted = " ".join(name.split())
    if not wanted:
        raise InvalidError("A project needs a name.", {"name": ["It is empty."]})
    if len(wanted) > LONGEST_NAME:
        said = f"It has more than {LONGEST_NAME} letters."
        raise InvalidError("The name is too long.", {"name": [said]})
    with transaction.atomic():
        project, is_new = Project.objects.get_or_create(
            connection=_connection(), external_id=wanted, defaults={"name": wanted}
        )
    if not is_new:
        said = f"There is a project {wanted} (id {project.pk}) already."
        raise InvalidError(said, {"name": [said]})
    return project


def find_project(named: str) -> Project | None:
    """By our id, else by name: of those without a vendor first."""
    text = named.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return Project.objects.filter(pk=int(text), removed_at=None).first()
    known = Project.objects.filter(name=text, removed_at=None)
    pushed = known.filter(connection__vendor=PUSH).first()
    return pushed or known.order_by("pk").first()


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
