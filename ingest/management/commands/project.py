"""`manage.py project`: projects without a vendor, for what is pushed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ingest.intake.errors import InvalidError
from ingest.intake.projects import create_project
from ingest.models import Project


class Command(BaseCommand):
    help = "Create and list projects."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make one, print its id")
        create.add_argument("name")
        actions.add_parser("list", help="one line a project: id, tool, name")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "create":
            self._create(options["name"])
        else:
            self._list()

    def _create(self, name: str) -> None:
        try:
            self.stdout.write(str(create_project(name).pk))
        except InvalidError as error:
            raise CommandError(error.sentence, returncode=2) from error

    def _list(self) -> None:
        rows = Project.objects.filter(removed_at=None).order_by("pk")
        for pk, tool, name in rows.values_list("pk", "connection__vendor", "name"):
            self.stdout.write(f"{pk}\t{tool}\t{name}")
