"""Whether the values of filters name something that exists here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from dashboard.filters.state import Filters, Problem
from dashboard.ids import id_of
from dashboard.tools import TOOLS
from ingest.models import (
    Case,
    Configuration,
    Connection,
    Milestone,
    Project,
    Run,
    Source,
)

Values = Collection[Any]


def unknown_values(filters: Filters) -> tuple[Filters, tuple[Problem, ...]]:
    """The filters without values that nothing here has, and a problem for each of those.

    One query for each parameter that is used.
    """
    kept: dict[str, Any] = {}
    problems = []
    for name, known in _KNOWN.items():
        values = getattr(filters, name)
        if not values:
            continue
        found = known(values)
        kept[name] = tuple(value for value in values if value in found)
        missing = [str(value) for value in values if value not in found]
        if missing:
            words = ", ".join(f"“{value[:60]}”" for value in missing)
            sentence = f"There is no {_NOUNS.get(name, name)} {words}."
            problems.append(Problem(name=name, sentence=sentence))
    return replace(filters, **kept) if problems else filters, tuple(problems)


def are_known(several: Sequence[Filters]) -> list[bool]:
    """Of each, whether all that it names is there; they are looked up together."""
    named: dict[str, Any] = {
        name: tuple({value for one in several for value in getattr(one, name)})
        for name in _KNOWN
    }
    kept, _ = unknown_values(Filters(**named))
    return [
        all({*getattr(one, name)} <= {*getattr(kept, name)} for name in _KNOWN)
        for one in several
    ]


def _connections(values: Values) -> set[str]:
    ids = [number for value in values if (number := id_of(value)) is not None]
    named = Connection.objects.filter(name__in=values).values_list("name", flat=True)
    numbered = Connection.objects.filter(pk__in=ids).values_list("pk", flat=True)
    return {*named, *map(str, numbered)}


def _tools(values: Values) -> set[str]:
    missing = [value for value in values if value not in TOOLS]
    stored = Connection.objects.filter(vendor__in=missing) if missing else ()
    return {*TOOLS, *(connection.vendor for connection in stored)}


def _branches(values: Values) -> set[str]:
    # One look-up each that stops at the first run: DISTINCT would read every run.
    return {v for v in values if Run.objects.filter(branch=v).exists()}


def _names(model: type[Source] | type[Configuration]) -> Callable[[Values], set[str]]:
    return lambda values: set(
        model._default_manager.filter(name__in=values).values_list("name", flat=True)
    )


def _ids(
    model: type[Project] | type[Milestone] | type[Case],
) -> Callable[[Values], set[int]]:
    return lambda values: set(
        model._default_manager.filter(pk__in=values).values_list("pk", flat=True)
    )


_KNOWN: dict[str, Callable[[Values], set[Any]]] = {
    "project": _ids(Project),
    "connection": _connections,
    "tool": _tools,
    "source": _names(Source),
    "configuration": _names(Configuration),
    "milestone": _ids(Milestone),
    "branch": _branches,
    "case": _ids(Case),
}
_NOUNS = {"case": "test", "branch": "run on the branch"}
