"""What is attached to runs, threads and results beside their outcome, as the API has it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from dashboard.addresses import address
from dashboard.metrics.messages import HEAD, MOST_LETTERS
from dashboard.readers import ForSignedIn

ADDRESS = 5
# What lists give of it beside the fields; the rest is in the object of the one result.
UNCUT = ("tags", "artifacts", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """`type`: 1 string, 2 text, 3 HTML, 4 console, 5 address, whose `value` is null to
    strangers. In lists of runs and results a value is cut after 16,384 letters and then
    ends with the address of the object that has it whole.
    """

    type: int
    name: str
    value: str | None
    meta: Mapping[str, str]
    is_highlight: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow(FieldRow):
    """A field of type 5."""

    value: ForSignedIn[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactRow:
    """A file that lies elsewhere; `size` in bytes."""

    name: str
    url: ForSignedIn[str]
    note: str
    mime_type: str
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """An address that belongs to it."""

    name: str
    url: ForSignedIn[str]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """All of it that has rows of its own; nothing where nothing was pushed."""

    tags: tuple[str, ...] = ()
    fields: tuple[FieldRow, ...] = ()
    artifacts: tuple[ArtifactRow, ...] = ()
    links: tuple[LinkRow, ...] = ()


NOTHING = Attached()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Attached):
    """What a result alone has beside that; `steps` and `meta` as they were pushed."""

    file: str | None = None
    line: int | None = None
    assertions: int | None = None
    steps: tuple[Mapping[str, Any], ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


def attached_from(details: Any) -> Attached:
    """Of details as they are stored (`ingest/details.py`); what is odd is left out."""
    if not isinstance(details, Mapping):
        return NOTHING
    return Attached(
        tags=tuple(str(tag) for tag in _items(details, "tags")),
        fields=tuple(map(_field, _objects(details, "fields"))),
        artifacts=tuple(
            ArtifactRow(
                name=_text(one, "name"),
                url=_text(one, "url"),
                note=_text(one, "note"),
                mime_type=_text(one, "mime_type"),
                size=_number(one, "size"),
            )
            for one in _objects(details, "artifacts")
        ),
        links=tuple(
            LinkRow(
                name=_text(one, "name"), url=_text(one, "url"), note=_text(one, "note")
            )
            for one in _objects(details, "links")
        ),
    )


def evidence_from(details: Any) -> Evidence:
    """Everything of a result's details."""
    if not isinstance(details, Mapping):
        return Evidence()
    attached, meta = attached_from(details), details.get("meta")
    return Evidence(
        **{name: getattr(attached, name) for name in ("fields", *UNCUT)},
        file=_text(details, "file") or None,
        line=_number(details, "line"),
        assertions=_number(details, "assertions"),
        steps=tuple(_objects(details, "steps")),
        meta=meta if isinstance(meta, Mapping) else {},
    )


def attached_to_runs(ids: Collection[int], *, most: int | None) -> dict[int, Attached]:
    """By the run's id, of those that have any; of each value the first `most` letters,
    or all. One query.
    """
    return _attached_to("ingest_rundetails", "run_id", ids, most)


def attached_to_threads(
    ids: Collection[int], *, most: int | None = None
) -> dict[int, Attached]:
    """Likewise by the thread's id."""
    return _attached_to("ingest_threaddetails", "thread_id", ids, most)


def _attached_to(
    table: str, key: str, ids: Collection[int], most: int | None
) -> dict[int, Attached]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {listed_sql('values')} FROM {table} "  # nosec B608 # names of ours; values are parameters
            f"WHERE {key} = ANY(%s) AND values <> '{{}}'",
            [most, most, list(ids)],
        )
        return {
            id_: attached_from(json.loads(values)) for id_, values in cursor.fetchall()
        }


def listed_sql(column: str) -> str:
    """Of details what lists give, with values cut before they leave the database; its
    two parameters are the letters of a value, or null.
    """
    names = ", ".join(f"'{name}', {column}->'{name}'" for name in UNCUT)
    return f"""
        CASE WHEN {column} IS NOT NULL THEN jsonb_build_object(
            {names}, 'fields', (
                SELECT jsonb_agg(
                    CASE WHEN length(one->>'value') > %s::int
                         THEN jsonb_set(one, '{{value}}',
                                        to_jsonb(left(one->>'value', %s::int)))
                         ELSE one END ORDER BY place)
                  FROM jsonb_array_elements(
                           CASE jsonb_typeof({column}->'fields')
                           WHEN 'array' THEN {column}->'fields' ELSE '[]' END)
                       WITH ORDINALITY AS listed(one, place))) END"""


def cut_values(attached: Attached, route: str, object_id: int) -> Attached:
    """As lists show values of which the first HEAD letters were read: with the way to the
    whole where something is left out.
    """
    if all(len(one.value or "") < HEAD for one in attached.fields):
        return attached
    whole = address(route, object_id)
    said = f"\n[cut after {MOST_LETTERS:,} letters: see {whole}]"
    fields = tuple(
        replace(one, value=f"{one.value[:MOST_LETTERS]}{said}")
        if len(one.value or "") >= HEAD and one.value
        else one
        for one in attached.fields
    )
    return replace(attached, fields=fields)


def _field(given: Mapping[str, Any]) -> FieldRow:
    kind, meta = _number(given, "type") or 1, given.get("meta")
    row = AddressRow if kind == ADDRESS else FieldRow
    return row(
        type=kind,
        name=_text(given, "name"),
        value=_text(given, "value"),
        meta={str(key): str(value) for key, value in meta.items()}
        if isinstance(meta, Mapping)
        else {},
        is_highlight=given.get("is_highlight") is True,
    )


def _items(details: Mapping[str, Any], name: str) -> list[Any]:
    found = details.get(name)
    return found if isinstance(found, list) else []


def _objects(details: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in _items(details, name) if isinstance(one, Mapping))


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    return "" if found is None else str(found)


def _number(given: Mapping[str, Any], name: str) -> int | None:
    found = given.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
