"""What a check finds, as words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

# `problem`: something does not work, or will not for long. `note`: worth a look.
Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is a sentence; `mend` says what to do, and is empty where all is well."""

    level: Level
    about: str
    what: str
    mend: str = ""


Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class About:
    """Findings about one part of an installation."""

    part: str

    def ok(self, what: str) -> Finding:
        return Finding("ok", self.part, what)

    def note(self, what: str, mend: str) -> Finding:
        return Finding("note", self.part, what, mend)

    def problem(self, what: str, mend: str) -> Finding:
        return Finding("problem", self.part, what, mend)
