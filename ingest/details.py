"""What may be attached to a run, a thread or a result beside its outcome; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast


class Field(TypedDict):
    """`type`: 1 string, 2 text, 3 HTML, 4 console, 5 address, as Testmo numbers them."""

    type: int
    name: str
    value: str
    meta: dict[str, str]
    is_highlight: bool


class Artifact(TypedDict):
    """A file that lies elsewhere; `size` in bytes."""

    name: str
    url: str
    note: str
    mime_type: str
    size: int | None


class Link(TypedDict):
    name: str
    url: str
    note: str


class Step(TypedDict, total=False):
    """A part of an execution; `error` is what went wrong in it."""

    title: str
    category: str
    duration_ms: int | None
    error: str
    steps: list[Step]


class Details(TypedDict, total=False):
    """Keys without a value are absent. `tags` are of runs; all from `steps` on of
    results.
    """

    tags: list[str]
    fields: list[Field]
    artifacts: list[Artifact]
    links: list[Link]
    steps: list[Step]
    meta: dict[str, Any]
    file: str
    line: int
    assertions: int


def joined(before: Details, more: Details) -> Details:
    """What was attached before and what is attached now: lists go on, values replace."""
    merged = dict[str, Any](before)
    for key, value in more.items():
        known = merged.get(key)
        if isinstance(known, list) and isinstance(value, list):
            merged[key] = known + value
        elif isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = {**known, **value}
        else:
            merged[key] = value
    return cast(Details, merged)
