"""What must be on the disk of this machine, and the room that is left there."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from dashboard.operations.doctor.finding import About, Finding

FILES = About("files")
# The largest file that is taken lies in TMPDIR twice while it is sent as a form.
NEEDED_FOR_UPLOADS_MB = 1100
# PostgreSQL stops when it cannot write.
LEAST_FREE_MB, LITTLE_FREE = 1000, 0.1


def check_data_dir() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        yield FILES.problem(
            f"DATA_DIR cannot be written: {error.strerror} ({folder}).",
            "Give the folder to the user who runs Passline, and see that the disk is not "
            "full or mounted for reading alone.",
        )
        return
    yield from _room(folder, "DATA_DIR")
    if settings.EMBEDDED:
        yield from _room(settings.CLUSTER.folder, "the embedded database's folder")


def _room(folder: Path, name: str) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    disk = shutil.disk_usage(folder)
    free_mb = disk.free >> 20
    if free_mb < LEAST_FREE_MB:
        yield FILES.problem(
            f"{free_mb:,} MB are free for {name}.",
            "Free some, or give it a larger disk: a full one stops the database.",
        )
    elif disk.free < LITTLE_FREE * disk.total:
        yield FILES.note(
            f"{disk.free / disk.total:.0%} of the disk are free for {name} "
            f"({free_mb:,} MB).",
            "See how fast the database grows (passline_database_size_bytes), and give it "
            "a larger disk in time.",
        )


def check_uploads() -> Iterator[Finding]:
    folder = Path(tempfile.gettempdir())
    free_mb = shutil.disk_usage(folder).free >> 20
    if free_mb < NEEDED_FOR_UPLOADS_MB:
        yield FILES.note(
            f"{free_mb:,} MB are free in {folder}, where files lie while they are sent; "
            "the largest that is taken needs 1,024 as a form.",
            "Let TMPDIR name a folder on a disk with more room.",
        )


def check_static_files() -> Iterator[Finding]:
    root = Path(settings.STATIC_ROOT)
    try:
        names = json.loads((root / "staticfiles.json").read_text())["paths"]
    except (OSError, ValueError, KeyError):
        names = {}
    missing = [name for name in names.values() if not (root / name).is_file()]
    if not names or missing:
        yield FILES.problem(
            f"{len(missing)} static files are missing in {root}."
            if names
            else f"The static files are not collected in {root}.",
            "Run manage.py collectstatic --no-input; pages answer 500 without them.",
        )
        return
    yield FILES.ok(f"{len(names)} static files are in their place.")


CHECKS = (check_data_dir, check_uploads, check_static_files)
