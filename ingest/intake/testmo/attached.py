"""What a run, a thread or a test of Testmo may carry beside its outcome, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ingest.details import Artifact, Details, Field, Link
from ingest.intake.errors import InvalidError
from ingest.parse import Row, kind, text_of

LONGEST_NOTE = 80
FIELD_TYPES = frozenset(range(1, 6))
LARGEST = 2**63 - 1
# A request of which everything is wrong is not answered with ten times its size.
MOST_FAULTS = 100

Item = TypeVar("Item")


class Faults:
    """What is wrong with a body, by the place ("tests.3.key"); the first hundred."""

    def __init__(self) -> None:
        self._errors: dict[str, list[str]] = {}
        self._number = 0

    def add(self, place: str, wrong: str) -> None:
        self._number += 1
        if place in self._errors or len(self._errors) < MOST_FAULTS:
            self._errors.setdefault(place, []).append(f"{place} {wrong}.")

    def raise_any(self) -> None:
        """Raises InvalidError with all of them, if there are any."""
        if not self._number:
            return
        sentence = "The given data was invalid."
        if self._number > MOST_FAULTS:
            sentence = f"{sentence} The first of {self._number} faults are named."
        raise InvalidError(sentence, self._errors)


def text(
    row: Row, key: str, place: str, faults: Faults, *, is_required: bool = False
) -> str:
    """The text of a key, "" where it is absent, null or wrong."""
    value = row.get(key)
    if isinstance(value, str):
        if is_required and not value.strip():
            faults.add(place + key, "is required and empty")
        return text_of(value)
    if value is not None:
        faults.add(place + key, f"must be a text and is {kind(value)}")
    elif is_required:
        faults.add(place + key, "is required")
    return ""


def whole(row: Row, key: str, place: str, faults: Faults) -> int | None:
    """A whole number of 64 bits, None where it is absent, null or wrong."""
    value = row.get(key)
    if type(value) is int and -LARGEST <= value <= LARGEST:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    if value is not None:
        faults.add(place + key, f"must be a whole number and is {kind(value)}")
    return None


def truth(row: Row, key: str, place: str, faults: Faults) -> bool:
    """True or false, which Testmo also takes as 1 and 0; false where it is absent."""
    value = row.get(key)
    if isinstance(value, bool | int | None) and value in (True, False, None):
        return bool(value)
    faults.add(place + key, f"must be true or false and is {kind(value)}")
    return False


def listed(
    row: Row,
    key: str,
    place: str,
    faults: Faults,
    read: Callable[[Row, str, Faults], Item],
) -> list[Item]:
    """The objects of a list, each as `read` takes it; empty where there is none."""
    values = row.get(key)
    if not values and (values is None or values == []):
        return []
    if not isinstance(values, list):
        faults.add(place + key, f"must be a list and is {kind(values)}")
        return []
    found = []
    for number, value in enumerate(values):
        if isinstance(value, dict):
            found.append(read(value, f"{place}{key}.{number}.", faults))
        else:
            faults.add(
                f"{place}{key}.{number}", f"must be an object and is {kind(value)}"
            )
    return found


def details(row: Row, place: str, faults: Faults) -> Details:
    """The artifacts, fields and links of an object, without the kinds it has none of."""
    found = Details()
    if artifacts := listed(row, "artifacts", place, faults, _artifact):
        found["artifacts"] = artifacts
    if fields := listed(row, "fields", place, faults, _field):
        found["fields"] = fields
    if links := listed(row, "links", place, faults, _link):
        found["links"] = links
    return found


def _artifact(row: Row, place: str, faults: Faults) -> Artifact:
    size = whole(row, "size", place, faults)
    if size is not None and size < 0:
        faults.add(f"{place}size", f"must not be below zero and is {size}")
    return Artifact(
        name=text(row, "name", place, faults, is_required=True),
        url=text(row, "url", place, faults, is_required=True),
        note=_note(row, place, faults),
        mime_type=text(row, "mime_type", place, faults),
        size=size,
    )


def _link(row: Row, place: str, faults: Faults) -> Link:
    return Link(
        name=text(row, "name", place, faults, is_required=True),
        url=text(row, "url", place, faults, is_required=True),
        note=_note(row, place, faults),
    )


def _note(row: Row, place: str, faults: Faults) -> str:
    note = text(row, "note", place, faults)
    if len(note) > LONGEST_NOTE:
        said = f"has {len(note)} letters, at most {LONGEST_NOTE}"
        faults.add(f"{place}note", said)
    return note


def _field(row: Row, place: str, faults: Faults) -> Field:
    type_ = row.get("type")
    if type(type_) is not int or type_ not in FIELD_TYPES:
        faults.add(f"{place}type", f"must be one of 1, 2, 3, 4, 5 and is {kind(type_)}")
        type_ = 1
    return Field(
        type=type_,
        name=text(row, "name", place, faults, is_required=True),
        value=text(row, "value", place, faults),
        meta=_meta(row.get("meta"), f"{place}meta", faults),
        is_highlight=truth(row, "is_highlight", place, faults),
    )


def _meta(value: Any, place: str, faults: Faults) -> dict[str, str]:
    # PHP and its clients write an empty object as a list.
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        faults.add(place, f"must be an object and is {kind(value)}")
        return {}
    for key, one in value.items():
        if not isinstance(one, str | None):
            faults.add(f"{place}.{key}"[:200], f"must be a text and is {kind(one)}")
    return {text_of(k): text_of(v) for k, v in value.items() if isinstance(v, str)}
