"""Fields of the OpenAPI description, drawn from the dataclasses that answers are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from drf_spectacular.drainage import set_override
from rest_framework import serializers

from dashboard.api.encoding import withheld
from dashboard.api.shapes import Meta
from dashboard.lists import PagePath

WITHHELD = {"allow_null": True, "help_text": "null without a log-in"}
OPTIONAL = {"required": False}
_SCALARS: dict[Any, type[serializers.Field[Any, Any, Any, Any]]] = {
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    str: serializers.CharField,
    PagePath: serializers.URLField,
    date: serializers.DateField,
    datetime: serializers.DateTimeField,
    # As it was pushed to us.
    Any: serializers.JSONField,
}


@cache
def serializer_of(row_type: type) -> type[serializers.Serializer[Any]]:
    """A serializer class with the fields of a dataclass; it only describes."""
    options = dict.fromkeys(withheld(row_type), WITHHELD)
    # What a row has beyond the one that it is a kind of stands there where there is any.
    is_more = row_type.__base__ is not object
    added = dict.fromkeys(row_type.__annotations__ if is_more else (), OPTIONAL)
    described: dict[str, Any] = {
        name: _field(hint, **options.get(name, {}), **added.get(name, {}))
        for name, hint in get_type_hints(row_type).items()
    }
    return _serializer(row_type, described)


@cache
def body_serializer(body_type: type) -> type[serializers.Serializer[Any]]:
    """Of what is sent to us: a field with a default need not be there."""
    has_default = {f.name for f in fields(body_type) if f.default is not MISSING}
    described: dict[str, Any] = {
        name: _field(hint, **(OPTIONAL if name in has_default else {}))
        for name, hint in get_type_hints(body_type).items()
    }
    return _serializer(body_type, described)


def _serializer(
    row_type: type, described: dict[str, Any]
) -> type[serializers.Serializer[Any]]:
    name = row_type.__name__.removesuffix("Row")
    documented = {"__doc__": row_type.__doc__}
    return type(f"{name}Serializer", (serializers.Serializer,), described | documented)


@cache
def page_serializer(row_type: type) -> type[serializers.Serializer[Any]]:
    """The envelope of a list of such rows."""
    described = {
        "count": serializers.IntegerField(
            allow_null=True, help_text="null when counting would take too long"
        ),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializer_of(row_type)(many=True),
    }
    name = row_type.__name__.removesuffix("Row")
    return type(f"{name}PageSerializer", (serializers.Serializer,), dict(described))


@cache
def measured_serializer(row_type: type) -> type[serializers.Serializer[Any]]:
    """The envelope of a metric that pages like a list."""
    page = page_serializer(row_type)
    return type(f"Measured{page.__name__}", (page,), {"meta": serializer_of(Meta)()})


def _field(hint: Any, **options: Any) -> Any:
    """A field with its options, which DRF takes when a field is made and not later."""
    if get_origin(hint) in {Union, UnionType}:
        return _one_of(get_args(hint), options)
    if get_origin(hint) is tuple:
        inner = _field(get_args(hint)[0])
        if isinstance(inner, serializers.Serializer):
            return type(inner)(many=True, **options)
        return serializers.ListField(child=inner, **options)
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return serializers.DictField(child=_field(get_args(hint)[1]), **options)
    if is_dataclass(hint) and isinstance(hint, type):
        return serializer_of(hint)(**options)
    return _SCALARS[hint](**options)


def _one_of(hints: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if type(None) in hints:
        options = {**options, "allow_null": True}
    some = [hint for hint in hints if hint is not type(None)]
    if len(some) == 1:
        return _field(some[0], **options)
    return _AnyOf([_WORDS[hint] for hint in hints], **options)


_WORDS = {int: "integer", str: "string", float: "number", type(None): "null"}


class _AnyOf(serializers.JSONField):
    """A value of several types, which drf-spectacular would take for anything."""

    def __init__(self, words: list[str], **options: Any) -> None:
        super().__init__(**options | {"allow_null": False})
        set_override(self, "field", {"type": words})
