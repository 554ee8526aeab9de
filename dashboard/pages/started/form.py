"""The form of a start, drawn from what the tool declares, and what was typed into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.starting import FieldKind, FieldsError, StartField

_HELP = {
    FieldKind.LIST: "With commas or new lines between.",
    FieldKind.JSON: "Text, or JSON in { } or [ ].",
    FieldKind.NUMBER: "A number.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """`is_long` has a box of several lines. `options` are choices, the first is none."""

    name: str
    label: str
    help: str
    value: str
    error: str
    is_required: bool
    is_long: bool
    options: tuple[str, ...]


def form_fields(
    fields: tuple[StartField, ...],
    typed: Mapping[str, str],
    errors: Mapping[str, list[str]],
) -> tuple[FormField, ...]:
    return tuple(
        FormField(
            name=field.name,
            label=field.label,
            help=" ".join(filter(None, (field.help, _HELP.get(field.kind, "")))),
            value=typed.get(field.name, ""),
            error=" ".join(errors.get(field.name, ())),
            is_required=field.is_required,
            is_long=field.kind in (FieldKind.LIST, FieldKind.JSON),
            options=("", *field.choices) if field.choices else (),
        )
        for field in fields
    )


def values_of(
    fields: tuple[StartField, ...], typed: Mapping[str, str]
) -> dict[str, Any]:
    """What was typed, as the tool takes it; raises FieldsError."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field in fields:
        text = typed.get(field.name, "").strip()
        if not text:
            continue
        try:
            values[field.name] = _value(field.kind, text)
        except ValueError:
            errors[field.name] = ["It cannot be read. " + _HELP.get(field.kind, "")]
    if errors:
        raise FieldsError(errors)
    return values


def _value(kind: FieldKind, text: str) -> Any:
    match kind:
        case FieldKind.NUMBER:
            return int(text)
        case FieldKind.LIST:
            parts = text.replace("\n", ",").split(",")
            return [part.strip() for part in parts if part.strip()]
        case FieldKind.JSON if text[0] in "{[":
            try:
                return json.loads(text)
            except RecursionError:
                raise ValueError("too deep") from None
        case _:
            return text
