"""What a sync holds in memory at once, weighed, so that no vendor can fill it."""

from __future__ import annotations

from collections.abc import Iterable
from sys import getsizeof

from ingest.contract import PayloadError

MB = 2**20


class Held:
    """The weight of one list that is kept whole; `what` names it in a sentence."""

    def __init__(self, what: str, *, most_rows: int, most_bytes: int) -> None:
        self._what = what
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self.rows = 0
        self.bytes = 0

    def add(self, texts: Iterable[str | bytes]) -> None:
        """Take in a row that keeps these texts; PayloadError when it is one too many."""
        self.rows += 1
        self.bytes += sum(getsizeof(text) for text in texts if text)
        if self.rows > self._most_rows:
            raise PayloadError(
                f"{self._what}: more than {self._most_rows:,} rows, which is more than "
                f"Passline reads at once. Have the vendor split it into smaller parts."
            )
        if self.bytes > self._most_bytes:
            raise PayloadError(
                f"{self._what}: more than {self._most_bytes // MB} MB of text, which is "
                f"more than Passline reads at once. Shorten the messages there, or have "
                f"the vendor split it into smaller parts."
            )
