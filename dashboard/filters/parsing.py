"""From a query string to Filters, with a sentence for everything that cannot be read.

The API refuses what it cannot read (`strict`), pages leave it out and say so (`lenient`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from dashboard.filters.counting import with_what_counts
from dashboard.filters.known import unknown_values
from dashboard.filters.parameters import checked, one_of, shown, window_days
from dashboard.filters.state import NO_MESSAGE, REPEATABLE, Filters, Problem
from dashboard.ids import id_of
from dashboard.reading.as_of import AS_OF, moment, read_as_of
from ingest.contract import Status

SINGLE = (
    "q",
    "since",
    "until",
    "window",
    "latest",
    "final",
    "never_executed",
    "signature",
    "message",
    "default_branch",
    "counted",
    "sort",
    AS_OF,
)
COMMON = frozenset({*REPEATABLE, *SINGLE})


class FilterError(ValueError):
    """A query that cannot be answered; `problems` name its parameters."""

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__("; ".join(f"{p.name}: {p.sentence}" for p in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts:
    """What one page or endpoint takes: `also` names parameters that its caller reads
    itself, `refused` says why a common one is not for it, `statuses` are the words that
    `status` may be. `is_metric`: runs of other branches than a project's default one, and
    those that a person excluded from every number, stay out unless they are asked for;
    lists hold them unless they are told not to.
    """

    also: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    sorts: tuple[str, ...] = ()
    statuses: tuple[str, ...] = tuple(Status)
    is_metric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedQuery:
    """Filters of all that could be read, and the problems with the rest."""

    filters: Filters
    problems: tuple[Problem, ...] = ()


def strict(
    query: QueryDict, accepts: Accepts, *, now: datetime | None = None
) -> Filters:
    """Filters of a query in which all is known; else FilterError."""
    parsed = parse(query, accepts, now=now)
    if problems := parsed.problems or unknown_values(parsed.filters)[1]:
        raise FilterError(problems)
    return with_what_counts(parsed.filters, is_metric=accepts.is_metric)


def lenient(
    query: QueryDict, accepts: Accepts, *, now: datetime | None = None
) -> ParsedQuery:
    """Filters of what is known; the rest is left out and comes back as problems."""
    filled = query.copy()
    for name in [name for name, values in query.lists() if not any(values)]:
        # A GET form sends its empty fields too; none of them is a moment.
        if name == AS_OF:
            continue
        del filled[name]
    parsed = parse(filled, accepts, now=now)
    filters, unknown = unknown_values(parsed.filters)
    return ParsedQuery(
        filters=with_what_counts(filters, is_metric=accepts.is_metric),
        problems=(*parsed.problems, *unknown),
    )


def parse(
    query: QueryDict, accepts: Accepts, *, now: datetime | None = None
) -> ParsedQuery:
    """The pure part: nothing is looked up in the database."""
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    now = now or timezone.now()
    for name in dict.fromkeys(query):
        if name in accepts.also:
            continue
        if reason := _refusal(name, accepts):
            problems[name] = reason
            continue
        try:
            values[name] = (
                read_as_of(query, now)
                if name == AS_OF
                else _read(name, query.getlist(name), accepts)
            )
        except ValueError as error:
            problems[name] = str(error)
    # A window that is open ends at the moment that is looked at.
    ends_at = values.setdefault(AS_OF, None) or now
    _check_times(values, problems, ends_at)
    values["window_days"] = values.pop("window", None)
    return ParsedQuery(
        filters=Filters(now=ends_at, **values),
        problems=tuple(Problem(name=n, sentence=s) for n, s in problems.items()),
    )


def _refusal(name: str, accepts: Accepts) -> str:
    if name in accepts.refused:
        return accepts.refused[name]
    if name == "sort" and not accepts.sorts:
        return "There is no choice of order here."
    return "" if name in COMMON else "There is no parameter of this name here."


def _read(name: str, texts: list[str], accepts: Accepts) -> Any:
    for text in texts:
        checked(text)
    if name in REPEATABLE:
        read = _READERS.get(name, _text)
        if name == "status":
            return tuple(sorted({one_of(accepts.statuses)(text) for text in texts}))
        return tuple(sorted({read(text) for text in texts}))
    if len(texts) > 1:
        raise ValueError("It may be given once only.")
    if name == "sort":
        return one_of(accepts.sorts)(texts[0])
    return _READERS[name](texts[0])


def _id(text: str) -> int:
    if number := id_of(text):
        return number
    raise ValueError(f"“{shown(text)}” is not an id.")


def _text(text: str) -> str:
    if not text:
        raise ValueError("It is empty.")
    return text


def _flag(text: str) -> bool:
    if text in {"0", "1"}:
        return text == "1"
    raise ValueError(f"“{shown(text)}” is neither 1 nor 0.")


def _signature(text: str) -> str:
    """A UUID in its one spelling, or the word for failures without a message."""
    if text == NO_MESSAGE or re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text
    ):
        return text
    raise ValueError(
        f"“{shown(text)}” is neither {NO_MESSAGE} nor a signature such as {UUID(int=0)}."
    )


def _check_times(
    values: dict[str, Any], problems: dict[str, str], now: datetime
) -> None:
    since, until = values.get("since"), values.get("until")
    if "window" in values and (since or until):
        problems["window"] = "It cannot be used together with since and until."
        del values["window"]
    if since and since > (until or now):
        problems["since"] = "It is after the end of the window."
        values["since"] = values["until"] = None


_READERS: dict[str, Callable[[str], Any]] = {
    "project": _id,
    "milestone": _id,
    "case": _id,
    "q": lambda text: text,
    "since": moment,
    "until": moment,
    "window": window_days,
    "latest": _flag,
    "final": _flag,
    "never_executed": _flag,
    "signature": _signature,
    "message": lambda text: text,
    "default_branch": _flag,
    "counted": _flag,
}
