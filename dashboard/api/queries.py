"""What a request asks for: filters, page and format, or a 400 that names the fault."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from dashboard.filters import Accepts, FilterError, Filters, strict
from dashboard.lists import Position
from dashboard.lists.cursors import CursorError, decode_cursor
from dashboard.reading.as_of import AS_OF, read_as_of

DEFAULT_LIMIT = 100
MOST = 1000
FORMATS = ("json", "csv", "ndjson")
LIST_PARAMETERS = frozenset({"limit", "cursor", "format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    filters: Filters
    limit: int
    position: Position | None
    format: str


def list_query(query: QueryDict, name: str, accepts: Accepts) -> ListQuery:
    """A request for the list called `name`."""
    filters = parse_filters(query, accepts, also=LIST_PARAMETERS)
    answer_format = one_of(query, "format", FORMATS)
    cursor = single(query, "cursor")
    if cursor and answer_format != "json":
        raise ValidationError(
            {"cursor": [f"A list as {answer_format} is always sent whole."]}
        )
    try:
        position = decode_cursor(cursor, name, filters) if cursor else None
    except CursorError as error:
        raise ValidationError({"cursor": [str(error)]}) from error
    return ListQuery(
        filters=filters, limit=_limit(query), position=position, format=answer_format
    )


def parse_filters(
    query: QueryDict, accepts: Accepts, *, also: Collection[str] = ()
) -> Filters:
    """Filters of the query, in which `also` names parameters read elsewhere."""
    wider = replace(accepts, also=accepts.also | frozenset(also))
    try:
        return strict(query, wider)
    except FilterError as error:
        raise ValidationError({p.name: [p.sentence] for p in error.problems}) from error


def refuse_all(query: QueryDict) -> None:
    """For answers that take no parameter but `format=json`."""
    refuse_others(query, ())


def refuse_others(query: QueryDict, known: Collection[str]) -> None:
    """For answers that take these parameters, which are read elsewhere, and no others but
    `format=json`.
    """
    one_of(query, "format", ("json",))
    for name in query:
        if name != "format" and name not in known:
            raise ValidationError({name: ["There is no parameter of this name here."]})


def only_as_of(query: QueryDict) -> None:
    """For single objects, which are as they were at a moment, if one is asked for."""
    refuse_others(query, (AS_OF,))
    try:
        if AS_OF in query:
            read_as_of(query, timezone.now())
    except ValueError as error:
        raise ValidationError({AS_OF: [str(error)]}) from error


def one_of(query: QueryDict, name: str, words: Collection[str]) -> str:
    """The one value of a parameter; the first of `words` without it."""
    value = single(query, name) if name in query else next(iter(words))
    if value not in words:
        raise ValidationError(
            {name: [f"“{value[:60]}” is none of {', '.join(words)}."]}
        )
    return value


def single(query: QueryDict, name: str) -> str:
    values = query.getlist(name)
    if len(values) > 1:
        raise ValidationError({name: ["It may be given once only."]})
    return str(values[0]) if values else ""


def _limit(query: QueryDict) -> int:
    if "limit" not in query:
        return DEFAULT_LIMIT
    text = single(query, "limit")
    is_number = text.isascii() and text.isdigit()
    if is_number and len(text) < 9 and 1 <= int(text) <= MOST:
        return int(text)
    raise ValidationError({"limit": [f"It must be a number from 1 to {MOST}."]})
