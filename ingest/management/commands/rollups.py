"""`manage.py rollups`: roll-ups rebuilt from the rows, or compared with them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ingest.rollups import differences, rebuild_all


class Command(BaseCommand):
    help = "Rebuild the roll-ups of the months whose rows exist."
    # Django's checks load all pages and the API, which takes longer than the rest.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="compare instead; print each difference and exit 1 if there is any",
        )
        parser.add_argument(
            "--sample",
            type=int,
            metavar="RUNS",
            help="with --check: of so many runs alone, the newest and some of all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self.stdout.write(f"Rebuilt the roll-ups of {rebuild_all()} runs.")
            return
        count = 0
        for difference in differences(options["sample"]):
            count += 1
            self.stdout.write(difference)
        if count:
            self.stderr.write(f"{count} roll-up rows differ from their rows.")
            sys.exit(1)
        self.stdout.write("Every roll-up row that was compared is what its rows say.")
