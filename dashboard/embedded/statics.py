"""Static files as they are served: hashed and compressed once per change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect() -> bool:
    """Bring STATIC_ROOT up to date; whether that was needed.

    The stamp makes a second start quick: looking takes milliseconds, compressing
    seconds.
    """
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    wanted = _digest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    # Only a folder that we filled before is emptied: STATIC_ROOT may be mistyped.
    ours = stamp.is_file()
    call_command("collectstatic", interactive=False, clear=ours, verbosity=0)
    stamp.write_text(wanted)
    return True


def _digest() -> str:
    text = "\n".join(sorted(_files()))
    return hashlib.sha256(text.encode()).hexdigest()


def _files() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list([".*"]):
            status = os.stat(storage.path(path))
            yield f"{path} {status.st_size} {status.st_mtime_ns}"
