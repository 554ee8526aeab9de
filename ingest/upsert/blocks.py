"""Many rows in blocks, so that what is made of them is never in memory at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

ROWS = 2000


def blocks(items: Iterable[T], size: int = ROWS) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one shorter."""
    source = iter(items)
    while block := list(islice(source, size)):
        yield block


def array(items: Iterable[object]) -> str:
    """Numbers or hashes as PostgreSQL writes an array; the driver takes them one by
    one, which costs more than to look them up.
    """
    return f"{{{','.join(map(str, items))}}}"
