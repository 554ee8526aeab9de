"""What files of results have in common: what they tell of a run, and keys for tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.contract import ResultRecord
from ingest.details import Artifact, Details, Field
from ingest.intake.errors import InvalidError
from ingest.origins import web_link
from ingest.parse import text_of

STRING, TEXT, HTML, CONSOLE, ADDRESS = 1, 2, 3, 4, 5
# Of one text; a whole log belongs to the artifacts.
MOST_LETTERS = 2**20
# Levels of what is attached.
DEEPEST = 40
BLOCK_ROWS, BLOCK_LETTERS = 2000, 4 * 2**20


@dataclass(slots=True)
class Report:
    """What a file tells of its run, and of the part of it that it is.

    `details` are of the run, `part` of the file's own thread.
    """

    name: str = ""
    source: str = ""
    branch: str = ""
    commit: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: int | None = None
    details: Details = field(default_factory=lambda: Details())
    part: Details = field(default_factory=lambda: Details())


class Titles:
    """Tells tests of one name apart by their order in the file: "name", "name #2".

    As in the reports of tools, see docs/metrics.md; hashes in place of names keep a
    million of them in memory.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._next: dict[int, int] = {}

    def suffix(self, key: str) -> str:
        """What sets this test apart from those before it, "" for the first."""
        first = hash(key)
        if first not in self._seen:
            self._seen.add(first)
            return ""
        number = self._next.get(first, 2)
        while (other := hash(f"{key} #{number}")) in self._seen:
            number += 1
        self._seen.add(other)
        self._next[first] = number + 1
        return f" #{number}"


def a_field(name: str, value: str, type_: int = STRING) -> Field:
    return Field(type=type_, name=name, value=value, meta={}, is_highlight=False)


def attach_file(details: Details, name: str, place: str, mime_type: str = "") -> None:
    """An address becomes an artifact; a path, which only its machine knows, a text."""
    name, place = text_of(name), text_of(place.strip())
    if not web_link(place):
        more = [a_field(name or "Attachment", place)]
        details["fields"] = details.get("fields", []) + more
        return
    shown = name or place.split("?")[0].rstrip("/").rpartition("/")[2] or place
    made = Artifact(name=shown, url=place, note="", mime_type=mime_type, size=None)
    details["artifacts"] = [*details.get("artifacts", []), made]


def cut(text: str) -> str:
    """The text as PostgreSQL can hold it, at most MOST_LETTERS of it."""
    if len(text) > MOST_LETTERS:
        text = f"{text[:MOST_LETTERS]}\n… cut after {MOST_LETTERS:,} letters"
    return text_of(text)


def storable(value: Any, depth: int = 0) -> Any:
    """JSON that PostgreSQL can hold: no NUL, no lone surrogate, no infinite number."""
    if depth > DEEPEST:
        raise InvalidError(f"Something is nested more than {DEEPEST} levels deep.")
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {cut(key): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def in_blocks(results: Iterable[ResultRecord]) -> Iterator[list[ResultRecord]]:
    """As many as are stored at once, by number and by what they say."""
    block: list[ResultRecord] = []
    letters = 0
    for result in results:
        block.append(result)
        letters += len(result.name) + len(result.key) + len(result.message)
        letters += _weight(result.details) if result.details else 0
        if len(block) >= BLOCK_ROWS or letters >= BLOCK_LETTERS:
            yield block
            block, letters = [], 0
    if block:
        yield block


def _weight(value: Any) -> int:
    if isinstance(value, str):
        return len(value) + 50
    if isinstance(value, dict):
        return sum(map(_weight, value.values())) + 100
    if isinstance(value, list):
        return sum(map(_weight, value)) + 50
    return 30
