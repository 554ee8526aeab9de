"""What the commands that import files of results have in common."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.addresses import address
from ingest.intake.errors import IntakeError
from ingest.intake.files import Told, store_file
from ingest.intake.projects import create_project
from ingest.intake.upload import Upload
from ingest.models import Project
from ingest.models.connection import PUSH


class FileImport(BaseCommand):
    """Stores each file and prints the address of its run."""

    format: ClassVar[str]

    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--project", required=True, help="its name; it is made where there is none"
        )
        parser.add_argument("--run", default="", help="a name; else the file's own")
        parser.add_argument("--configuration", default="")
        parser.add_argument("--branch", default="")
        parser.add_argument(
            "--commit", default="", help="files of one run and commit are its threads"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        told = Told(
            **{
                name: options[name].strip()
                for name in ("run", "configuration", "branch", "commit")
            }
        )
        for path in options["file"]:
            self._import(options["project"], path, told)

    def _import(self, named: str, path: Path, told: Told) -> None:
        project, is_new = None, False
        try:
            project, is_new = _project(named)
            with path.open("rb") as file:
                upload = Upload(file, path.name)
                stored = store_file(project, upload, self.format, told)
        except (OSError, IntakeError) as error:
            if is_new and project is not None:
                project.delete()
            said = error.sentence if isinstance(error, IntakeError) else error.strerror
            raise CommandError(f"{path}: {said}", returncode=2) from None
        self.stdout.write(_site() + address("run", stored.run.pk))


def _project(name: str) -> tuple[Project, bool]:
    """Of those without a vendor first, and whether it was made for this; a number is a
    name like any other here.
    """
    wanted = " ".join(name.split())
    known = Project.objects.filter(name=wanted, removed_at=None).order_by("pk")
    found = known.filter(connection__vendor=PUSH).first() or known.first()
    return (found, False) if found else (create_project(wanted), True)


def _site() -> str:
    """Where people find this installation, as far as its settings say."""
    known: list[str] = settings.CSRF_TRUSTED_ORIGINS
    return known[0] if known else ""
