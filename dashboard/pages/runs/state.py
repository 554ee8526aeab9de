"""What the address of a run's page asks for, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from dashboard.filters import Accepts, lenient
from dashboard.filters.parameters import (
    PAGE,
    Parameter,
    number,
    one_of,
    read_parameters,
)
from dashboard.lists.comparable_runs import may_be_base
from dashboard.lists.run_results import SORTS
from dashboard.metrics.compare import LISTED, Category
from dashboard.ui import links
from dashboard.ui.svg.outcomes import STATUS_ORDER
from dashboard.ui.url_state import THEME, DeclaredState
from ingest.contract import NOT_PASSED, Status
from ingest.models import Run

ALL = "all"
# What the filters read too, and better.
FILTERS = ("q", "signature", "sort")
PARAMETERS = (
    Parameter("q", str),
    Parameter("thread", number, None),
    Parameter("base", number, None),
    Parameter("change", one_of(LISTED), None),
    Parameter("signature", str),
    Parameter("attempts", ALL.__eq__, False, write=lambda _: ALL),
    Parameter("lanes", ALL.__eq__, False, write=lambda _: ALL),
    Parameter("sort", str),
    PAGE,
)
ACCEPTS = Accepts(
    also=frozenset({THEME, *(p.name for p in PARAMETERS)} - {*FILTERS}),
    sorts=tuple(sign + name for name in SORTS for sign in ("", "-")),
    statuses=(*Status, ALL),
)


@dataclass(frozen=True, kw_only=True)
class RunState(DeclaredState):
    """`statuses` None is the default: what did not pass, when anything did not.

    `base` is the run that it is held against, None for the run before. `signature` is
    that of a failure's message, "" for no matter. `attempts` lists every
    attempt, `lanes` shows every lane. `sort` "" is the default order.
    """

    parameters = PARAMETERS
    run: Run
    statuses: tuple[Status, ...] | None = None
    cases: tuple[int, ...] = ()
    thread: int | None = None
    base: int | None = None
    change: Category | None = None
    signature: str = ""
    attempts: bool = False
    lanes: bool = False
    sort: str = ""

    @property
    def path(self) -> str:
        return links.run(self.run.pk)

    @property
    def is_narrowed(self) -> bool:
        """Whether rows are chosen by something that says nothing of their status."""
        return bool(self.cases or self.change or self.attempts or self.signature)

    @property
    def default_statuses(self) -> tuple[Status, ...]:
        if self.is_narrowed or not self.run.failed + self.run.error:
            return ()
        return tuple(status for status in STATUS_ORDER if status in NOT_PASSED)

    @property
    def shown_statuses(self) -> tuple[Status, ...]:
        """The statuses that are listed, in their order; none means all."""
        if self.statuses is None:
            return self.default_statuses
        return tuple(s for s in STATUS_ORDER if s in self.statuses)

    def pairs(self) -> list[tuple[str, str]]:
        pairs = [("case", str(case)) for case in self.cases]
        if self.shown_statuses != self.default_statuses:
            pairs += [("status", str(s)) for s in self.shown_statuses or (ALL,)]
        return pairs + DeclaredState.pairs(self)

    def rows_href(self, **changes: Any) -> str:
        """The run's results chosen by `changes` alone, against the same run."""
        return RunState(run=self.run, base=self.base).href("results", **changes)


def read_state(run: Run, query: QueryDict, threads: Collection[int]) -> RunState:
    """The state of a query; what cannot be read is left out and said."""
    parsed = lenient(query, ACCEPTS)
    own, problems = read_parameters(query, PARAMETERS)
    filters = parsed.filters
    sentences = {p.name: p.sentence for p in (*problems, *parsed.problems)}
    if own["thread"] is not None and own["thread"] not in threads:
        sentences["thread"] = f"This run has no thread {own['thread']}."
        own["thread"] = None
    if own["base"] is not None and not may_be_base(run, own["base"]):
        sentences["base"] = f"This run cannot be held against {own['base']}."
        own["base"] = None
    of_filters = {name: getattr(filters, name) for name in FILTERS}
    return RunState(
        run=run,
        statuses=_statuses(filters.status),
        cases=filters.case,
        problems=tuple(f"{name}: {text}" for name, text in sentences.items()),
        **(own | of_filters),
    )


def _statuses(words: Collection[str]) -> tuple[Status, ...] | None:
    if not words:
        return None
    return () if ALL in words else tuple(Status(word) for word in words)
