"""The decided final results that series are made of, in columns, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
from django.db import connection

from dashboard.column_store.columns import ResultColumns
from dashboard.column_store.numbers import (
    distinct,
    distinct_and_places,
    is_among,
    places_of,
    stable_order,
)
from dashboard.column_store.selection import ChosenResults
from dashboard.reading.scope import scope_key
from dashboard.request_cache import each_in_request
from ingest.models import DECIDED_CODES, NOT_PASSED_CODES, STATUS_OF_CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedFinals:
    """Decided final results in no order: `outcomes` are the letters P F E, `times`
    microseconds since 1970; an unknown duration is -1. `is_repeat`: it is not the first
    attempt.
    """

    outcomes: np.ndarray
    cases: np.ndarray
    runs: np.ndarray
    times: np.ndarray
    durations_ms: np.ndarray
    is_repeat: np.ndarray

    def chosen(self, places: np.ndarray) -> DecidedFinals:
        return DecidedFinals(
            outcomes=self.outcomes[places],
            cases=self.cases[places],
            runs=self.runs[places],
            times=self.times[places],
            durations_ms=self.durations_ms[places],
            is_repeat=self.is_repeat[places],
        )


# By code: the letters of those that are decided, and nothing.
LETTERS = np.zeros(max(STATUS_OF_CODE) + 1, dtype="S1")
LETTERS[DECIDED_CODES] = [b"P", b"F", b"E"]

# Of which results a case is looked at.
Sign = Callable[[ResultColumns], np.ndarray]


def did_not_pass(results: ResultColumns) -> np.ndarray:
    return is_among(results.statuses, NOT_PASSED_CODES)


def decided_finals(
    parts: Iterable[ChosenResults], sign: Sign | None = None
) -> DecidedFinals:
    """The decided ones among final results; with a `sign` those alone of the cases that
    it says of some of them, which are few.
    """
    chosen = []
    for _, of_project in groupby(parts, key=lambda part: part.project):
        months = [*of_project]
        with_sign = None if sign is None else _cases(months, sign)
        chosen += [(month.results, _decided(month, with_sign)) for month in months]

    def column(name: str) -> np.ndarray:
        found = [getattr(results, name)[places] for results, places in chosen]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    return DecidedFinals(
        outcomes=LETTERS[column("statuses")],
        cases=column("cases"),
        runs=column("runs"),
        times=column("times"),
        durations_ms=column("durations_ms"),
        is_repeat=column("attempts") > 1,
    )


def _cases(parts: Sequence[ChosenResults], sign: Sign) -> np.ndarray:
    found = [part.results.cases[part.is_final & sign(part.results)] for part in parts]
    return distinct(np.concatenate(found))


def _decided(part: ChosenResults, cases: np.ndarray | None) -> np.ndarray:
    """Their places."""
    is_chosen = part.is_final & is_among(part.results.statuses, DECIDED_CODES)
    if cases is not None:
        is_chosen &= is_among(part.results.cases, cases)
    return np.flatnonzero(is_chosen)


class RunFacts(NamedTuple):
    """What tells series apart, and orders them; `configuration` is what it counts as."""

    project: int
    configuration: int | None
    branch: str
    external_id: str
    commit: str


_RUNS = """
SELECT run.id, run.project_id, coalesce(of.alias_of_id, of.id), run.branch,
       run.external_id, run.commit
  FROM ingest_run run LEFT JOIN ingest_configuration of ON of.id = run.configuration_id
 WHERE run.id = ANY(%s)
"""


def run_facts(runs: Iterable[int]) -> dict[int, RunFacts]:
    """Each is asked for once while a request is answered: several figures are of the same
    runs.
    """
    return each_in_request(f"run facts {scope_key()}", [*runs], _run_facts)


def _run_facts(runs: Iterable[int]) -> dict[int, RunFacts]:
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [list(runs)])
        return {run: RunFacts(*facts) for run, *facts in cursor.fetchall()}


class SeriesRuns:
    """What of the runs tells series and commits apart, by the place of a run."""

    def __init__(self, facts: Mapping[int, RunFacts]) -> None:
        ids = np.fromiter(facts, dtype=np.int64, count=len(facts))
        order = np.argsort(ids)
        known = [*facts.values()]
        self.ids = ids[order]
        projects = np.asarray([of.project for of in known], dtype=np.int64)
        self.projects = projects[order]
        self.series = _alike([(of.configuration, of.branch) for of in known])[order]
        commits = _alike([(of.configuration, of.commit) for of in known])
        has_commit = np.asarray([bool(of.commit) for of in known], dtype=bool)
        # What ran once only has nobody to disagree with.
        ran_again = np.bincount(commits, minlength=len(known))[commits] > 1
        self.commits = np.where(has_commit & ran_again, commits, -1)[order]
        names = sorted({of.external_id for of in known})
        place_of = {name: place for place, name in enumerate(names)}
        places = [place_of[of.external_id] for of in known]
        self.names = np.asarray(places, dtype=np.int64)[order]

    def of(self, runs: np.ndarray) -> np.ndarray:
        return places_of(runs, self.ids)

    def order(self, finals: DecidedFinals) -> InOrder:
        """That of rows, by case, then by series, then by time: of results of one time the
        vendor's id of the run decides, in code points.
        """
        of = self.of(finals.runs)
        _, cases = distinct_and_places(finals.cases)
        # They come by time within a month, month by month: few are out of order then.
        rows = stable_order(self.series[of], cases)
        of = of[rows]
        series = series_numbers(cases[rows], self.series[of])
        times, names = finals.times[rows], self.names[of]
        is_after = (times[1:] < times[:-1]) | (
            (times[1:] == times[:-1]) & (names[1:] < names[:-1])
        )
        is_after &= series[1:] == series[:-1]
        if is_after.any():
            some = np.flatnonzero(is_among(series, series[1:][is_after]))
            within = some[np.lexsort((names[some], times[some], series[some]))]
            rows[some], of[some] = rows[within], of[within]
        return InOrder(rows, of, series)


class InOrder(NamedTuple):
    """Rows in an order, the places of their runs, and the numbers of their series."""

    rows: np.ndarray
    of: np.ndarray
    series: np.ndarray


def _alike(kinds: Sequence[tuple[int | None, str]]) -> np.ndarray:
    """A number for each, the same for equal ones."""
    known: dict[tuple[int | None, str], int] = {}
    numbers = [known.setdefault(kind, len(known)) for kind in kinds]
    return np.asarray(numbers, dtype=np.int64)


def series_numbers(cases: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Of rows in their order: one for each series of each case, greater than the one
    before it.
    """
    is_new = (cases[1:] != cases[:-1]) | (series[1:] != series[:-1])
    return np.cumsum(np.concatenate([[1], is_new])[: len(cases)])
