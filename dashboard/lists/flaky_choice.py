"""Which of the flaky cases a table shows: by state, rate, executions and text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.filters import Filters, Problem
from dashboard.filters.parameters import Parameter, one_of, read_parameters
from dashboard.lists.ranked import two_ways
from dashboard.metrics.flaky import FlakyCase
from dashboard.metrics.flaky_states import FlakyStates
from dashboard.metrics.last_failures import LastFailure, last_failures
from dashboard.precomputed.flaky import flaky_cases, flaky_states
from ingest.models import Case

NEW, WORSE, SETTLED = "new", "worse", "settled"
STATES = (NEW, WORSE, SETTLED)
MOST_EXECUTIONS = 10**9
# Orders besides the usual one, which is by the lower bound of the rate.
SORTS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "score": lambda item: (item.low, item.k),
    **two_ways("flips", lambda item: item.flip_rate),
    # Runs in which it did not pass at once.
    **two_ways("failed", lambda item: item.not_passed + item.passed_on_retry),
    **two_ways("lost", lambda item: item.time_lost_ms),
}
DEFAULT_SORT = "-score"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyChoice:
    """`find` is a part of a test's name, folder, key or newest failure message; `state`
    one of STATES or "", which are all; `min_rate` is 0-1.
    """

    find: str = ""
    state: str = ""
    min_rate: float = 0.0
    min_executions: int = 0

    def allows(self, case: FlakyCase) -> bool:
        """By its numbers; those that have settled have next to no rate any more."""
        is_enough = self.state == SETTLED or case.rate >= self.min_rate
        return is_enough and case.executions >= self.min_executions


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
    def flaky(self) -> list[FlakyCase]:
        """From the states, where those were asked for before."""
        known: FlakyStates | None = vars(self).get("states")
        return list(known.flaky) if known else flaky_cases(self.filters)

    @cached_property
    def states(self) -> FlakyStates:
        return flaky_states(self.filters)

    def failures(self, cases: Collection[FlakyCase]) -> dict[int, LastFailure]:
        """Their newest failures, by the id of the case."""
        projects = {case.project for case in cases}
        return last_failures([case.case for case in cases], projects, self.filters)

    def chosen(self, choice: FlakyChoice) -> list[FlakyCase]:
        """Those of the choice, in the usual order."""
        found = self.of_state(choice.state)
        if choice.min_rate or choice.min_executions:
            found = [case for case in found if choice.allows(case)]
        if not choice.find:
            return found
        matching = self._matching(found, choice.find.casefold())
        return [case for case in found if case.case in matching]

    def of_state(self, state: str) -> list[FlakyCase]:
        if not state:
            return self.flaky
        if state == SETTLED:
            return list(self.states.settled)
        ids = self.states.new if state == NEW else self.states.worse
        return [case for case in self.states.flaky if case.case in ids]

    def _matching(self, cases: Collection[FlakyCase], text: str) -> set[int]:
        rows = Case.objects.filter(pk__in=[case.case for case in cases])
        said: dict[int, Iterable[str]] = {
            case: words
            for case, *words in rows.values_list("pk", "name", "folder", "key")
        }
        failures = self.failures(cases)
        for case, failure in failures.items():
            said[case] = (*said.get(case, ()), failure.message)
        return {
            case
            for case, words in said.items()
            if any(text in word.casefold() for word in words)
        }
