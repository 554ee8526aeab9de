"""`manage.py doctor`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import dataclasses
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.operations.doctor.examine import examine
from dashboard.operations.doctor.finding import Finding


class Command(BaseCommand):
    help = "Check the installation; say what to mend, and exit 1 if anything must be."
    # It runs them itself, and what they find is one finding among others.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a finding and line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        say = self._as_json if options["json"] else self._as_text
        counts = {"ok": 0, "note": 0, "problem": 0}
        for finding in examine():
            counts[finding.level] += 1
            say(finding)
        if not options["json"]:
            self.stdout.write(_sum(counts["problem"], counts["note"]))
        if counts["problem"]:
            sys.exit(1)

    def _as_json(self, finding: Finding) -> None:
        self.stdout.write(json.dumps(dataclasses.asdict(finding), ensure_ascii=False))

    def _as_text(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.level:8} {finding.about}: {finding.what}")
        if finding.mend:
            self.stdout.write(f"         → {finding.mend}")


def _sum(problems: int, notes: int) -> str:
    if not problems and not notes:
        return "Everything is as it should be."
    return f"{problems} to mend, {notes} worth a look."
