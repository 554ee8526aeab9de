"""`manage.py restore FILE`: what `backup` wrote, put back into a new installation."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from dashboard.addresses import known_site
from dashboard.annotations.audit_log import COMMAND_LINE
from dashboard.operations.backup import BackupError
from dashboard.operations.backup.restoring import restore_backup
from dashboard.operations.doctor.stored import check_secrets
from dashboard.people.password_links import password_link


class Command(BaseCommand):
    help = "Put a backup back into a new installation, and check it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="delete everything that this installation holds first",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = restore_backup(
                options["file"].absolute(),
                replace=options["replace"],
                say=self.stdout.write,
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        if manifest.with_credentials:
            self._say_what_does_not_open()
        else:
            self._say_how_to_get_in()
        call_command("rollups", "--check", stdout=self.stdout, stderr=self.stderr)

    def _say_what_does_not_open(self) -> None:
        for finding in check_secrets():
            self.stdout.write(f"{finding.what} {finding.mend}".rstrip())

    def _say_how_to_get_in(self) -> None:
        self.stdout.write(
            "The backup holds no credentials: every tool is paused until somebody enters "
            "its credentials, tokens and digests are to be made anew, and everybody "
            "chooses a new password. Links for the administrators, each used once:"
        )
        people = User.objects.filter(is_superuser=True, is_active=True)
        for user in people.order_by("username"):
            link = password_link(user, by=COMMAND_LINE)
            self.stdout.write(f"{user.get_username()}: {known_site()}{link}")
