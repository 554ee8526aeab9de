"""One act as its sentence is made of: what was said before and after, and what of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Said = Mapping[str, Any]
Moment = Callable[[datetime], str]
# Stands for what the act is about; no text in the database can hold it.
IT = "\0"


@dataclass(frozen=True, slots=True)
class ToldAct:
    it: str
    before: Said
    after: Said
    moment: Moment
    most: int

    def quoted(self, text: str) -> str:
        return f"“{self.short(text)}”"

    def short(self, text: str) -> str:
        return text if len(text) <= self.most else f"{text[: self.most - 1]}…"

    def text(self, name: str) -> tuple[str, str]:
        """What was said before and after."""
        return self.before.get(name, ""), self.after.get(name, "")


Sentence = Callable[[ToldAct], tuple[str, str]]


def plain(value: Any) -> str:
    """A value of a vendor's: a text as it is, a list with commas, else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def joined(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)
