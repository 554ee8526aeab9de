"""`manage.py sync`: connections synced in the foreground."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseTrouble
from tqdm import tqdm

from ingest.models import Connection, Sync, SyncStatus
from ingest.sync import STOPPED, sync_in_foreground


class Command(BaseCommand):
    help = (
        "Sync connections in the foreground; all that are not paused, or those named."
    )
    # Django's checks load all pages and the API, which takes longer than a short sync.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME")
        parser.add_argument("--since", metavar="ISO8601")
        parser.add_argument("--full", action="store_true")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        since = _moment(options["since"]) if options["since"] is not None else None
        try:
            parents = self._sync(options, since)
        except DatabaseTrouble as error:
            said = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"The database broke off ({said}). Start it and sync again: the next "
                f"sync goes on where this one ended.",
                returncode=1,
            ) from None
        except KeyboardInterrupt:
            raise CommandError(STOPPED, returncode=1) from None
        if any(parent.status != SyncStatus.OK for parent in parents):
            sys.exit(1)

    def _sync(self, options: dict[str, Any], since: datetime | None) -> list[Sync]:
        """Sync and print each project as soon as it has ended."""
        connections = _connections(options["names"])
        is_quiet = True if options["as_json"] else None
        with tqdm(unit=" projects", total=0, disable=is_quiet) as bar:

            def found(children: list[Sync]) -> None:
                bar.total = (bar.total or 0) + len(children)
                bar.set_description(children[0].connection.name if children else "")

            def ended(sync: Sync) -> None:
                bar.update(sync.project_id is not None)
                with tqdm.external_write_mode():
                    self._print(sync, as_json=options["as_json"])

            return sync_in_foreground(
                connections,
                since=since,
                is_full=options["full"],
                on_found=found,
                on_end=ended,
            )

    def _print(self, sync: Sync, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(_row(sync)) if as_json else _sentence(sync))
        # Into a pipe too a line comes when its project ends.
        self.stdout.flush()


def _connections(names: Sequence[str]) -> list[Connection]:
    if not names:
        return list(Connection.objects.filter(paused_at=None))
    found = {row.name: row for row in Connection.objects.filter(name__in=names)}
    missing = [name for name in names if name not in found]
    if missing:
        raise CommandError(f"No connection is called {missing[0]!r}.", returncode=2)
    return [found[name] for name in names]


def _moment(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"--since {text!r} is not an ISO 8601 time, such as 2026-11-22.",
            returncode=2,
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _sentence(sync: Sync) -> str:
    name = f"{sync.connection}: {sync.project}" if sync.project else sync.connection
    return (
        f"{name}: {sync.status}, {sync.runs_read} runs and {sync.results_read} "
        f"results read, {sync.runs_written} and {sync.results_written} written, "
        f"{sync.rejected} rejected. {sync.error}".rstrip()
    )


def _row(sync: Sync) -> dict[str, Any]:
    return {
        "connection": sync.connection.name,
        "project": sync.project.external_id if sync.project else None,
        "status": sync.status,
        "started_at": _iso(sync.started_at),
        "finished_at": _iso(sync.finished_at),
        "runs_read": sync.runs_read,
        "runs_written": sync.runs_written,
        "results_read": sync.results_read,
        "results_written": sync.results_written,
        "rejected": sync.rejected,
        "unknown_statuses": sync.unknown_statuses,
        "error": sync.error or None,
    }


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
