"""Models read and written by statements by hand, where the ORM's own cost too much.

A query that the ORM builds takes ten times as long as one that is written down, and what
is pushed in small parts needs several for each part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from django.db import connection
from django.db.models import Field, Model

Kind = TypeVar("Kind", bound=Model)


class Columns(Generic[Kind]):
    """Those of a model in a statement that calls its table `alias`; of these fields
    alone, if they are named. The others are read when they are asked for.
    """

    def __init__(self, model: type[Kind], alias: str, *names: str) -> None:
        fields = model._meta.concrete_fields
        self._fields = [one for one in fields if not names or one.attname in names]
        self._names = [field.attname for field in self._fields]
        self._model = model
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in self._fields)

    def made(self, row: Iterator[Any]) -> Kind:
        """The model of the next values of a row, as many as it has columns."""
        values = islice(row, len(self._fields))
        read = [
            # JSON comes as text.
            field.from_db_value(value, None, connection)
            if hasattr(field, "from_db_value")
            else value
            for field, value in zip(self._fields, values, strict=True)
        ]
        return self._model.from_db(connection.alias, self._names, read)


def update(row: Model, names: Iterable[str]) -> tuple[str, list[Any]]:
    """A statement that writes these fields of a row, and its parameters."""
    fields = [cast("Field[Any, Any]", row._meta.get_field(name)) for name in names]
    assigned = ", ".join(f'"{field.column}" = %s' for field in fields)
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in fields
    ]
    key = row._meta.pk.column
    statement = f'UPDATE {row._meta.db_table} SET {assigned} WHERE "{key}" = %s'
    return statement, [*values, row.pk]
