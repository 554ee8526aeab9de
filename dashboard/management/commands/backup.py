"""`manage.py backup FILE`: the database in one file."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.operations.backup import BackupError
from dashboard.operations.backup.making import make_backup

AGAIN_S = 5


class Command(BaseCommand):
    help = "Write the whole database, as of one moment, to a file for `restore`."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--with-credentials",
            action="store_true",
            help="also what opens something: tools' credentials and people's passwords, "
            "second factors, tokens, shared links, channels of digests",
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace a file of that name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # An end that is asked for leaves no draft behind.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, _end)
        try:
            manifest = make_backup(
                options["file"].absolute(),
                with_credentials=options["with_credentials"],
                overwrite=options["overwrite"],
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        size_mb = options["file"].stat().st_size / 1e6
        self.stdout.write(f"{options['file']}: {size_mb:,.1f} MB.")
        if not manifest.with_credentials:
            self.stdout.write("Without credentials; see --with-credentials.")


def _end(*_: Any) -> None:
    """Python ignores what is raised just while it forks: then it is raised once more."""
    signal.alarm(AGAIN_S)
    sys.exit(143)
