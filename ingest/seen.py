"""Ids that were met already, in little memory whatever their length."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b

# Up to here an id is smaller than what stands for it.
SHORT = 64


class Seen:
    """A set of ids to which one can only add; a long text is kept as its digest."""

    def __init__(self) -> None:
        self._keys: set[Hashable] = set()

    def __contains__(self, name: Hashable) -> bool:
        return _key(name) in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, name: Hashable) -> bool:
        """Whether it is met for the first time."""
        key = _key(name)
        if key in self._keys:
            return False
        self._keys.add(key)
        return True


def _key(name: Hashable) -> Hashable:
    if isinstance(name, str) and len(name) > SHORT:
        return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return name
