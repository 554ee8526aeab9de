"""A backup made: everything as of one moment, whatever syncs and people do meanwhile."""

from __future__ import annotations

import zipfile
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from dashboard.operations.backup import BackupError, programs
from dashboard.operations.backup.archive import (
    Manifest,
    add_manifest,
    sum_of,
    written_whole,
)
from dashboard.operations.backup.contents import REPLACED, left_out
from dashboard.operations.migrations import unapplied
from dashboard.reading.scope import PAST, SEEN


def make_backup(file: Path, *, with_credentials: bool, overwrite: bool) -> Manifest:
    """Write the database to `file`, whole or not at all.

    Raises:
        BackupError: it cannot be read or written.
    """
    with written_whole(file, overwrite=overwrite) as draft, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        if unapplied():
            raise BackupError(
                "The tables are not those of this release. Run manage.py migrate first, "
                "or make the backup with the release that they are of."
            )
        _dump(draft, snapshot, left_out(with_credentials=with_credentials))
        manifest = _manifest(draft, with_credentials=with_credentials)
        with zipfile.ZipFile(draft, "a", zipfile.ZIP_DEFLATED) as archive:
            for table in () if with_credentials else REPLACED:
                _add_without_secrets(archive, table)
            add_manifest(archive, manifest)
    return manifest


def _dump(draft: Path, snapshot: str, without: list[str]) -> None:
    programs.run(
        "pg_dump",
        "--format=custom",
        f"--file={draft}",
        f"--snapshot={snapshot}",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        # Views of what readers see, which are made anew with the migrations.
        f"--exclude-schema={SEEN}",
        f"--exclude-schema={PAST}",
        *(f"--exclude-table-data=public.{table}" for table in without),
    )


def _manifest(draft: Path, *, with_credentials: bool) -> Manifest:
    applied = MigrationRecorder(connection).applied_migrations()
    return Manifest(
        release=settings.VERSION,
        made_at=timezone.now().isoformat(),
        server=programs.server_major(),
        migrations=sorted(f"{app}.{name}" for app, name in applied),
        with_credentials=with_credentials,
        dump_bytes=draft.stat().st_size,
        dump_sha256=sum_of(draft),
    )


def member_of(table: str) -> str:
    return f"{table}.copy"


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass "
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [f"public.{table}"],
        )
        return [name for (name,) in cursor.fetchall()]


def _add_without_secrets(archive: zipfile.ZipFile, table: str) -> None:
    """The names of its columns in the first line, then the rows as COPY writes them."""
    columns = columns_of(table)
    told = ", ".join(REPLACED[table].get(name, f'"{name}"') for name in columns)
    with (
        archive.open(member_of(table), "w") as member,
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT {told} FROM public.{table}) TO STDOUT") as copy,
    ):
        member.write(f"{','.join(columns)}\n".encode())
        for chunk in copy:
            member.write(chunk)
