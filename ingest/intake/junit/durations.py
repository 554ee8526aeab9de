"""Seconds as the writers of JUnit XML spell them in their locales."""

from __future__ import annotations

import re

from ingest.parse import LONGEST_MS, number_of

# "1.204,5" and "12,5": there the comma can only be the decimal sign.
_COMMA = re.compile(r"(\d{1,3}(?:\.\d{3})+),(\d+)|(\d+),(\d{1,2}|\d{4,})|(0+),(\d{3})")
# "1,204" may be either.
_EITHER = re.compile(r"([1-9]\d{0,2}),(\d{3})")


class Durations:
    """The durations of one file, which has one locale: what "1,204" means there shows
    where it has another number that can be read in one way alone.
    """

    def __init__(self) -> None:
        self._is_comma: bool | None = None

    def learn(self, text: str) -> None:
        """Look at a number for what it tells of the file's decimal sign."""
        if self._is_comma is not None or not text:
            return
        if _COMMA.fullmatch(text):
            self._is_comma = True
        elif "." in text and number_of(text) is not None:
            self._is_comma = False

    def ms(self, text: str | None) -> int | None:
        """Whole milliseconds, None where it is unknown or impossible."""
        if not text:
            return None
        try:
            seconds: float | None = float(text)
        except ValueError:
            seconds = self._seconds(text.strip().removesuffix("s").strip())
        if seconds is None or not 0 <= seconds * 1000 <= LONGEST_MS:
            return None
        return int(seconds * 1000 + 0.5)

    def _seconds(self, text: str) -> float | None:
        found = number_of(text)
        if found is not None:
            return found
        if form := _COMMA.fullmatch(text):
            whole, part = (group for group in form.groups() if group is not None)
            return float(f"{whole.replace('.', '')}.{part}")
        if (form := _EITHER.fullmatch(text)) and self._is_comma is not None:
            return float(
                ".".join(form.groups()) if self._is_comma else "".join(form.groups())
            )
        return None
