"""The six bodies of Testmo's automation write API: JSON in, what they say out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.connectors.testmo.automation import MICROSECOND_MS
from ingest.connectors.testmo.statuses import KNOWN
from ingest.contract import ResultRecord, Status
from ingest.details import Details, Field
from ingest.intake.errors import InvalidError
from ingest.intake.testmo.attached import Faults, details, listed, text, truth, whole
from ingest.parse import LONGEST_MS, Row, kind, status_of, text_of

# An instance may have others; those stay unknown until a person maps them.
ALIASES = {**KNOWN, "success": Status.PASSED}
KEY = re.compile(r"[a-z0-9_]{1,64}")
ALIAS = re.compile(r"[a-z0-9_]+")
LONGEST_NAME = 255
LONGEST_US = round(LONGEST_MS / MICROSECOND_MS)
# What the vendor's client calls the field that says why a test did not pass.
REASONS = frozenset({"failure", "error"})
STRING, PLAIN_TEXT, CONSOLE = 1, 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """`config_id` and `milestone_id` are the vendor's, and win over the names."""

    name: str
    source: str
    config: str = ""
    config_id: str = ""
    milestone: str = ""
    milestone_id: str = ""
    details: Details = field(default_factory=Details)

    @property
    def tags(self) -> list[str]:
        return self.details.get("tags", [])


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPart:
    """What is said of a thread at once; times add to those said before."""

    results: list[ResultRecord] = field(default_factory=list)
    details: Details = field(default_factory=Details)
    observed_us: int | None = None
    computed_us: int | None = None


def new_run(body: Any) -> NewRun:
    """Of `POST projects/{id}/automation/runs`; all raise InvalidError."""
    row, faults = _object(body), Faults()
    found = NewRun(
        name=text(row, "name", "", faults, is_required=True),
        source=_short(row, "source", faults, is_required=True),
        config=_short(row, "config", faults),
        config_id=_id(row, "config_id", faults),
        milestone=_short(row, "milestone", faults),
        milestone_id=_id(row, "milestone_id", faults),
        details=_run_details(row, faults),
    )
    faults.raise_any()
    return found


def run_part(body: Any) -> Details:
    """Of `POST automation/runs/{id}/append`."""
    row, faults = _object(body), Faults()
    found = details(row, "", faults)
    faults.raise_any()
    return found


def measures_elapsed(body: Any) -> bool:
    """Of `POST automation/runs/{id}/complete`."""
    row, faults = _object(body), Faults()
    found = truth(row, "measure_elapsed", "", faults)
    faults.raise_any()
    return found


def thread_part(
    body: Any, source: str, mapped: Mapping[str, Status] | None = None
) -> ThreadPart:
    """Of a new thread, of what is appended to one, and of its end.

    Keys of tests are unique within their `source` only; `mapped` are a person's words.
    """
    row, faults = _object(body), Faults()
    own = dict(mapped or {})

    def test(one: Row, place: str, faults: Faults) -> ResultRecord:
        return _test(one, place, faults, source, own)

    found = ThreadPart(
        results=listed(row, "tests", "", faults, test),
        details=details(row, "", faults),
        observed_us=_elapsed_us(row, "elapsed_observed", "", faults),
        computed_us=_elapsed_us(row, "elapsed_computed", "", faults),
    )
    faults.raise_any()
    return found


def _object(body: Any) -> Row:
    if not isinstance(body, dict):
        raise InvalidError(f"The body must be a JSON object and is {kind(body)}.")
    return body


def _short(row: Row, key: str, faults: Faults, *, is_required: bool = False) -> str:
    """The name of something that many runs share; spaces around it are none of it."""
    found = text(row, key, "", faults, is_required=is_required).strip()
    if len(found) > LONGEST_NAME:
        faults.add(key, f"has {len(found)} letters, at most {LONGEST_NAME}")
    return found


def _id(row: Row, key: str, faults: Faults) -> str:
    number = whole(row, key, "", faults)
    return "" if number is None else str(number)


def _run_details(row: Row, faults: Faults) -> Details:
    found = details(row, "", faults)
    tags = row.get("tags")
    if tags is None:
        return found
    if not isinstance(tags, list):
        faults.add("tags", f"must be a list and is {kind(tags)}")
        return found
    for number, tag in enumerate(tags):
        if not isinstance(tag, str):
            faults.add(f"tags.{number}", f"must be a text and is {kind(tag)}")
    if words := [text_of(tag) for tag in tags if isinstance(tag, str) and tag]:
        found["tags"] = words
    return found


def _elapsed_us(row: Row, key: str, place: str, faults: Faults) -> int | None:
    """Microseconds; a time that cannot be is unknown, and costs no result."""
    found = whole(row, key, place, faults)
    return found if found is not None and 0 <= found <= LONGEST_US else None


def _test(
    row: Row, place: str, faults: Faults, source: str, mapped: Mapping[str, Status]
) -> ResultRecord:
    key = _matching(row, "key", place, faults, KEY)
    raw_status = _matching(row, "status", place, faults, ALIAS)
    elapsed_us = _elapsed_us(row, "elapsed", place, faults)
    attached = details(row, place, faults)
    _add_position(attached, row, place, faults)
    status = status_of(raw_status, ALIASES, mapped)
    said = attached.get("fields") if status is not Status.PASSED else None
    return ResultRecord(
        key=f"{source}:{key}",
        name=text(row, "name", place, faults, is_required=True),
        status=status,
        raw_status=raw_status,
        folder=text(row, "folder", place, faults, is_required=True),
        duration_ms=(
            None if elapsed_us is None else int(elapsed_us * MICROSECOND_MS + 0.5)
        ),
        message=message_of(said) if said else "",
        details=attached or None,
    )


def _matching(
    row: Row, key: str, place: str, faults: Faults, pattern: re.Pattern[str]
) -> str:
    value = row.get(key)
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    if value is None:
        faults.add(place + key, "is required")
    else:
        said = f"must match ^{pattern.pattern}$ and is {kind(value)}"
        faults.add(place + key, said)
    return ""


def _add_position(attached: Details, row: Row, place: str, faults: Faults) -> None:
    if "file" in row and (file := text(row, "file", place, faults)):
        attached["file"] = file
    if "line" in row and (line := whole(row, "line", place, faults)) is not None:
        attached["line"] = line
    if "assertions" in row:
        assertions = whole(row, "assertions", place, faults)
        if assertions is not None:
            attached["assertions"] = assertions


def message_of(fields: Iterable[Field]) -> str:
    """Why a test did not pass: its failure or error, else what is highlighted."""
    shown = [one for one in fields if one["type"] in (STRING, PLAIN_TEXT, CONSOLE)]
    reasons = [one for one in shown if one["name"].casefold() in REASONS]
    reasons = reasons or [one for one in shown if one["is_highlight"]]
    return "\n\n".join(filter(None, map(_said, reasons)))


def _said(one: Field) -> str:
    """A failure's message stands in front of its trace, unless that begins with it."""
    message, value = one["meta"].get("message", ""), one["value"]
    if not message or message in value[: len(message) + 200]:
        return value
    return f"{message}\n{value}" if value else message
