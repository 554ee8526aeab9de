"""How the folder of a test is written: the names of those that lie in each other."""

from __future__ import annotations

SEPARATOR = " / "


def last_folder(folder: str) -> str:
    """The name of the innermost."""
    return folder.rpartition(SEPARATOR)[2]
