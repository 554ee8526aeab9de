"""Ids of rows as addresses and forms hold them: text of anybody, until it is read."""

from __future__ import annotations

LARGEST_ID = 2**63 - 1
_MOST_DIGITS = len(str(LARGEST_ID))


def id_of(text: str) -> int | None:
    """The number, 0 too; None where it is none that a column of ids can hold."""
    # "²" is a digit to Python, and a number of ten thousand digits takes long to read.
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None
