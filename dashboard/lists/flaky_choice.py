"""Which of the flaky cases a table shows: by state, rate, executions and text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dashboard.filters import Filters, Problem
from dashboard.filters.parameters import Parameter, one_of, read_parameters
from dashboard.lists.ranked import Key, two_ways
from dashboard.metrics.flaky import FlakyColumns, RankedFlaky
from dashboard.metrics.flaky_states import FlakyStates
from dashboard.metrics.last_failures import LastFailure, last_failures
from dashboard.precomputed.flaky import flaky_cases, flaky_states
from ingest.models import Case

NEW, WORSE, SETTLED = "new", "worse", "settled"
STATES = (NEW, WORSE, SETTLED)
MOST_EXECUTIONS = 10**9
# Numbers that they are ordered by, of one case or in columns of many.
_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "flips": lambda of: of.flip_rate,
    # Runs in which it did not pass at once.
    "failed": lambda of: of.not_passed + of.passed_on_retry,
    "lost": lambda of: of.time_lost_ms,
}
# Orders besides the usual one, which is by the lower bound of the rate.
SORTS: dict[str, Key] = {
    "score": lambda item: (item.low, item.k),
    **{
        sort: key
        for name, number in _NUMBERS.items()
        for sort, key in two_ways(name, number).items()
    },
}
DEFAULT_SORT = "-score"


def arranged(cases: RankedFlaky, sort: str, _: Key) -> RankedFlaky:
    """In one of SORTS."""
    of = cases.of
    if sort == "score":
        return RankedFlaky(of, of.low, of.k)
    values = _NUMBERS[sort.removeprefix("-")](of).astype(np.float64)
    has_none = np.isnan(values)
    sign = -1 if sort.startswith("-") else 1
    return RankedFlaky(of, has_none, np.where(has_none, 0, sign * values))


def place_of(cases: RankedFlaky, keys: Sequence[Any], is_after: bool, _: Key) -> int:
    return cases.place_of(keys, is_after=is_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyChoice:
    """`find` is a part of a test's name, folder, key or newest failure message; `state`
    one of STATES or "", which are all; `min_rate` is 0-1.
    """

    find: str = ""
    state: str = ""
    min_rate: float = 0.0
    min_executions: int = 0

    def allows(self, of: FlakyColumns) -> np.ndarray:
        """Which of them, by their numbers; those that have settled have next to no rate any
        more.
        """
        found: np.ndarray = of.executions >= self.min_executions
        return found if self.state == SETTLED else found & (of.rate >= self.min_rate)


def read_choice(
    values: Mapping[str, str],
) -> tuple[FlakyChoice, tuple[Problem, ...]]:
    """A choice of what can be read, and a problem for each of the rest."""
    chosen, problems = read_parameters(values, CHOICE)
    return FlakyChoice(**chosen), problems


def _rate(text: str) -> float:
    try:
        rate = float(text) if text.isascii() else -1.0
    except ValueError:
        rate = -1.0
    if 0 <= rate <= 1:
        return rate
    raise ValueError(f"“{text[:60]}” is not a rate from 0 to 1.")


def _executions(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 12
    if is_number and int(text) <= MOST_EXECUTIONS:
        return int(text)
    raise ValueError(f"“{text[:60]}” is not a number of executions.")


CHOICE = (
    Parameter("find", str),
    Parameter("state", one_of(STATES)),
    Parameter("min_rate", _rate, 0.0),
    Parameter("min_executions", _executions, 0),
)
PARAMETERS = tuple(parameter.name for parameter in CHOICE)


class FlakyCases:
    """The flaky cases of some filters; what a choice needs of them is asked for once."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters

    @cached_property
    def flaky(self) -> RankedFlaky:
        """From the states, where those were asked for before."""
        known: FlakyStates | None = vars(self).get("states")
        return RankedFlaky(known.flaky) if known else flaky_cases(self.filters)

    @cached_property
    def states(self) -> FlakyStates:
        return flaky_states(self.filters)

    def failures(
        self, cases: Collection[int], projects: Collection[int]
    ) -> dict[int, LastFailure]:
        """Their newest failures, by the id of the case; these are of the projects."""
        return last_failures(cases, projects, self.filters)

    def chosen(self, choice: FlakyChoice) -> RankedFlaky:
        """Those of the choice, in the usual order."""
        found = self.of_state(choice.state)
        if choice.min_rate or choice.min_executions:
            found = found.where(choice.allows(found.of))
        if not choice.find:
            return found
        matching = self._matching(found.of, choice.find.casefold())
        return found.where(np.isin(found.cases, [*matching]))

    def of_state(self, state: str) -> RankedFlaky:
        if not state:
            return self.flaky
        if state == SETTLED:
            return RankedFlaky(self.states.settled)
        ids = self.states.new if state == NEW else self.states.worse
        return self.flaky.where(np.isin(self.flaky.cases, [*ids]))

    def _matching(self, of: FlakyColumns, text: str) -> set[int]:
        cases = of.cases.tolist()
        rows = Case.objects.filter(pk__in=cases)
        said: dict[int, Iterable[str]] = {
            case: words
            for case, *words in rows.values_list("pk", "name", "folder", "key")
        }
        failures = self.failures(cases, {*of.projects.tolist()})
        for case, failure in failures.items():
            said[case] = (*said.get(case, ()), failure.message)
        return {
            case
            for case, words in said.items()
            if any(text in word.casefold() for word in words)
        }
