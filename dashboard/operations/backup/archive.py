"""The file of a backup: a dump as pg_dump writes it, with a ZIP archive behind it.

So pg_restore reads the file as it is, in parallel, and should Passline be lost, without us.
The archive holds what the dump cannot say: the release, the sums, and the tables that were
written without their secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dashboard.operations.backup import BackupError

FORMAT = 1
_MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`migrations`: all that had run, as app.name. `dump_bytes` and `dump_sha256` tell
    that the dump is whole.
    """

    release: str
    made_at: str
    server: int
    migrations: list[str]
    with_credentials: bool
    dump_bytes: int
    dump_sha256: str
    format: int = FORMAT


@contextmanager
def written_whole(file: Path, *, overwrite: bool) -> Iterator[Path]:
    """Inside, a draft beside `file` that only we may read; it takes the name at the end,
    or is gone.

    Raises:
        BackupError: there is such a file already, or it cannot be written.
    """
    if file.exists() and not overwrite:
        raise BackupError(f"{file} exists. Choose another name, or say --overwrite.")
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}.") from error
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        _to_disk(draft)
        draft.replace(file)
        _to_disk(file.parent)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sum_of(file: Path, length: int | None = None) -> str:
    """SHA-256 of the first `length` bytes."""
    found = hashlib.sha256()
    left = file.stat().st_size if length is None else length
    with file.open("rb") as source:
        while left and (chunk := source.read(min(_CHUNK, left))):
            found.update(chunk)
            left -= len(chunk)
    return found.hexdigest()


def add_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup that is whole.

    Raises:
        BackupError: it is none, of a form that is not known, or damaged.
    """
    damaged = f"{file} is not a whole backup of Passline; it may have been cut short."
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive, file)
            if archive.testzip() or (
                sum_of(file, manifest.dump_bytes) != manifest.dump_sha256
            ):
                raise BackupError(damaged)
            yield archive, manifest
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupError(damaged) from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    told = json.loads(archive.read(_MANIFEST))
    if told["format"] != FORMAT:
        raise BackupError(
            f"{file} was made by Passline {told.get('release')}, whose backups this "
            "release does not know. Restore it with that release, then upgrade."
        )
    return Manifest(**told)
