"""What numpy says of numbers, in a fraction of its time for most columns of results: whole
ones lie close together there, so that a table of all that may be says it of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

import numpy as np

# So many numbers are compared one by one; others are looked up in a table of all that lie
# between the least and the greatest, unless that is much longer than what is looked up.
_FEW, _SPARSE, _SHORT = 4, 8, 2**16
# Numbers that lie far apart fall into so many classes, by the first bits of a product.
_CLASS_BITS, _SPREAD = 20, np.uint64(0x9E3779B97F4A7C15)


def is_among(values: np.ndarray, some: np.ndarray | Sequence[int]) -> np.ndarray:
    """As np.isin."""
    wanted = np.asarray(some, dtype=np.int64)
    if len(wanted) <= _FEW:
        found = np.zeros(len(values), dtype=bool)
        for one in wanted.tolist():
            found |= values == one
        return found
    if not len(values):
        return np.zeros(0, dtype=bool)
    least, greatest = int(values.min()), int(values.max())
    if not _is_dense(values, least, greatest):
        is_long = len(values) > _SHORT
        return _is_among_sparse(values, wanted) if is_long else np.isin(values, wanted)
    table = np.zeros(greatest - least + 1, dtype=bool)
    table[wanted[(wanted >= least) & (wanted <= greatest)] - least] = True
    return table.take(values.astype(np.intp) - least)


def _is_dense(values: np.ndarray, least: int, greatest: int) -> bool:
    return greatest - least <= max(_SPARSE * len(values), _SHORT)


def _is_among_sparse(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Most are in a class that nothing wanted is in."""
    table = np.zeros(2**_CLASS_BITS, dtype=bool)
    table[_classes(wanted)] = True
    found: np.ndarray = table[_classes(values)]
    found[found] = np.isin(values[found], wanted)
    return found


def _classes(values: np.ndarray) -> np.ndarray:
    product = values.astype(np.int64, copy=False).view(np.uint64) * _SPREAD
    product >>= np.uint64(64 - _CLASS_BITS)
    return product.view(np.int64)


def distinct(values: np.ndarray) -> np.ndarray:
    """As np.unique."""
    if not len(values):
        return np.empty(0, dtype=np.int64)
    least, greatest = int(values.min()), int(values.max())
    if not _is_dense(values, least, greatest):
        return np.unique(values)
    table = np.zeros(greatest - least + 1, dtype=bool)
    table[values.astype(np.intp) - least] = True
    return np.flatnonzero(table) + least


def places_of(values: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Of values the place of each among some that ascend, all of which are among these; as
    np.searchsorted.
    """
    if not len(some) or not _is_dense(values, int(some[0]), int(some[-1])):
        return np.searchsorted(some, values)
    table = np.zeros(int(some[-1] - some[0]) + 1, dtype=np.intp)
    table[some - some[0]] = np.arange(len(some))
    found: np.ndarray = table.take(values - some[0])
    return found


def distinct_and_places(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As np.unique with the inverse."""
    some = distinct(values)
    return some, places_of(values, some)


def stable_order(*keys: np.ndarray) -> np.ndarray:
    """As np.lexsort: by the last of the keys first, and what is equal as it stands. For
    sixteen bits at a time numpy looks at each number once.
    """
    order = None
    for key in keys if len(keys[0]) else ():
        above = key.astype(np.int64) - int(key.min())
        for shift in range(0, int(above.max()).bit_length(), 16):
            digits = (above >> shift if shift else above).astype(np.uint16)
            if order is None:
                order = np.argsort(digits, kind="stable")
            else:
                order = order[np.argsort(digits[order], kind="stable")]
    return np.arange(len(keys[0])) if order is None else order


def exact_sums(values: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """As math.fsum of each part, which ends where the next one begins."""
    lengths = np.diff(parts)
    sums, rest = np.zeros(len(lengths)), np.zeros(len(lengths))
    for place in range(int(lengths.max(initial=0))):
        some = np.flatnonzero(lengths > place)
        one, before = values[parts[some] + place], sums[some]
        sums[some] = before + one
        added = sums[some] - before
        # What is lost to rounding, exactly.
        rest[some] += (before - (sums[some] - added)) + (one - added)
    found: np.ndarray = sums + rest
    # Of a rest of many the last digits are not known, which rarely matters.
    doubt = np.spacing(found) / 1000
    in_doubt = sums + (rest - doubt) != sums + (rest + doubt)
    for place in np.flatnonzero(in_doubt).tolist():
        found[place] = fsum(values[parts[place] : parts[place + 1]])
    return found


def narrow(values: np.ndarray) -> np.ndarray:
    """The same numbers in as few bytes as hold them all."""
    if values.dtype == np.bool_ or not len(values):
        return values
    lowest, highest = int(values.min()), int(values.max())
    fitting = (np.dtype(kind) for kind in ("i1", "i2", "i4", "i8"))
    return values.astype(
        next(
            kind
            for kind in fitting
            if np.iinfo(kind).min <= lowest and highest <= np.iinfo(kind).max
        )
    )
