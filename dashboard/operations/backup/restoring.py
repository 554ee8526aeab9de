"""A backup put back: into an installation that holds nothing, or in place of all it holds."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from redis.exceptions import RedisError

from dashboard.heartbeats import TOO_OLD_S
from dashboard.operations.backup import BackupError, programs
from dashboard.operations.backup.archive import Manifest, opened
from dashboard.operations.backup.contents import REPLACED
from dashboard.operations.backup.making import member_of
from dashboard.operations.broker_client import broker
from dashboard.operations.signs import signs
from dashboard.reading.scope import PAST, SEEN

Say = Callable[[str], None]
# In which nobody has stored anything as long as they are empty.
FILLED_BY_USE = ("auth_user", "ingest_connection", "ingest_project")
MOST_JOBS = 4
_OF_PUBLIC = """
SELECT format('%s IF EXISTS public.%I', CASE c.relkind WHEN 'v' THEN 'VIEW'
              WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
              ELSE 'TABLE' END, c.relname)
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
   AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.objid = c.oid AND (d.deptype = 'e'
                       -- A sequence of a column goes with its table.
                       OR c.relkind = 'S' AND d.deptype IN ('a', 'i')))
UNION ALL
SELECT 'FUNCTION IF EXISTS ' || p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def restore_backup(file: Path, *, replace: bool, say: Say) -> Manifest:
    """Put back what `file` holds and bring it up to this release.

    Raises:
        BackupError: it does not fit, or the place is taken. If it fails half-way, the
            database holds nothing.
    """
    with opened(file) as (archive, manifest):
        _check_release(manifest)
        _check_nobody_works()
        _check_place(replace=replace)
        _empty()
        say(
            f"Putting back what Passline {manifest.release} held at {manifest.made_at}."
        )
        try:
            _fill(file, archive, manifest)
        except BaseException:
            connection.close()
            _empty()
            raise
    connection.close()
    say("Bringing the tables up to this release.")
    call_command("migrate", interactive=False, verbosity=0)
    ContentType.objects.clear_cache()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _forget_what_was_cached()
    return manifest


def _check_release(manifest: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"This backup was made by Passline {manifest.release}, which knows tables "
            f"that this release does not ({', '.join(newer[:3])}). Install that release "
            "or a newer one."
        )
    if manifest.server > programs.server_major():
        raise BackupError(
            f"This backup was made of PostgreSQL {manifest.server}, and the server is "
            f"PostgreSQL {programs.server_major()}. Use one that is no older."
        )


def _check_nobody_works() -> None:
    """A worker would write into tables that are being filled."""
    try:
        alive = [sign for sign in signs() if sign.age_s < TOO_OLD_S]
    except (OSError, RedisError):
        return
    if alive:
        names = ", ".join(f"{sign.name} on {sign.host}" for sign in alive)
        raise BackupError(
            f"These still run, or did within the last minute: {names}. Stop web server, "
            "worker, courier and beat, wait a minute, and try again."
        )


def _check_place(*, replace: bool) -> None:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if not tables:
            return
        if not tables >= {"django_migrations", *FILLED_BY_USE}:
            raise BackupError(
                "The database holds tables of another program. Make one for Passline "
                "alone, as docs/settings.md shows under DATABASE_URL."
            )
        for table in FILLED_BY_USE:
            cursor.execute(f"SELECT EXISTS (SELECT FROM public.{table})")  # nosec B608 # names of ours
            (is_filled,) = cursor.fetchone()
            if is_filled and not replace:
                raise BackupError(
                    "This installation is in use: there are people, tools or projects. "
                    "Restore into a new one, or say --replace to delete all that it "
                    "holds first."
                )


def _empty() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SEEN}, {PAST} CASCADE")
        cursor.execute(_OF_PUBLIC)
        for (what,) in cursor.fetchall():
            cursor.execute(f"DROP {what} CASCADE")


def _fill(file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    _restore(file, "--section=pre-data", "--section=data")
    for table in () if manifest.with_credentials else REPLACED:
        _copy(archive, table)
    # Indexes and what must hold between tables.
    _restore(file, "--section=post-data")


def _restore(file: Path, *sections: str) -> None:
    programs.run(
        "pg_restore",
        "--format=custom",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--jobs={min(MOST_JOBS, os.cpu_count() or 1)}",
        *sections,
        str(file),
    )


def _copy(archive: zipfile.ZipFile, table: str) -> None:
    with archive.open(member_of(table)) as member, connection.cursor() as cursor:
        names = member.readline().decode().rstrip("\n").split(",")
        columns = ", ".join(f'"{name}"' for name in names)
        with cursor.copy(f"COPY public.{table} ({columns}) FROM STDIN") as copy:
            while chunk := member.read(1 << 20):
                copy.write(chunk)


def _forget_what_was_cached() -> None:
    """Figures are kept by ids and versions, which mean something else from now on; the
    columns of other tables would stay for ever.
    """
    shutil.rmtree(settings.DATA_DIR / "columns", ignore_errors=True)
    try:
        for key in broker().scan_iter(match=f"{cache.key_prefix}:*", count=1000):
            broker().unlink(key)
    except (OSError, RedisError):
        # Nothing is cached where there is no cache.
        return
