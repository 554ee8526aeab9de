"""Which program runs: what it answers to the same question depends on it, too."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

PACKAGES = ("dashboard", "ingest")


def program_stamp() -> str:
    """The same in each process, and on each machine, of the same release alone."""
    return _stamp(settings.BASE_DIR)


@cache
def _stamp(folder: Path) -> str:
    # A release is not enough: who runs from a checkout has many programs of one.
    found = hashlib.sha256()
    for path in _files(folder):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
    return found.hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    sources = [path for name in PACKAGES for path in (folder / name).rglob("*.py")]
    # What answers are made with besides.
    return sorted([*sources, *folder.glob("requirements.txt")])
